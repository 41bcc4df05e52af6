"""Sizes, counts, ages and dates as text: one unit a number, and unknown is never zero."""

from datetime import UTC, datetime

UNKNOWN = "?"
_AGES = ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h"), (63_072_000, 86_400, "d"))
"""Below so many seconds, say it in units of so many."""
_YEAR = 31_557_600
_UNITS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "y": "year"}


def size(count: int | None, si: bool = False) -> str:
    """Bytes as `41.8 GiB`, or `44.9 GB` with `si`; `?` where they could not be measured."""
    if count is None:
        return UNKNOWN
    if abs(count) < (1000 if si else 1024):
        return f"{count} B"
    from humanize import naturalsize  # 15 ms, and a JSON document has no sizes in words

    text = naturalsize(count, binary=not si, format="%.1f")
    if len(text.split()[0].lstrip("-")) >= len("100.0"):
        text = naturalsize(count, binary=not si, format="%.0f")
    return text


def count(number: int | None) -> str:
    """`38,211`; `?` where it is not known."""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 entry`, `2,210 entries`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def age(then: datetime | None, now: datetime, unknown: str = "—") -> str:
    """How long ago, in one unit: `45 s`, `5 min`, `2 h`, `61 d`, `3 y`. A time to come is `0 s`."""
    if then is None:
        return unknown
    seconds = max(int((now - then).total_seconds()), 0)
    for below, unit, word in _AGES:
        if seconds < below:
            return f"{seconds // unit} {word}"
    return f"{seconds // _YEAR} y"


def ago(then: datetime, now: datetime) -> str:
    """`45 days ago`, `1 hour ago`."""
    number, unit = age(then, now).split()
    word = _UNITS[unit]
    return f"{number} {word if number == '1' else word + 's'} ago"


def day(moment: datetime | None, unknown: str = "—") -> str:
    """The date alone, `2026-11-20`, in the moment's own zone."""
    return unknown if moment is None else moment.strftime("%Y-%m-%d")


def minute(moment: datetime | None, unknown: str = "—") -> str:
    """Date and time, `2026-11-20 14:02`, in the moment's own zone."""
    return unknown if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def moment(seconds: float | None) -> datetime | None:
    """A file's time stamp as UTC; None for one that no calendar holds, because any number can be set."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
