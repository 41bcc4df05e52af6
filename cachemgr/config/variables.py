"""The CACHEMGR_* environment variables. An empty one counts as not set."""

from collections.abc import Mapping
from pathlib import Path

from cachemgr.config.files import FOREVER
from cachemgr.config.source import quoted
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.domain.inventory import Origin
from cachemgr.domain.machine import Machine
from cachemgr.domain.settings import RootSetting
from cachemgr.domain.terms import Category, Disposal, Place

NAMES: Mapping[str, str] = {
    "CACHEMGR_PROJECT": "the project directory, as --project",
    "CACHEMGR_CONFIG": "a configuration file to read instead of the user's, as --config",
    "CACHEMGR_HOME": "the home directory to look at, as --home",
    "CACHEMGR_CONFIG_DIR": "where the user's cachemgr.toml and the trusted projects are kept",
    "CACHEMGR_STATE_DIR": "where the journal and the lock are kept",
    "CACHEMGR_DISPOSAL": "delete, quarantine or trash, as disposal in the configuration",
    "CACHEMGR_RETENTION_DAYS": "days that the quarantine keeps, as retention_days in the configuration",
    "CACHEMGR_SI": "1 or 0: sizes in units of 1000, as si in the configuration",
    "CACHEMGR_CACHING__CACHE_DIR": "the response cache's directory, as cache_dir in the caching section",
}
_PREFIX = "CACHEMGR_"
_CACHING = "CACHEMGR_CACHING__"
"""The library of responses reads these, and says what is wrong with them; here only where the cache lies."""


def directory(machine: Machine, name: str) -> Path | None:
    """The path in one of those variables, from the working directory; None where it is not set."""
    text = machine.env.get(name)
    return Path(machine.cwd) / machine.expand_user(text) if text else None


def roots(machine: Machine) -> tuple[RootSetting, ...]:
    """The caches that variables of ours lead to."""
    name = "CACHEMGR_CACHING__CACHE_DIR"
    path = directory(machine, name)
    if path is None:
        return ()
    origin = Origin("environment", name)
    return (RootSetting("responses", path, origin, Place.ENV, category=Category.RESPONSES),)


def values(machine: Machine) -> dict[str, tuple[object, Origin]]:
    """The settings that variables give. Raises ConfigError; a misspelt name counts as one, for whoever
    set CACHEMGR_DISPOSL=trash meant something by it."""
    for name in machine.env:
        if (
            not name.startswith(_PREFIX)
            or name.startswith(_CACHING)
            or name in NAMES
            or not machine.env[name]
        ):
            continue
        from difflib import get_close_matches

        if near := get_close_matches(name, NAMES, 1, 0.85):
            raise ConfigError(f"{display_name(name)} is set, which nothing reads; did you mean {near[0]}?")
    found: dict[str, tuple[object, Origin]] = {}
    for key, read in (("disposal", _disposal), ("retention_days", _days), ("si", _flag)):
        name = _PREFIX + key.upper()
        if text := machine.env.get(name):
            value = read(text.strip().lower())
            if value is None:
                raise ConfigError(f"{name} is {quoted(text)}; it must be {_MUST_BE[key]}")
            found[key] = (value, Origin("environment", name))
    return found


_MUST_BE = {
    "disposal": "delete, quarantine or trash",
    "retention_days": f"a whole number from 0 to {FOREVER}",
    "si": "1 or 0",
}


def _disposal(text: str) -> Disposal | None:
    return Disposal(text) if text in list(Disposal) else None


def _days(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
    return number if number is not None and number <= FOREVER else None


def _flag(text: str) -> bool | None:
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(text)
