"""Reading the `caching` section: strict about values, forgiving about names."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from math import inf
from pathlib import Path
from typing import Any

import msgspec

from cachemgr.domain.display import display_name
from cachemgr.domain.unexpanded import is_unexpanded
from cachemgr.responses.config import FIELDS, LIMITS, SECTION, CacheConfig
from cachemgr.responses.config_mistakes import Mistake, explained, shown, unknown_key, warn_caller

USUAL_FILE = Path(".questfoundry/config.yml")
_IN_A_RULE = ("enabled", "ttl_seconds", "max_cache_size_mb")
_NESTED = ("compression", "single_flight", "index", "analytics", "key", "redis")
_LONGEST = 4096
Unknown = Callable[[str, tuple[object, ...]], None]
"""What is told of a name nobody knows: a sentence, and the keys that lead to it."""


def _warn(sentence: str, _keys: tuple[object, ...]) -> None:
    warn_caller(sentence)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, name by name within sections, too."""
    found = dict(below)
    for name, value in above.items():
        under: Any = found.get(name)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        found[name] = merged(under, value) if both else value
    return found


def section_of(data: object) -> object:
    """The section, of a program's mapping that is that or holds it alone."""
    return data[SECTION] if isinstance(data, Mapping) and set(data) == {SECTION} else data


def read(data: object, unknown: Unknown = _warn) -> CacheConfig:
    """Raises ConfigError for a value that cannot be meant; warns about a name nobody knows."""
    if not isinstance(data, Mapping):
        raise Mistake(f"`{SECTION}` must be a mapping, not {type(data).__name__}")
    known = _known(data, FIELDS, unknown)
    _look_at_place(known.get("cache_dir"))
    if isinstance(known.get("cache_dir"), Path):
        known["cache_dir"] = str(known["cache_dir"])
    given = known.get("per_provider")
    known["per_provider"] = {} if given is None else rules(given, unknown)
    for name in _NESTED:
        if isinstance(known.get(name), Mapping):
            known[name] = _known(known[name], _names_of(name), unknown, name)
    try:
        return checked(msgspec.convert(known, CacheConfig, dec_hook=_path))
    except msgspec.ValidationError as error:
        raise explained(known, str(error)) from None


def checked(config: CacheConfig) -> CacheConfig:
    """Raises ConfigError for a combination that cannot be meant."""
    try:
        return config.check()
    except ValueError as error:
        what = display_name(str(error))
        named = what.split("`")[1].split(".") if what.startswith("`") else ()
        what = f"`{SECTION}.{what[1:]}" if named else f"`{SECTION}`: {what}"
        raise Mistake(what, *named) from None


def rules(given: object, unknown: Unknown = _warn) -> dict[str, dict[str, Any]]:
    """What `per_provider` says. Raises ConfigError."""
    if not isinstance(given, Mapping):
        raise Mistake(f"`{SECTION}.per_provider` must map providers to their rules", "per_provider")
    found: dict[str, dict[str, Any]] = {}
    for provider, rule in given.items():
        keys = ("per_provider", provider)
        where = f"{SECTION}.per_provider.{display_name(str(provider))}"
        if not isinstance(rule, Mapping):
            raise Mistake(f"`{where}` must be a mapping, such as {{ttl_seconds: 3600}}", *keys)
        found[str(provider)] = kept = _known(rule, _IN_A_RULE, unknown, *keys)
        if not isinstance(kept.get("enabled", True), bool):
            raise Mistake(f"`{where}.enabled` is true or false", *keys, "enabled")
        for name in ("ttl_seconds", "max_cache_size_mb"):
            value = kept.get(name)
            most = LIMITS.get(name, (0, inf))[1]
            if isinstance(value, bool) or not (
                value is None or (isinstance(value, int | float) and 0 <= value <= most)
            ):
                up = f"to {most:.16g}" if most < inf else "up"
                raise Mistake(f"`{where}.{name}` is a number from 0 {up}, or null", *keys, name)
    return found


def _known(
    data: Mapping[Any, Any], names: tuple[str, ...], unknown: Unknown, *above: object
) -> dict[str, Any]:
    """What somebody reads of it."""
    for name in data:
        if name not in names:
            unknown(unknown_key((*above, name), names), (*above, name))
    return {name: value for name, value in data.items() if name in names}


def _look_at_place(place: object) -> None:
    """Raises Mistake for a `cache_dir` that names no directory."""
    if not isinstance(place, str):
        return
    what = f"`{SECTION}.cache_dir`"
    if not place.strip():
        raise Mistake(f"{what} is empty; it must be a path", "cache_dir")
    if "\0" in place or len(place) > _LONGEST:
        raise Mistake(f"{what} is no path", "cache_dir")
    if is_unexpanded(place):
        raise Mistake(
            f"{what} is {shown(place)}, which nothing expands here; write the path out", "cache_dir"
        )


def _names_of(section: str) -> tuple[str, ...]:
    (made,) = [one.default_factory for one in fields(CacheConfig) if one.name == section]
    if made is MISSING:
        raise AssertionError(section)
    return tuple(one.name for one in fields(made()))


def _path(kind: type, value: object) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
