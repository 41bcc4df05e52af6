"""What a cached response says about itself, believed only where it is unanimous and strictly typed."""

import json
import math
from dataclasses import dataclass
from typing import NoReturn

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

    @classmethod
    def read(cls, text: bytes | None) -> "Metadata":
        """Anything that is not one JSON object in UTF-8 without a byte order mark says nothing."""
        try:
            found = json.loads(
                (text or b"").decode(), parse_constant=_refused, object_pairs_hook=_without_twins
            )
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(found, dict):
            return cls()
        return cls(_expiry(found), _model(found))


def _refused(constant: str) -> NoReturn:
    raise ValueError(constant)


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _expiry(found: dict[str, object]) -> float | None:
    moments: dict[str, float] = {}
    for name in ("expires_at", "timestamp", "ttl_seconds"):
        if name in found:
            moment = _moment(found[name])
            if moment is None:
                return None
            moments[name] = moment
    times = [moments["expires_at"]] if "expires_at" in moments else []
    if "timestamp" in moments and "ttl_seconds" in moments:
        times.append(moments["timestamp"] + moments["ttl_seconds"])
    if not times or max(times) - min(times) > _TOLERANCE or max(times) > _LATEST:
        return None
    return max(times)


def _moment(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= _LATEST or not math.isfinite(value):
        return None
    return float(value)


def _model(found: dict[str, object]) -> str:
    names = (found.get("provider"), found.get("model"))
    return "/".join(name for name in names if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME)
