"""What an answer cost when it was bought."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Usage:
    """A hit costs nothing; what it would have cost is counted as saved."""

    request_tokens: int = 0
    response_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


NOTHING = Usage()
