"""Rules for expiring as values: what may go, in which order, and what stays whatever else is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cachemgr.domain.inventory import Origin

DEFAULT_FLOOR = 24 * 3600
"""Seconds: younger entries go by no guess, unless a policy says otherwise. What a cache recorded is none."""


class Criterion(StrEnum):
    """What decides about an entry. The first six make entries go, the others keep them."""

    TTL = "ttl"
    """Its cache recorded that it is past its time."""
    OLDER_THAN = "older-than"
    UNUSED_FOR = "unused-for"
    KEEP_LAST = "keep-last"
    """Among the newest of its group; as the only rule it makes the others go."""
    MAX_SIZE = "max-size"
    FREE = "free"
    PIN = "pin"
    MIN_AGE = "min-age"
    """Too young."""
    UNKNOWN = "unknown"
    """What its cache says about it cannot be believed."""
    NO_CLOCK = "no-clock"
    """Nothing tells how old it is."""
    OBSTACLE = "obstacle"
    """Clearing would leave it as well, for the reason given."""
    SET_ASIDE = "set-aside"
    """Setting it aside frees nothing now, and freeing is all that was asked for."""
    ALONE = "alone"
    """The only one left, whatever its size."""
    NO_RULE = "no-rule"
    """No rule asks for it."""


class Source(StrEnum):
    """Which clock a rule goes by."""

    RECORDED = "recorded"
    MODIFIED = "modified"
    ACCESSED = "accessed"


class Confidence(StrEnum):
    """How far a clock can be relied on."""

    EXACT = "exact"
    """The cache's own record."""
    GOOD = "good"
    """Copying and touching change it."""
    ROUGH = "rough"
    """About a day, and whoever reads a file moves it: a backup, a search."""


CONFIDENCE = {
    Source.RECORDED: Confidence.EXACT,
    Source.MODIFIED: Confidence.GOOD,
    Source.ACCESSED: Confidence.ROUGH,
}


@dataclass(frozen=True, slots=True)
class Pin:
    """Something that no rule takes."""

    target: str
    """As on the command line: a category, type, cache, entry, or a glob over ids."""
    reason: str = ""
    until: datetime | None = None
    """From when on it holds no longer; None: it has no end."""
    origin: Origin | None = None

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    @property
    def last_day(self) -> str:
        """As `2099-12-31`, in UTC; empty for none."""
        return "" if self.until is None else (self.until - timedelta(seconds=1)).date().isoformat()


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that hold together. An entry goes if a rule asks for it and nothing keeps it."""

    name: str = ""
    """Empty: given on the command line."""
    targets: tuple[str, ...] = ()
    """What it is about; none: everything."""
    ttl: bool = False
    older_than: float | None = None
    """Seconds since the last change."""
    unused_for: float | None = None
    """Seconds since the last use or change."""
    keep_last: int | None = None
    """The newest of each group (a repository's revisions, a model's answers), or of each cache."""
    max_size: int | None = None
    """Allocated bytes that all of its entries together may take."""
    free: int | None = None
    """Bytes that are to be free on each file system it is about."""
    min_age: float | None = None
    """Seconds; None: `DEFAULT_FLOOR`, and nothing where the cache's own record speaks."""
    title: str = ""
    origin: Origin | None = None
    trusted: bool = True
    """False: an untrusted project's file has it. It is listed and not run."""
    wrong: str = ""
    """What is wrong with it, in a sentence that names file and line. Such a one has no rule, and hides what a
    weaker file says under its name; it stands in nobody else's way."""

    @property
    def empty(self) -> bool:
        """Whether no rule asks for anything."""
        return not self.ttl and all(
            getattr(self, name) is None
            for name in ("older_than", "unused_for", "keep_last", "max_size", "free")
        )

    @property
    def only_keeps_last(self) -> bool:
        """Then keeping the last ones means that the others go."""
        asks = (self.older_than, self.unused_for, self.max_size, self.free)
        return self.keep_last is not None and not self.ttl and all(ask is None for ask in asks)

    def floor(self, criterion: Criterion) -> float:
        """How old an entry has to be, in seconds, for a rule to take it."""
        if self.min_age is not None:
            return self.min_age
        return 0 if criterion is Criterion.TTL else DEFAULT_FLOOR

    @property
    def rules(self) -> tuple[tuple[str, str], ...]:
        """Each rule as it is written on the command line: `("older-than", "30d")`, `("ttl", "")`."""
        found = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _SPELL and value is not None and value is not False:
                found.append((field.name.replace("_", "-"), _SPELL[field.name](value)))
        return tuple(found)


def spell_seconds(seconds: float) -> str:
    """`30d`, `6mo`, `90min`; as `domain.field.amount` reads it."""
    for unit, length in (("y", 31_557_600), ("mo", 2_629_800), ("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:g}s"


def spell_bytes(size: float) -> str:
    """`20GiB`, `1500MB`; as `domain.field.amount` reads it."""
    for power, letter in ((4, "T"), (3, "G"), (2, "M"), (1, "k")):
        for base, unit in ((1024, f"{letter.upper()}iB"), (1000, f"{letter}B")):
            if size >= base**power and size % base**power == 0:
                return f"{size / base**power:.0f}{unit}"
    return f"{size:.0f}B"


_SPELL: Mapping[str, Callable[[Any], str]] = {
    "ttl": lambda _: "",
    "older_than": spell_seconds,
    "unused_for": spell_seconds,
    "keep_last": str,
    "max_size": spell_bytes,
    "free": spell_bytes,
    "min_age": spell_seconds,
}

PRESETS = (
    Policy(
        "responses-ttl",
        targets=("responses",),
        ttl=True,
        title="answers of language models that are past the time they were stored with",
    ),
    Policy(
        "tmdb-six-months",
        targets=("tmdb",),
        older_than=6 * 2_629_800,
        ttl=True,
        title="TMDB metadata that is older than its terms of use allow, or past its own record",
    ),
    Policy(
        "models-unused-90d",
        targets=("models",),
        unused_for=90 * 86_400,
        title="models that nobody has read for 90 days",
    ),
)
"""Policies that everybody has; a configuration may say otherwise under the same name."""


def every_policy(saved: Sequence[Policy]) -> tuple[Policy, ...]:
    """Saved ones and the presets that they say nothing else of, by name. One of an untrusted project is
    there beside what it would hide."""
    settled = {policy.name for policy in saved if policy.trusted}
    presets = (preset for preset in PRESETS if preset.name not in settled)
    return tuple(sorted((*saved, *presets), key=lambda policy: (policy.name, not policy.trusted)))
