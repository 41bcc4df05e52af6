"""How long a response is kept: the forms a time to live may take, as one number of seconds."""

import enum
import math
from datetime import timedelta
from typing import Final, TypeAlias


class _Default(enum.Enum):
    DEFAULT = "as configured"


DEFAULT: Final = _Default.DEFAULT
"""The configured time: neither 0 nor None, which both mean something of their own."""
TTL: TypeAlias = float | timedelta | _Default | None
"""Seconds or a timedelta; None is never; 0 is do not store."""
LONGEST = 100 * 366 * 86_400.0
"""Seconds. Beyond a century it is a mistake in the unit, and dates run out."""


def seconds(ttl: float | timedelta | None) -> float | None:
    """Raises ValueError for a negative time, NaN, and anything that is no time."""
    if ttl is None:
        return None
    if isinstance(ttl, timedelta):
        ttl = ttl.total_seconds()
    if isinstance(ttl, bool) or not isinstance(ttl, int | float):
        raise ValueError(f"a time to live is seconds, a timedelta or None; not {type(ttl).__name__}")
    if math.isnan(ttl) or ttl < 0:
        raise ValueError(f"a time to live cannot be {ttl}; 0 means: do not store, None: keep for ever")
    return min(float(ttl), LONGEST)
