"""`CACHEMGR_CACHING__TTL_SECONDS=3600`: every setting of the `caching` section as a variable.

A second pair of underscores leads into a section (`CACHEMGR_CACHING__REDIS__URL`). Values are JSON (`null`,
`true`, `500`, `{"openai": {"ttl_seconds": 60}}`), and text where they are no JSON. An empty one counts as not
set. They beat a file, and what a program says itself beats them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.domain.unexpanded import is_unexpanded
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.config_mistakes import shown

PREFIX = "CACHEMGR_CACHING__"


def values(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the variables of this process say, or of another's environment, nested as the section is. Raises
    ConfigError for a name that nothing reads, for whoever set it meant something by it."""
    given = os.environ if environment is None else environment
    found: dict[str, Any] = {}
    for name in sorted(given):
        if not name.startswith(PREFIX) or not given[name].strip():
            continue
        *sections, last = _keys(name)
        place = found
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise ConfigError(
                    f"{display_name(name)} is set beside {PREFIX}{section.upper()}; one of them"
                )
        place[last] = _value(name, given[name].strip(), _kind(*sections, last))
    return found


def variable(keys: tuple[object, ...], given: Mapping[str, str] | None = None) -> str:
    """The variable that says a setting; one of a whole section may, as JSON."""
    given = os.environ if given is None else given
    spelled = [PREFIX + "__".join(str(key).upper() for key in keys[:end]) for end in range(len(keys), 0, -1)]
    return display_name(next((name for name in spelled if given.get(name, "").strip()), spelled[0]))


def names() -> tuple[str, ...]:
    """Every variable there is."""
    return tuple(_names(CacheConfig, PREFIX))


def _names(kind: Any, prefix: str) -> list[str]:
    found: list[str] = []
    hints = get_type_hints(kind)
    for one in fields(kind):
        name, inner = prefix + one.name.upper(), hints[one.name]
        found += _names(inner, name + "__") if is_dataclass(inner) else [name]
    return found


def _keys(name: str) -> list[str]:
    known = names()
    whole = {one.rsplit("__", 1)[0] for one in known} - {PREFIX.removesuffix("__")}
    if name in known or name in whole:
        return name.removeprefix(PREFIX).lower().split("__")
    near = get_close_matches(name, known, 1)
    way_out = f"did you mean {near[0]}?" if near else f"the variables are {', '.join(known)}"
    raise ConfigError(f"{display_name(name)} is set, which nothing reads; {way_out}")


def _kind(*keys: str) -> Any:
    kind: Any = CacheConfig
    for key in keys:
        kind = get_type_hints(kind)[key]
    return kind


def _value(name: str, text: str, kind: Any) -> object:
    if Path in get_args(kind) and is_unexpanded(text):
        raise ConfigError(
            f"{name} is {shown(text)}, and nothing expands `~` and `$` there; write the whole path"
        )
    if kind is str or (Path in get_args(kind) and text != "null"):
        return text
    try:
        value = json.loads(text, parse_constant=_no_number)
    except ValueError:
        if is_dataclass(kind) or get_origin(kind) in (frozenset, dict, Mapping):
            raise ConfigError(f"{name} is {shown(text)}; it must be JSON") from None
        return text
    return value


def _no_number(text: str) -> float:
    raise ValueError(text)
