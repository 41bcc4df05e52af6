"""Which entries somebody means."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias, get_args

Order = Literal["created", "expires", "accessed", "size", "hits", "cost"]
Grouping = Literal["provider", "model", "namespace", "day"]
Day: TypeAlias = str | date
"""`2026-11-26`"""


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Every condition that is given must hold. Patterns are globs as Python's `fnmatch` has
    them: `*`, `?`, `[…]` and `[!…]`, case-sensitive."""

    provider: str | None = None
    model: str | None = None
    namespace: str | None = None
    """Exactly this one; "" is the namespace without a name."""
    groups: tuple[tuple[str, str], ...] | None = None
    """Exactly these providers and models."""
    digest: str | None = None
    """How the digest begins."""
    created_before_ms: int | None = None
    expired_at_ms: int | None = None
    """Those whose time is over at this moment."""
    ending: bool = False
    """Only those that expire at some time."""

    keep: frozenset[str] = frozenset()
    """Digests of those that are not meant, whatever else holds."""

    @property
    def everything(self) -> bool:
        return self == EntryQuery()


ALL = EntryQuery()


def check_order(order: object) -> None:
    """Raises ValueError."""
    _check_name("order_by", order, get_args(Order))


def check_limit(limit: object) -> None:
    """Raises TypeError, ValueError."""
    if limit is None:
        return
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"`limit` is a number of entries, or None; not {type(limit).__name__}")
    if limit < 0:
        raise ValueError(f"`limit` is a number of entries, 0 or more; not {limit}")


def groups_of(names: object) -> tuple[Grouping, ...]:
    """Raises TypeError, ValueError."""
    if not isinstance(names, tuple | list):
        raise TypeError(f"`group_by` is a tuple of names, such as ('provider',); not {type(names).__name__}")
    for name in names:
        _check_name("group_by", name, get_args(Grouping))
    return tuple(names)


def day_of(argument: str, day: object) -> str | None:
    """As counters are named. Raises TypeError, ValueError."""
    if day is None:
        return None
    if isinstance(day, datetime) or not isinstance(day, str | date):
        raise TypeError(f"`{argument}` is a day, a date or a text; not {type(day).__name__}")
    try:
        return (date.fromisoformat(day) if isinstance(day, str) else day).isoformat()
    except ValueError:
        raise ValueError(f"`{argument}` is a day such as 2026-11-26; not {day!r}") from None


def _check_name(argument: str, name: object, names: tuple[str, ...]) -> None:
    if name not in names:
        raise ValueError(f"`{argument}` knows {', '.join(names)}; not {name!r}")
