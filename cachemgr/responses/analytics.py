"""Hit rate, tokens and money saved, from the daily counters."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cachemgr.responses.tally import NANO, Group, Tally
from cachemgr.responses.usage import Usage


@dataclass(frozen=True, slots=True)
class Line:
    """One day of one model."""

    group: Group
    tally: Tally

    @property
    def hit_rate(self) -> float | None:
        return _rate(self.tally)

    @property
    def saved(self) -> Usage:
        return _saved(self.tally)


@dataclass(frozen=True, slots=True)
class Analytics:
    lines: tuple[Line, ...]
    """By day, provider and model."""
    total: Tally

    @property
    def hit_rate(self) -> float | None:
        """Between 0 and 1; None where nothing was asked for."""
        return _rate(self.total)

    @property
    def saved(self) -> Usage:
        return _saved(self.total)


def summed(tallies: Iterable[tuple[Group, Tally]]) -> Analytics:
    total = Tally()
    lines = []
    for group, tally in sorted(tallies, key=lambda line: line[0]):
        total.add(tally)
        lines.append(Line(group, tally))
    return Analytics(tuple(lines), total)


def _rate(tally: Tally) -> float | None:
    asked = tally.hits + tally.misses
    return tally.hits / asked if asked else None


def _saved(tally: Tally) -> Usage:
    return Usage(tally.request_tokens, tally.response_tokens, Decimal(tally.cost_nano) / NANO)
