"""Parsed text into a typed section, or one sentence that says what is wrong with it and where."""

import re
import types
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from cachemgr.config.source import Key, Source, dotted, quoted
from cachemgr.disk.yaml_section import KINDS
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError

Section = TypeVar("Section")

_KINDS = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a table",
    "array": "a list",
    "date": "a date such as 2027-01-31",
    "null": "nothing",
}


def convert(source: Source, value: object, kind: type[Section], *above: Key) -> Section:
    """Raises ConfigError. `above` leads to the section in the file."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _mistake(source, value, kind, above, str(error)) from None
    except RecursionError:
        raise source.mistake("nested too deeply") from None


def _mistake(source: Source, value: object, kind: type, above: tuple[Key, ...], message: str) -> ConfigError:
    what, _, path = message.partition(" - at `")
    keys, found, declared = _walk(_steps(path), value, kind)
    expected, whole = _plain(declared), (*above, *keys)
    yaml = source.path.suffix in (".yml", ".yaml")
    kinds = KINDS if yaml else _KINDS
    if match := re.search(r"unknown field `(.*)`", what, re.DOTALL):
        return unknown(source, (*whole, match[1]), fields(expected))
    if match := re.search(r"missing required field `(.*)`", what):
        return source.mistake(f"`{dotted(whole)}` has no `{match[1]}`", *whole)
    if choices := _choices(expected):
        must = f"it must be {_either(choices)}{_near(found, choices)}"
        return source.mistake(f"`{dotted(whole)}` is {quoted(found)}; {must}", *whole)
    if match := re.fullmatch(r"Expected `(.*)`, got `(.*)`", what):
        names = [name for name in match[1].split(" | ") if yaml or name != "null"]
        wanted = " or ".join(kinds.get(name, name) for name in names)
        return source.mistake(
            f"`{dotted(whole)}` must be {wanted}, not {kinds.get(match[2], match[2])}", *whole
        )
    if what.startswith("Invalid RFC3339"):
        must = "a time such as 2027-01-31T18:00:00Z, or a date"
        return source.mistake(f"`{dotted(whole)}` is {quoted(found)}; it must be {must}", *whole)
    bounds = what.replace("Expected ", "").replace("`int`", "a whole number").replace("`float`", "a number")
    bounds = re.sub(r"(\d)\.0$", r"\1", bounds) + (" or null" if yaml and _fits(None, declared) else "")
    return source.mistake(f"`{dotted(whole)}` must be {display_name(bounds)}", *whole)


def unknown(source: Source, keys: tuple[Key, ...], valid: tuple[str, ...]) -> ConfigError:
    """A key that nobody reads, with the nearest one that somebody does."""
    near = get_close_matches(str(keys[-1]), valid, 1, 0.6)
    way_out = f"did you mean `{near[0]}`?" if near else f"the keys here are {', '.join(valid)}"
    return source.mistake(f"unknown key `{dotted(keys)}`; {way_out}", *keys)


def fields(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(kind)) if _is_struct(kind) else ()


def _steps(path: str) -> list[str]:
    """The steps of a path such as `$.roots.applications[...]`."""
    return [name or index for name, index in re.findall(r"\.([\w-]+)|\[(\d+|\.\.\.)\]", path)]


def _walk(steps: list[str], value: Any, kind: Any) -> tuple[tuple[Key, ...], Any, Any]:
    """The keys that a message's path leads to, the value there, and what it is declared as."""
    keys: list[Key] = []
    for step in steps:
        kind = _plain(kind)
        if _is_struct(kind):
            keys.append(step)
            kind = next((field.type for field in msgspec.structs.fields(kind) if field.name == step), None)
            value = value.get(step) if isinstance(value, dict) else None
        elif step == "...":
            # The message does not say which one, so the first that does not fit is looked for.
            kind = get_args(kind)[-1]
            key = next((key for key, item in value.items() if not _fits(item, kind)), None)
            keys.append(str(key))
            value = value.get(key)
        else:
            keys.append(int(step))
            kind, value = get_args(kind)[0], value[int(step)]
    return tuple(keys), value, kind


def _plain(kind: Any) -> Any:
    """A type without `None` and annotations."""
    while (origin := get_origin(kind)) is not None and origin not in (list, dict):
        options = [option for option in get_args(kind) if option is not type(None)]
        if origin in (Union, types.UnionType) and len(options) != 1:
            return kind
        kind = options[0]
    return kind


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _choices(kind: Any) -> tuple[str, ...]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(choice.value) for choice in kind)
    return ()


def _either(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


def _near(value: object, choices: tuple[str, ...]) -> str:
    near = get_close_matches(value, choices, 1) if isinstance(value, str) else []
    return f" (did you mean {near[0]}?)" if near else ""
