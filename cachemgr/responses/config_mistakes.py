"""What is wrong with a configuration, in one sentence that names the value, the choices, and the line."""

import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cachemgr.disk.yaml_section import KINDS
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.responses.config import SECTION, CacheConfig

_OURS = "cachemgr."


class Mistake(ConfigError):
    """With the names that lead to the value, where they are known."""

    def __init__(self, message: str, *keys: object) -> None:
        super().__init__(message)
        self.keys = keys


def explained(given: Mapping[str, Any], message: str) -> Mistake:
    """What msgspec says of a section, in the words of a configuration."""
    what, _, path = message.partition(" - at `")
    keys = re.findall(r"\.(\w+)", path)
    name = ".".join((SECTION, *keys))
    kind, value = _led_to(given, keys)
    if get_origin(kind) is Literal:
        choices = [str(choice) for choice in get_args(kind)]
        near = get_close_matches(str(value), choices, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return Mistake(f"`{name}` is {shown(value)}; it must be {either(choices)}{hint}", *keys)
    if match := re.fullmatch(r"Expected `(.*)`, got `(.*)`", what):
        wanted = either([KINDS.get(one, one) for one in match[1].split(" | ")])
        return Mistake(f"`{name}` must be {wanted}, not {KINDS.get(match[2], match[2])}", *keys)
    return Mistake(f"`{name}`: {display_name(what)}", *keys)


def shown(value: object) -> str:
    return f"'{display_name(value)}'" if isinstance(value, str) else display_name(str(value))


def either(choices: list[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}" if choices[1:] else choices[0]


def unknown_key(keys: tuple[object, ...], names: tuple[str, ...]) -> str:
    """Of a key that nobody reads, with the nearest one that somebody does."""
    name = str(keys[-1])
    near = get_close_matches(name, names, 1) or [one for one in names if one.startswith(name)]
    way_out = f"did you mean `{near[0]}`?" if near else f"the keys here are {', '.join(names)}"
    where = display_name(".".join((SECTION, *map(str, keys))))
    return f"unknown key `{where}`, which changes nothing; {way_out}"


def warn_caller(sentence: str) -> None:
    """Warn where a program of somebody else's called."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, stacklevel=level)


def _led_to(given: Mapping[str, Any], keys: list[str]) -> tuple[Any, object]:
    """The type that is wanted at the end of that way, and the value that is there."""
    kind: Any = CacheConfig
    value: Any = given
    for key in keys:
        kind = get_type_hints(kind).get(key) if is_dataclass(kind) else None
        value = value.get(key) if isinstance(value, Mapping) else None
    return kind, value
