"""How long a response is kept: the forms a time to live may take, as one number of seconds."""

import enum
from datetime import timedelta
from typing import Final, TypeAlias


class _Default(enum.Enum):
    DEFAULT = "as configured"


DEFAULT: Final = _Default.DEFAULT
"""The configured time: neither 0 nor None, which both mean something of their own."""
TTL: TypeAlias = float | timedelta | _Default | None
"""Seconds or a timedelta; None is never; 0 is do not store."""
_NUMBERS = (int, float)
"""Made once: this is asked for each answer that is stored."""
LONGEST = 100 * 366 * 86_400.0
"""Seconds. Beyond a century it is a mistake in the unit, and dates run out."""


def seconds(ttl: float | timedelta | None) -> float | None:
    """Raises ValueError for a negative time, NaN, and anything that is no time."""
    if ttl is None:
        return None
    if isinstance(ttl, timedelta):
        ttl = ttl.total_seconds()
    if isinstance(ttl, bool) or not isinstance(ttl, _NUMBERS):
        raise ValueError(f"a time to live is seconds, a timedelta or None; not {type(ttl).__name__}")
    if not ttl >= 0:  # which NaN is not, either
        raise ValueError(f"a time to live cannot be {ttl}; 0 means: do not store, None: keep for ever")
    return float(min(ttl, LONGEST))
