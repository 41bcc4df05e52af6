"""What an answer cost when it was bought."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """A hit costs nothing; what it would have cost is counted as saved."""

    request_tokens: int = 0
    response_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


NOTHING = Usage()


def checked(usage: object) -> Usage:
    """Raises TypeError for anything else."""
    if not isinstance(usage, Usage):
        raise TypeError(f"what an answer cost is a Usage, such as Usage(12, 340); not {_kind(usage)}")
    return usage


def answered(answer: object) -> tuple[Any, Usage]:
    """What a computation returned, where it is an answer and what it cost. Raises TypeError."""
    if not isinstance(answer, tuple) or len(answer) != 2 or not isinstance(answer[1], Usage):
        found = f"({', '.join(map(_kind, answer))})" if isinstance(answer, tuple) else _kind(answer)
        raise TypeError(
            f"`compute` returns an answer and what it cost, (value, Usage()); this one returned {found},"
            " so nothing was stored"
        )
    return answer[0], answer[1]


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
