"""A brake against clocks that were set: they make everything look old at once."""

from collections.abc import Callable

from cachemgr.responses.clock import Clock
from cachemgr.responses.report import Totals

_JUMP = 300.0
"""Seconds by which the time of day may part from the steady clock before it counts as set."""


class Brake:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._drift()

    def holds(self, totals: Callable[[], Totals]) -> bool:
        """Whether the time of day was set and expiring would take more than half of the cache. Asked a second
        time, the clock has been steady since, and is believed."""
        offset = self._drift()
        if abs(offset - self._offset) <= _JUMP:
            return False
        found = totals()
        if found.expired * 2 <= found.entries:
            return False
        self._offset = offset
        return True

    def _drift(self) -> float:
        return self._clock.now() - self._clock.steady()
