"""When something was last stored, as far as that is no single answer's whim: a program whose clock is wrong
stores a few by it, too."""

from collections.abc import Iterable


def passed_over(entries: int) -> int:
    """How many of the newest say nothing: two, or one in a hundred, but of fewer than thirty only one in ten.
    One in any case, where there is another."""
    return min(max(1, min(entries // 10, max(2, entries // 100))), max(0, entries - 1))


def newest(moments: Iterable[int], at_ms: int) -> int | None:
    """Of those that are not later than `at_ms`, in milliseconds; None where there are none."""
    past = sorted((moment for moment in moments if moment <= at_ms), reverse=True)
    return past[passed_over(len(past))] if past else None
