"""A brake against clocks that were set, or wrong from the start: they make everything look old at once."""

from collections.abc import Callable

from cachemgr.responses.clock import Clock

_JUMP = 300.0
"""Seconds by which the time of day may part from the steady clock before it counts as set."""
_QUIET_MS = 30 * 86_400_000
"""For so long nobody stored anything: then either nobody used the cache, or the clock is ahead."""
_SETTLED = 3600.0
"""Seconds, by the steady clock, in which somebody would have set a clock that is wrong."""
JUMPED = "the clock was set, and more than half of what can expire would at once"
LATE = (
    "by this clock hardly anything was stored for more than 30 days, and more than half of what can expire "
    "would at once; it may be wrong"
)


class Brake:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jumped = False
        self._begin()

    def holds(self, most_go: Callable[[int], bool], witness: Callable[[int], int | None]) -> str:
        """Why nothing should go now; "" where nothing is wrong. Both are asked about a moment: whether more
        than half would go, and, only then, when something was stored last (see `witness.py`).

        What was stored since the process began, or since the clock was set, is no witness before an hour has
        passed in which the clock was not set.
        """
        if abs(self._drift() - self._offset) > _JUMP:
            self._jumped = True
            self._begin()
        now_ms = self._now_ms()
        if not most_go(now_ms):
            return ""
        settled = self._clock.steady() - self._began >= _SETTLED
        if self._jumped and not settled:
            return JUMPED
        newest = witness(now_ms if settled else min(self._began_ms - 1, now_ms))
        return "" if newest is None or now_ms - newest <= _QUIET_MS else LATE

    def _begin(self) -> None:
        self._offset = self._drift()
        self._began, self._began_ms = self._clock.steady(), self._now_ms()

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)

    def _drift(self) -> float:
        return self._clock.now() - self._clock.steady()
