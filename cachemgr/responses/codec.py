"""Between a response and the bytes that are kept of it."""

import json
import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

import msgspec

from cachemgr.responses.config import Compression
from cachemgr.responses.entry import JSONValue
from cachemgr.responses.errors import Corrupt, MissingPackage
from cachemgr.responses.metadata import Content, Encoding, Metadata

_LARGEST = 1 << 30
"""Bytes. A few kilobytes can unpack to any amount; no response is this long."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Packed(NamedTuple):
    payload: bytes
    content: Content
    encoding: Encoding


class Codec:
    """Packs as configured; unpacks whatever was packed, by whichever configuration."""

    def __init__(self, compression: Compression) -> None:
        """Raises MissingPackage where zstd is asked for and is not there."""
        self._min_bytes = compression.min_bytes if compression.codec == "zstd" else sys.maxsize
        self._level = compression.level
        if compression.codec == "zstd" and _zstd() is None:
            raise MissingPackage("`compression.codec` is zstd, which needs: pip install 'cachemgr[zstd]'")

    def pack(self, value: JSONValue) -> Packed:
        """A str as itself, so that any reader of the file finds the answer; everything else as JSON.

        Raises TypeError, ValueError or RecursionError for what JSON cannot say.
        """
        content: Content = "json"
        if isinstance(value, str):
            try:
                payload, content = value.encode(), "text"
            except UnicodeEncodeError:
                payload = as_json(value)  # an unpaired surrogate has no UTF-8; as JSON it does
        else:
            payload = as_json(value)
        if len(payload) >= self._min_bytes and (zstd := _zstd()) is not None:
            squeezed = zstd.compress(payload, self._level)
            if len(squeezed) < len(payload):
                return Packed(squeezed, content, "zstd")
        return Packed(payload, content, "identity")

    def unpack(self, payload: bytes, metadata: Metadata) -> JSONValue:
        """Raises Corrupt."""
        try:
            if metadata.encoding == "zstd":
                payload = _unsqueeze(payload)
            if metadata.content == "text":
                return payload.decode()
            try:
                return _decode(payload)  # type: ignore[no-any-return]
            except (msgspec.DecodeError, RecursionError):
                return json.loads(payload)  # type: ignore[no-any-return]  # unpaired surrogates are JSON to Python
        except (ValueError, RecursionError) as error:
            raise Corrupt(f"not what was stored: {error}") from None


def as_json(value: object) -> bytes:
    """Raises ValueError where what comes out again would not be equal: NaN, tuples, names that are no text.

    Writing and reading both ways is cheaper than looking at every value of it from Python.
    """
    try:
        payload = _encode(value)
        same = bool(_decode(payload) == value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        # Of these, the standard library can say unpaired surrogates and integers beyond 64 bits.
        payload = json.dumps(value, allow_nan=False).encode()
        same = bool(json.loads(payload) == value)
    if not same:
        raise ValueError("it would read back as something else")
    return payload


@cache
def _zstd() -> ModuleType | None:
    """The module that Python 3.14 has of its own, or the same one as a package."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _unsqueeze(payload: bytes) -> bytes:
    zstd = _zstd()
    if zstd is None:
        raise ValueError("it is compressed with zstd, which needs: pip install 'cachemgr[zstd]'")
    unpacking = zstd.ZstdDecompressor()
    try:
        whole: bytes = unpacking.decompress(payload, _LARGEST)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("it is cut off, or larger than any response")
    return whole
