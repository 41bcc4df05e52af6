"""Which entries somebody means."""

from dataclasses import dataclass
from typing import Literal

Order = Literal["created", "expires", "accessed", "size", "hits", "cost"]
Grouping = Literal["provider", "model", "namespace", "day"]


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
