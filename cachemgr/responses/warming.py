"""Answers that somebody has already, stored before anybody asks: of a file, of a batch, of another cache."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from cachemgr.responses.entry import JSONValue, SetResult
from cachemgr.responses.key import RequestKey
from cachemgr.responses.lookups import Key, Lookups
from cachemgr.responses.report import Progress, Removed
from cachemgr.responses.ttl import TTL
from cachemgr.responses.usage import NOTHING, Usage, checked

Item: TypeAlias = tuple[Key, JSONValue, Usage] | tuple[Key, JSONValue]
_STEP = 500
"""Entries between two reports of progress."""


@dataclass(frozen=True, slots=True)
class WarmReport:
    stored: int = 0
    kept: int = 0
    """Were there and live."""
    skipped: Counter[SetResult] = field(default_factory=Counter)
    """How many were not stored, by why."""


def warm(
    cache: Lookups, items: Iterable[Item], *, ttl: TTL, replace: bool, on_progress: Progress | None
) -> WarmReport:
    """See `Cache.warm`."""
    stored = kept = 0
    skipped: Counter[SetResult] = Counter()
    for number, item in enumerate(items):
        key, value, usage = _parts(number, item)
        if not replace and cache.has(key):
            kept += 1
            continue
        result = cache.set(key, value, ttl=ttl, usage=usage)
        if not result:
            skipped[result] += 1
            continue
        stored += 1
        if on_progress is not None and stored % _STEP == 0:
            on_progress(Removed(stored))
    cache.flush()
    return WarmReport(stored, kept, skipped)


def _parts(number: int, item: object) -> tuple[Key, JSONValue, Usage]:
    if not isinstance(item, tuple) or len(item) not in (2, 3) or not isinstance(item[0], RequestKey | str):
        raise TypeError(f"item {number} is not (key, value, Usage()) or (key, value); {type(item).__name__}")
    return item[0], item[1], checked(item[2]) if len(item) > 2 else NOTHING
