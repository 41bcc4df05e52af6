"""Where a cache gets the time.

Applications open a cache without handing in a clock, so the library has to ask the system itself: here, and
nowhere else. Everything below takes what it needs as an argument, and tests hand in clocks that jump.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


def _steady() -> float:
    """Runs on while the machine sleeps, where the system has such a clock: a night is no jump."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        # Python's own is mach_absolute_time there, which stands still meanwhile (reviews.llvm.org/D74341).
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


def moment_ns() -> int:
    """The time of day in nanoseconds since the epoch, as a mark that nothing else has; no answer's end goes
    by it, so that tests need not hand it in."""
    return time.time_ns()


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day, which can be set, and one that only goes forward. Both in seconds."""

    now: Callable[[], float] = time.time
    steady: Callable[[], float] = _steady


SYSTEM = Clock()
