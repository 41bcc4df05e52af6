"""What a cached response says about itself, believed only where it is unanimous and strictly typed."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from cachemgr.domain.terms import Record
from cachemgr.responses.format import NEVER, VERSION

_LATEST = 253_402_300_799.0
"""The last second of the year 9999; no later one can be written as a date."""
_TOLERANCE = 1.0
"""Seconds by which writers round when they note the same moment twice."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """The parts of a metadata file that decide anything."""

    expires: float | None = None
    """Seconds since the epoch; None where the file does not say it, or contradicts itself."""
    model: str = ""
    """`provider/model`, as far as the file names them."""
    record: Record = Record.NONE
    doubt: str = ""
    """Why the file cannot be believed; see `Draft.doubt`."""

    @classmethod
    def read(cls, text: bytes | None) -> "Metadata":
        """Anything that is not one JSON object in UTF-8 without a byte order mark says nothing."""
        try:
            if text is None:
                raise _Doubt("unreadable")
            found = json.loads(text.decode(), parse_constant=_refused, object_pairs_hook=_without_twins)
        except _Doubt as doubt:
            return cls(record=Record.UNKNOWN, doubt=str(doubt))
        except (ValueError, RecursionError):
            return cls(record=Record.UNKNOWN, doubt="not-json")
        if not isinstance(found, dict):
            return cls(record=Record.UNKNOWN, doubt="not-json")
        try:
            expires = _expiry(found)
        except _Doubt as doubt:
            return cls(None, _model(found), Record.UNKNOWN, str(doubt))
        return cls(expires, _model(found), Record.NEVER if expires is None else Record.DATED)


def is_documents(text: bytes | None) -> bool:
    """Whether a file has the three fields that the old code wrote into each of its own, as numbers."""
    try:
        found = json.loads((text or b"").decode(), parse_constant=_refused, object_pairs_hook=_without_twins)
        fields = ("timestamp", "ttl_seconds", "expires_at")
        return isinstance(found, dict) and all(_moment(found.get(name)) for name in fields)
    except (ValueError, RecursionError):
        return False


class _Doubt(ValueError):
    """Carries the code of what is wrong."""


def _refused(_: str) -> NoReturn:
    raise _Doubt("not-finite")


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Doubt("twice")
    return found


def _expiry(found: dict[str, object]) -> float | None:
    """When it expires; None for never. Raises _Doubt unless all it says is sound and agrees."""
    version = found.get("format_version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise _Doubt("newer")
    if found.get("expires_at") == NEVER and found.get("ttl_seconds") is None:
        if found.get("expires_at_ms") is not None:
            raise _Doubt("conflict")
        return None
    moments: dict[str, float] = {
        name: _moment(found[name]) for name in ("expires_at", "timestamp", "ttl_seconds") if name in found
    }
    # What our own library goes by. No end there, beside others that give one, is a conflict.
    ours: dict[str, float] = {
        name: _milliseconds(found[name])
        for name in ("expires_at_ms", "created_at_ms")
        if name in found and (found[name] is not None or moments)
    }
    starts = [*_given(moments, "timestamp"), *_given(ours, "created_at_ms")]
    times = [*_given(moments, "expires_at"), *_given(ours, "expires_at_ms")]
    times += [start + ttl for start in starts for ttl in _given(moments, "ttl_seconds")]
    if not times:
        if "ttl_seconds" in moments:
            raise _Doubt("incomplete")
        return None
    apart = max(_span(times), _span(starts))
    if apart > _TOLERANCE or min(times) < max(starts, default=0):
        raise _Doubt("conflict")
    if max(times) > _LATEST:
        raise _Doubt("range")
    return max(times)


def _moment(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Doubt("type")
    if not 0 < value <= _LATEST or not math.isfinite(value):
        # Milliseconds are not guessed at, and a lifetime of nothing means something else to each writer.
        raise _Doubt("range")
    return float(value)


def _given(moments: Mapping[str, float], name: str) -> tuple[float, ...]:
    return (moments[name],) if name in moments else ()


def _span(moments: Sequence[float]) -> float:
    return max(moments, default=0) - min(moments, default=0)


def _milliseconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Doubt("type")
    if not 0 < value <= _LATEST * 1000:
        raise _Doubt("range")
    return value / 1000


def _model(found: dict[str, object]) -> str:
    names = (found.get("provider"), found.get("model"))
    return "/".join(name for name in names if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME)
