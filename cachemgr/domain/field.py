"""What can be asked about an entry, and how amounts are written in a question."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from cachemgr.domain.inventory import Cache, Entry, Inventory


class Measure(Enum):
    """What a field is counted in; it decides which operators and values fit."""

    BYTES = auto()
    COUNT = auto()
    SECONDS = auto()
    TEXT = auto()
    FLAG = auto()


@dataclass(frozen=True, slots=True)
class Subject:
    """An entry with what is needed to answer questions about it."""

    entry: Entry
    inventory: Inventory
    now: datetime

    @property
    def cache(self) -> Cache:
        return self.inventory.cache_by_id[self.entry.cache]

    def seconds_since(self, *times: datetime | None) -> float | None:
        """Since the newest of those that are known."""
        known = [time for time in times if time is not None]
        return (self.now - max(known)).total_seconds() if known else None


Value = float | bool | tuple[str, ...] | None
"""Text is a tuple, because an entry can carry several notes. None: unknown."""


@dataclass(frozen=True, slots=True)
class Field:
    """One word of the filter language."""

    measure: Measure
    read: Callable[[Subject], Value]
    help: str


FIELDS: Mapping[str, Field] = {
    "size": Field(Measure.BYTES, lambda s: s.entry.size, "allocated bytes"),
    "apparent": Field(Measure.BYTES, lambda s: s.entry.apparent, "logical bytes"),
    "frees": Field(Measure.BYTES, lambda s: s.inventory.exclusive(s.entry), "bytes that only it holds"),
    "files": Field(Measure.COUNT, lambda s: s.entry.tally.files, "number of files"),
    "age": Field(Measure.SECONDS, lambda s: s.seconds_since(s.entry.modified), "time since its last change"),
    "unused": Field(
        Measure.SECONDS,
        # A file system that updates access times lazily knows a change before it knows an access.
        lambda s: s.seconds_since(s.entry.used, s.entry.modified) if s.entry.used else None,
        "time since its last use or change",
    ),
    "name": Field(Measure.TEXT, lambda s: (s.entry.name,), "its name in its cache"),
    "id": Field(Measure.TEXT, lambda s: (s.entry.id,), "its full id"),
    "group": Field(Measure.TEXT, lambda s: (s.entry.group,), "what it is shown under"),
    "note": Field(Measure.TEXT, lambda s: s.entry.notes, "a ref, tag or other name for it"),
    "cache": Field(Measure.TEXT, lambda s: (s.entry.cache,), "its cache's id"),
    "type": Field(Measure.TEXT, lambda s: (s.cache.type,), "its cache's type"),
    "category": Field(
        Measure.TEXT, lambda s: (s.cache.category,), "models, apps, responses, packages, builds"
    ),
    "place": Field(Measure.TEXT, lambda s: (s.cache.place,), "project, home, env, legacy, system, custom"),
    "rebuild": Field(Measure.TEXT, lambda s: (s.cache.rebuild,), "rebuilds, downloads, costs, unique"),
    "detached": Field(Measure.FLAG, lambda s: s.entry.detached, "nothing names it any more"),
    "legacy": Field(Measure.FLAG, lambda s: s.cache.legacy, "in a legacy location"),
    "expired": Field(
        Measure.FLAG,
        lambda s: s.entry.expires <= s.now if s.entry.expires else None,
        "past the time its own record gives",
    ),
}

_BYTES: dict[str, int] = {"": 1, "b": 1} | {
    unit: int(base**power)
    for power, letter in enumerate("kmgtp", start=1)
    for unit, base in ((f"{letter}b", 1000), (f"{letter}ib", 1024), (letter, 1024))
}
_SECONDS = {
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86_400,
    "w": 604_800,
    "mo": 2_629_800,
    "y": 31_557_600,
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)")


def amount(text: str, measure: Measure) -> float:
    """`1.5GB`, `20G` (as `du` writes it, 1024), `30d`, `12`. Raises ValueError saying what would fit."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        fault = "is negative" if text[:1] == "-" and _AMOUNT.fullmatch(text[1:]) else "is not a number"
        raise ValueError(f"{_shortened(text)!r} {fault}{_EXAMPLES[measure]}")
    number, unit = float(match[1]), match[2].lower()
    if measure is Measure.COUNT and not unit:
        return number
    if measure is Measure.BYTES and unit in _BYTES:
        return number * _BYTES[unit]
    if measure is Measure.SECONDS and (unit in _SECONDS or (not unit and not number)):
        return number * _SECONDS.get(unit, 0)
    raise ValueError(f"{_shortened(text)!r} is not an amount that fits{_EXAMPLES[measure]}")


def rule_amount(text: str, measure: Measure) -> float:
    """An amount that a rule can have: no more than a disk or a calendar holds, and a count is whole and at
    least 1. Raises ValueError."""
    found = amount(text, measure)
    if not found < _MOST or (measure is Measure.COUNT and (found < 1 or found % 1)):
        raise ValueError(f"{_shortened(text)!r} is no amount that there can be")
    return found


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


_MOST = 1 << 60
_LONGEST_SHOWN = 40
_EXAMPLES = {
    Measure.BYTES: "; write 500MB, 1.5GiB or a number of bytes",
    Measure.COUNT: "; write a plain number",
    Measure.SECONDS: "; write 45s, 90min, 12h, 30d, 8w, 6mo or 1y",
    Measure.TEXT: "",
    Measure.FLAG: "",
}
