"""Reading a pair: the way that applications wait for, in one piece."""

import os

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.format import METADATA, VERSION
from cachemgr.responses.metadata import Stored
from cachemgr.responses.pair import NOT_OURS, PairMetadata, check, decode, understand
from cachemgr.responses.places import SUFFIXES

METADATA_BYTES, _VALUE_BYTES = 1024, 4096
"""For which one call of read(2) is enough, where the metadata does not say it."""


def read_pair(stem: str, at_ms: int, flags: int = files.LOOK) -> Stored | None:  # noqa: C901 - one piece
    """Both halves, opened with these flags; None where there is no metadata. Raises Corrupt where they do not
    belong together or are none of ours, OSError."""
    try:
        descriptor = os.open(stem + METADATA, flags)
        try:
            text = os.read(descriptor, METADATA_BYTES)
            if long := len(text) == METADATA_BYTES:
                text += files.rest(descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        raise Corrupt(files.NO_FILE) from None
    except PermissionError:
        if flags == files.READ:
            raise
        return read_pair(stem, at_ms, files.READ)
    try:
        ours = None if long else decode(text)
    except NOT_OURS:
        ours = None
    metadata = ours if ours is not None and ours.format_version <= VERSION else understand(text)
    end = metadata.expires_at_ms
    if end is not None and end <= at_ms:
        return Stored(metadata, None)
    size = metadata.payload_bytes if isinstance(metadata, PairMetadata) else _VALUE_BYTES
    try:
        descriptor = os.open(stem + SUFFIXES[metadata.encoding], flags)
        try:
            payload = os.read(descriptor, size + 1)
            if len(payload) > size:
                payload += files.rest(descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise Corrupt("the value is missing") from None
    except BlockingIOError:
        raise Corrupt(files.NO_FILE) from None
    except PermissionError:
        if flags == files.READ:
            raise
        return read_pair(stem, at_ms, files.READ)
    if check(payload, metadata):
        return Stored(metadata, payload)
    raise Corrupt("value and metadata do not belong together")
