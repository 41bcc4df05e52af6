"""What an answer cost when it was bought."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import CoroutineType
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """A hit costs nothing; what it would have cost is counted as saved. Whether it can be is asked where it
    is stored: raised here, within a computation, it would lose the answer."""

    request_tokens: int = 0
    response_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


NOTHING = Usage()
_MOST = 1_000_000_000
"""Tokens or dollars of one answer."""


def checked(usage: object) -> Usage:
    """Raises TypeError for anything else, and for numbers that no answer costs: with them it could be stored
    and never read again."""
    if usage is NOTHING:
        return NOTHING
    if not isinstance(usage, Usage):
        raise TypeError(f"what an answer cost is a Usage, such as Usage(12, 340); not {_kind(usage)}")
    tokens = (usage.request_tokens, usage.response_tokens)
    if not all(isinstance(number, int) and 0 <= number < _MOST for number in tokens) or not _is_sum(
        usage.cost_usd
    ):
        raise TypeError(f"{usage} is no cost: tokens are whole numbers and dollars a number, from 0 up")
    return usage


def believed(request_tokens: Any, response_tokens: Any, cost_usd: Any = Decimal(0)) -> Usage:
    """What somebody else's answer says that it cost; nothing where that cannot be."""
    try:
        return checked(Usage(request_tokens, response_tokens, cost_usd))
    except TypeError:
        return NOTHING


def _is_sum(cost: object) -> bool:
    if isinstance(cost, Decimal):
        return cost.is_finite() and 0 <= cost < _MOST
    return isinstance(cost, int | float) and 0 <= cost < _MOST


def answered(answer: object, warn: Callable[[str], None]) -> tuple[Any, Usage]:
    """What a computation returned, where it is an answer and what it cost. It was paid for, so a cost that
    cannot be is warned about and counts as nothing. Raises TypeError where it is no such pair."""
    if isinstance(answer, CoroutineType):
        answer.close()
        raise TypeError("`compute` is an async function, which an AsyncCache awaits; nothing was asked")
    if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[1], Usage):
        found = f"({', '.join(map(_kind, answer))})" if isinstance(answer, tuple) else _kind(answer)
        raise TypeError(
            f"`compute` returns an answer and what it cost, (value, Usage()); this one returned {found},"
            " so nothing was stored"
        )
    try:
        return answer[0], checked(answer[1])
    except Exception as error:  # also of a number too long to be shown
        warn(f"{error}; this one counts as nothing")
        return answer[0], NOTHING


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
