"""What a store keeps about a response, beside the response itself."""

from decimal import Decimal
from typing import Literal

import msgspec

from cachemgr.responses.usage import Usage

EVER = (1 << 63) - 1
"""Later than all moments, in milliseconds."""
Encoding = Literal["identity", "zstd"]
Content = Literal["json", "text"]


class Metadata(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Field names are the file format's. A Struct, because one is made for every read, in 0.2 µs."""

    created_at_ms: int
    """Milliseconds since the epoch, as every moment a store keeps."""
    expires_at_ms: int | None
    """None is never."""
    provider: str = ""
    model: str = ""
    namespace: str = ""
    request_tokens: int = 0
    response_tokens: int = 0
    cost_usd: float = 0.0
    content: Content = "json"
    """`text` is a str stored as it is, the way the old code did; everything else is JSON."""
    encoding: Encoding = "identity"
    prompt: str | None = None
    """The prompt as JSON, where `store_prompts` asks for it."""

    @property
    def usage(self) -> Usage:
        return Usage(self.request_tokens, self.response_tokens, Decimal(str(self.cost_usd)))

    @property
    def newness(self) -> tuple[int, int]:
        """Of two answers under one digest the greater counts: the later one, and of one that was renewed the
        longer end."""
        return self.created_at_ms, EVER if self.expires_at_ms is None else self.expires_at_ms

    def expired(self, at_ms: int) -> bool:
        return self.expires_at_ms is not None and self.expires_at_ms <= at_ms


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What a store read: the metadata, and the bytes where they are still good."""

    metadata: Metadata
    payload: bytes | None
    """None where the entry had expired at the moment that was asked about: nobody needs the bytes then."""
