"""A brake against clocks that were set, or wrong from the start: they make everything look old at once."""

from collections.abc import Callable

from cachemgr.responses.clock import Clock
from cachemgr.responses.report import Totals

_JUMP = 300.0
"""Seconds by which the time of day may part from the steady clock before it counts as set."""
_QUIET_MS = 30 * 86_400_000
"""For so long nobody stored anything: then either nobody used the cache, or the clock is ahead."""
_SETTLED = 3000.0
"""Seconds in which a clock that was wrong at start would have been set; less than between two sweeps."""
JUMPED = "the clock was set, and more than half of all entries would expire at once"
LATE = (
    "by this clock nothing was stored for more than 30 days, and more than half of all entries would expire "
    "at once; it may be wrong"
)


class Brake:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._drift()
        self._began_ms = self._now_ms()
        self._began = clock.steady()
        self._believed = False

    def holds(
        self,
        mostly_expired: Callable[[int], bool],
        totals: Callable[[int], Totals],
        more: Callable[[], int] | None = None,
    ) -> str:
        """Why nothing should go now, since more than half would; "" where nothing is wrong. Both are asked
        about a moment, the totals only where it is needed; `more` counts what would go where that is not only
        what has expired.

        After a jump, asked a second time, the clock has been steady since, and is believed. One that was
        late from the start is believed when somebody stored by it and it was not set for an hour.
        """
        offset = self._drift()
        jumped = abs(offset - self._offset) > _JUMP
        if self._believed and not jumped:
            return ""
        now_ms = self._now_ms()
        if not (mostly_expired(now_ms) if more is None else more() * 2 > totals(now_ms).entries):
            return ""
        if jumped:
            self._offset = offset
            self._believed = True
            return JUMPED
        return LATE if self._is_late(totals, now_ms) else ""

    def _is_late(self, totals: Callable[[int], Totals], now_ms: int) -> bool:
        """By what others stored before this process began: what it stored itself is no witness at first."""
        settled = self._clock.steady() - self._began >= _SETTLED
        at_ms = now_ms if settled else min(self._began_ms - 1, now_ms)
        newest = totals(at_ms).newest_ms
        self._believed = newest is None or at_ms - newest <= _QUIET_MS
        return not self._believed

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)

    def _drift(self) -> float:
        return self._clock.now() - self._clock.steady()
