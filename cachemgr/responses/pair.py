"""The metadata file of a pair: what is written, and what is believed of what is read."""

import codecs
import math
from hashlib import sha256

import msgspec

from cachemgr.responses.errors import Corrupt, Newer
from cachemgr.responses.format import NEVER, VERSION
from cachemgr.responses.metadata import Metadata
from cachemgr.responses.ttl import LONGEST

_TOLERANCE = 1.0
"""Seconds by which the old code's three fields may differ; it rounded the same moment in two ways."""
_LARGEST = 16 << 20
"""Bytes: a stored prompt may be long, and nothing that is longer is metadata of ours."""


class PairMetadata(Metadata, frozen=True, kw_only=True, gc=False, rename=lambda name: name.removeprefix("_")):
    """The document's fields as they were, so that its code reads our pairs, and ours. A hit shows the same
    fields whichever store has it; what only pairs have begins with `_`, in the file without."""

    _timestamp: float
    """Seconds since the epoch, as the next two but one."""
    _ttl_seconds: float | None
    _expires_at: float
    """`NEVER` where there is no end: the old code compares with a number."""
    _format_version: int
    _key: str
    _payload_sha256: str
    """Of the file as it is, compressed or not. It ties the halves together: whoever reads while somebody
    writes sees that they do not belong together."""
    _payload_bytes: int
    _writer: str = ""


class _OldMetadata(msgspec.Struct, gc=False):
    """What the old code wrote: a pair without digest, whose value is a text."""

    expires_at: float
    timestamp: float | None = None
    ttl_seconds: float | None = None
    provider: str = ""
    model: str = ""
    request_tokens: int = 0
    response_tokens: int = 0
    cost_usd: float = 0.0
    format_version: object = VERSION


class _Documents(msgspec.Struct, gc=False):
    timestamp: float
    ttl_seconds: float
    expires_at: float


class _Version(msgspec.Struct, gc=False):
    format_version: object = VERSION


_NEWER = "its record is of a newer version of cachemgr"
_encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(PairMetadata).decode
"""What `understand` begins with, for whoever cannot wait for a call more. Raises one of NOT_OURS."""
NOT_OURS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_decode_any = msgspec.json.Decoder().decode
_decode_old = msgspec.json.Decoder(_OldMetadata).decode
_decode_version = msgspec.json.Decoder(_Version).decode
_decode_document = msgspec.json.Decoder(_Documents).decode


def describe(digest: str, payload: bytes, metadata: Metadata, writer: str) -> bytes:
    """The content of a metadata file."""
    created, expires = metadata.created_at_ms, metadata.expires_at_ms
    return _encode(
        PairMetadata(
            _timestamp=created / 1000,
            _ttl_seconds=None if expires is None else (expires - created) / 1000,
            _expires_at=NEVER if expires is None else expires / 1000,
            _format_version=VERSION,
            _key=digest,
            _payload_sha256=sha256(payload).hexdigest(),
            _payload_bytes=len(payload),
            _writer=writer,
            created_at_ms=created,
            expires_at_ms=expires,
            provider=metadata.provider,
            model=metadata.model,
            namespace=metadata.namespace,
            request_tokens=metadata.request_tokens,
            response_tokens=metadata.response_tokens,
            cost_usd=metadata.cost_usd,
            content=metadata.content,
            encoding=metadata.encoding,
            prompt=metadata.prompt,
        )
    )


def understand(text: bytes) -> Metadata:
    """A PairMetadata, or plain Metadata where the old code wrote it. Raises Corrupt for anything that is not
    strictly one or the other, Newer for what is of a later format."""
    if len(text) > _LARGEST:
        raise Corrupt("metadata: larger than any")
    try:
        found = decode(text)
    except NOT_OURS:
        return _understand_old(text)
    if found._format_version > VERSION:
        raise Newer(_NEWER)
    return found


def understand_own(text: bytes) -> Metadata:
    """Of a pair under a key of somebody's own, which could be anybody's two files: only what has the three
    fields that the old code always wrote is believed. Raises Corrupt."""
    metadata = understand(text)
    if isinstance(metadata, PairMetadata):
        raise Corrupt("metadata: not under such a key")
    try:
        _decode_document(text)
    except NOT_OURS as error:
        raise Corrupt(f"metadata: {error}") from None
    return metadata


def _understand_old(text: bytes) -> Metadata:
    try:
        old = _decode_old(text)
    except NOT_OURS as error:
        raise _version_of(text) or Corrupt(f"metadata: {error}") from None
    if _is_newer(old.format_version):
        raise Newer(_NEWER)
    start = old.timestamp
    if start is None and old.ttl_seconds is not None:
        start = old.expires_at - old.ttl_seconds
    moments = [old.expires_at, start if start is not None else old.expires_at]
    if start is not None and old.ttl_seconds is not None:
        moments.append(start + old.ttl_seconds)
        if not abs(start + old.ttl_seconds - old.expires_at) <= _TOLERANCE:
            raise Corrupt("metadata: its fields contradict each other")
    if not all(math.isfinite(moment) and 0 <= moment < NEVER + LONGEST for moment in moments):
        raise Corrupt("metadata: no moment anybody could mean")
    return Metadata(
        created_at_ms=int(moments[1] * 1000),
        expires_at_ms=None if old.expires_at >= NEVER else int(old.expires_at * 1000),
        provider=old.provider,
        model=old.model,
        request_tokens=old.request_tokens,
        response_tokens=old.response_tokens,
        cost_usd=old.cost_usd,
        content="text",
    )


def _is_newer(version: object) -> bool:
    return not isinstance(version, int) or version > VERSION


def _version_of(text: bytes) -> Newer | None:
    """What to raise for a record that has nothing of ours but its version."""
    try:
        found = _decode_version(text)
    except NOT_OURS:
        return None
    return Newer(_NEWER) if _is_newer(found.format_version) else None


def is_newer(text: bytes) -> bool:
    """Whether a record is of a later format than this version knows."""
    try:
        understand(text)
    except Newer:
        return True
    except Corrupt:
        pass
    return False


def is_foreign(text: bytes) -> bool:
    """Whether it is a record that others wrote, though not one that can be believed: ours have a version."""
    try:
        understand(text)
    except Newer:
        return True
    except Corrupt:
        try:
            found = _decode_any(text.removeprefix(codecs.BOM_UTF8))
        except NOT_OURS:
            return False
        return isinstance(found, dict) and bool(found) and "format_version" not in found
    return False


def check(payload: bytes, metadata: Metadata) -> bool:
    """Whether a value is the one that its metadata was written for; of the old code's, that there is one."""
    if isinstance(metadata, PairMetadata):
        return (
            len(payload) == metadata._payload_bytes
            and sha256(payload).hexdigest() == metadata._payload_sha256
        )
    return len(payload) > 0
