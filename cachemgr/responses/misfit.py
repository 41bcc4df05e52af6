"""What in an answer has no JSON form: its place and its kind, never the value, which is somebody's."""

from itertools import islice
from math import isfinite

from cachemgr.responses.codec import as_json

_MOST = 10_000
"""Values that are looked at: who waits is an application."""
_LONGEST = 120
"""Characters of a place; what lies deeper is not looked at."""


def misfit(value: object) -> str:
    """`choices[0] is a tuple`: the first that there is, in order; empty where it is not found cheaply. May
    raise what the value raises when it is looked at."""
    waiting: list[tuple[str, object]] = [("", value)]
    for _ in range(_MOST):
        if not waiting:
            break
        place, one = waiting.pop()
        if len(place) > _LONGEST:
            continue
        inner: list[tuple[str, object]] = []
        if isinstance(one, dict):
            strange = [name for name in islice(one, _MOST) if not isinstance(name, str)]
            if strange:
                return f"{place or 'it'} has a name that is {_kind(strange[0])}"
            inner = [(f"{place}.{name}".lstrip("."), each) for name, each in islice(one.items(), _MOST)]
        elif isinstance(one, list):
            inner = [(f"{place}[{number}]", each) for number, each in enumerate(one[:_MOST])]
        elif not _fits(one):
            return f"{place or 'it'} is {_kind(one)}"
        waiting += reversed(inner)
    return ""


def _fits(one: object) -> bool:
    try:
        as_json(one)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return True


def _kind(one: object) -> str:
    if isinstance(one, float) and not isfinite(one):
        return "NaN" if one != one else "infinite"
    name = type(one).__name__
    if one is None or isinstance(one, bytes):
        return "None" if one is None else name
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"
