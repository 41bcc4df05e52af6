"""Reading a configuration: strict about values, forgiving about names."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from difflib import get_close_matches
from math import inf
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.domain.unexpanded import is_unexpanded
from cachemgr.responses import config_variables
from cachemgr.responses.config import FIELDS, LIMITS, SECTION, CacheConfig
from cachemgr.responses.config_mistakes import Mistake, explained, line_of, shown

USUAL_FILE = Path(".questfoundry/config.yml")
_LARGEST = 1 << 20
_IN_A_RULE = ("enabled", "ttl_seconds", "max_cache_size_mb")
_NESTED = ("compression", "single_flight", "index", "analytics", "key", "redis")


def load(source: CacheConfig | Mapping[str, Any] | str | PathLike[str] | None) -> CacheConfig:
    """Whatever `open_cache` takes, as a configuration. What a program says itself (a CacheConfig, the names
    in a mapping, a directory) beats the variables of `config_variables`, and those a file. Raises
    ConfigError."""
    if isinstance(source, CacheConfig):
        return _checked(replace(source, per_provider=_rules(source.per_provider)))
    variables = said_by_variables()
    if isinstance(source, Mapping):
        return read(merged(variables, _section(source)))
    if source is None:
        return from_file(USUAL_FILE, variables) if USUAL_FILE.is_file() else read(variables)
    if not isinstance(source, str | PathLike):
        raise ConfigError(
            "a cache is opened by a CacheConfig, a mapping, a YAML file or a directory; not by"
            f" {type(source).__name__}"
        )
    path = Path(source)
    if path.suffix in (".yml", ".yaml") and not path.is_dir():
        return from_file(path, variables)
    if path.is_file():
        raise ConfigError(
            f"{display_name(str(path))} is a file; a cache is opened by its directory, or by a configuration"
            " that ends in .yml or .yaml"
        )
    return read(merged(variables, {"cache_dir": path}))


def said_by_variables(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the variables of this process say, or of another's environment. Raises ConfigError."""
    found = config_variables.values(environment)
    try:
        read(found)
    except Mistake as error:
        name = config_variables.PREFIX + "__".join(str(key).upper() for key in error.keys)
        raise ConfigError(f"{display_name(name)}: {error}") from None
    return found


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, name by name within sections, too."""
    found = dict(below)
    for name, value in above.items():
        under: Any = found.get(name)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        found[name] = merged(under, value) if both else value
    return found


def from_file(path: Path, variables: Mapping[str, Any] = MappingProxyType({})) -> CacheConfig:
    """The `caching` section of a YAML file, below what `variables` say. A relative `cache_dir` of the file
    counts from the project, which is the directory that holds `.questfoundry`; one of a variable from the
    working directory. Raises ConfigError."""
    text, section = document_of(path)
    return configured(path, text, section, variables)


def document_of(path: Path) -> tuple[bytes, object]:
    """The text of a YAML file, and its `caching` section as it stands; an empty one where it has none. Raises
    ConfigError."""
    # Not everybody has a configuration file, and the parser takes long to import.
    import yaml

    shown = display_name(str(path))
    try:
        with open(path, "rb") as file:
            text = file.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise ConfigError(f"{shown}: larger than 1 MiB, which no configuration is")
        data = yaml.safe_load(text)
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be read: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        what = display_name(str(error.problem or error.context))
        raise ConfigError(f"{shown}{line}: not YAML: {what}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = display_name(next(iter(str(error).splitlines()), ""))
        raise ConfigError(f"{shown}: not YAML: {what}") from None
    section = data.get(SECTION) if isinstance(data, dict) else None
    return text, {} if section is None else section


def configured(path: Path, text: bytes, section: object, variables: Mapping[str, Any]) -> CacheConfig:
    """What that section says, below what `variables` do. Raises ConfigError with the line of a mistake."""
    shown = display_name(str(path))
    try:
        config = read(merged(_section(section), variables) if isinstance(section, Mapping) else section)
    except Mistake as error:
        line = f":{number}" if (number := line_of(text, error.keys)) else ""
        raise ConfigError(f"{shown}{line}: {error}") from None
    place = path.parent.parent if path.parent.name == USUAL_FILE.parent.name else path.parent
    place = Path() if "cache_dir" in variables else place
    return replace(config, cache_dir=Path(os.path.abspath(place / config.directory)))


def _section(data: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = data.get(SECTION) if set(data) == {SECTION} else None
    return inner if isinstance(inner, Mapping) else data


def read(data: object) -> CacheConfig:
    """Raises ConfigError for a value that cannot be meant; warns about a name nobody knows."""
    if not isinstance(data, Mapping):
        raise Mistake(f"`{SECTION}` must be a mapping, not {type(data).__name__}")
    if set(data) == {SECTION}:
        return read(data[SECTION])
    known = {name: value for name, value in data.items() if _is_known(name, FIELDS, SECTION)}
    place = known.get("cache_dir")
    if isinstance(place, Path):
        known["cache_dir"] = str(place)
    elif isinstance(place, str) and is_unexpanded(place):
        what = f"`{SECTION}.cache_dir` is {shown(place)}, which nothing expands here"
        raise Mistake(f"{what}; write the path out", "cache_dir")
    known["per_provider"] = _rules(known.get("per_provider") or {})
    for name in _NESTED:
        if isinstance(known.get(name), Mapping):
            parts = _names_of(name)
            known[name] = {
                key: value for key, value in known[name].items() if _is_known(key, parts, f"{SECTION}.{name}")
            }
    try:
        return _checked(msgspec.convert(known, CacheConfig, dec_hook=_path))
    except msgspec.ValidationError as error:
        raise explained(known, str(error)) from None


def _checked(config: CacheConfig) -> CacheConfig:
    try:
        return config.check()
    except ValueError as error:
        what = str(error)
        named = what.split("`")[1].split(".") if what.startswith("`") else ()
        raise Mistake(f"`{SECTION}`: {display_name(what)}", *named) from None


def _rules(rules: object) -> dict[str, dict[str, Any]]:
    if not isinstance(rules, Mapping):
        raise Mistake("`per_provider` must map providers to their rules", "per_provider")
    found: dict[str, dict[str, Any]] = {}
    for provider, rule in rules.items():
        where = f"per_provider.{display_name(str(provider))}"
        if not isinstance(rule, Mapping):
            raise Mistake(
                f"`{where}` must be a mapping, such as {{ttl_seconds: 3600}}", "per_provider", provider
            )
        found[str(provider)] = kept = {
            name: value for name, value in rule.items() if _is_known(name, _IN_A_RULE, where)
        }
        if not isinstance(kept.get("enabled", True), bool):
            raise Mistake(f"`{where}`: `enabled` is true or false", "per_provider", provider, "enabled")
        for name in ("ttl_seconds", "max_cache_size_mb"):
            value = kept.get(name)
            most = LIMITS.get(name, (0, inf))[1]
            if isinstance(value, bool) or not (
                value is None or (isinstance(value, int | float) and 0 <= value <= most)
            ):
                up = f"to {most:.16g}" if most < inf else "up"
                raise Mistake(
                    f"`{where}`: `{name}` is a number from 0 {up}, or null", "per_provider", provider, name
                )
    return found


def _is_known(name: object, names: tuple[str, ...], where: str) -> bool:
    if name in names:
        return True
    close = get_close_matches(str(name), names, 1) or [one for one in names if one.startswith(str(name))]
    hint = f"; `{close[0]}` is meant?" if close else ""
    warnings.warn(f"`{where}` knows no `{display_name(str(name))}`{hint}", stacklevel=4)
    return False


def _names_of(section: str) -> tuple[str, ...]:
    (made,) = [one.default_factory for one in fields(CacheConfig) if one.name == section]
    if made is MISSING:
        raise AssertionError(section)
    return tuple(one.name for one in fields(made()))


def _path(kind: type, value: object) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
