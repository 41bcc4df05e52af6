"""Reading a pair: the way that applications wait for, in one piece; and what strange halves are."""

import os

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.format import METADATA, VERSION
from cachemgr.responses.metadata import Stored
from cachemgr.responses.pair import (
    NOT_OURS,
    PairMetadata,
    check,
    decode,
    is_foreign,
    is_newer,
    understand,
)
from cachemgr.responses.places import SUFFIXES, VALUE, Places

METADATA_BYTES, _VALUE_BYTES = 1024, 4096
"""For which one call of read(2) is enough, where the metadata does not say it."""


def read_pair(  # noqa: C901 - one piece
    stem: str, at_ms: int, flags: int = files.LOOK, folder: int | None = None
) -> Stored | None:
    """Both halves, opened with these flags, from an open folder if there is one; None where there is no
    metadata. Raises Corrupt where they do not belong together or are none of ours, OSError."""
    try:
        descriptor = os.open(stem + METADATA, flags, dir_fd=folder)
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
        return read_pair(stem, at_ms, files.READ, folder)
    try:
        ours = None if long else decode(text)
    except NOT_OURS:
        ours = None
    metadata = ours if ours is not None and ours._format_version <= VERSION else understand(text)
    end = metadata.expires_at_ms
    if end is not None and end <= at_ms:
        return Stored(metadata, None)
    size = metadata._payload_bytes if isinstance(metadata, PairMetadata) else _VALUE_BYTES
    try:
        descriptor = os.open(stem + SUFFIXES[metadata.encoding], flags, dir_fd=folder)
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
        return read_pair(stem, at_ms, files.READ, folder)
    if check(payload, metadata):
        return Stored(metadata, payload)
    raise Corrupt("value and metadata do not belong together")


def are_parted(places: Places, digest: str) -> bool:
    """Whether an earlier version was killed while it renamed an old pair: its value has the new name, its
    metadata the old one."""
    old, new = places.old_stem(digest), places.stem(digest)
    if files.is_link(places.old_shard) or files.is_link(places.shard(digest)):
        return False
    if os.path.lexists(old + VALUE) or os.path.lexists(new + METADATA):
        return False
    try:
        understand(files.read(old + METADATA))
        return len(files.read(new + VALUE)) > 0
    except (OSError, Corrupt):
        return False


def is_somebodys(stem: str) -> bool:
    """Whether a pair has a value, and a record that is none of ours and says something, if nothing that can
    be believed. A newer version may keep its values where it likes."""
    try:
        text = files.read(stem + METADATA)
        return is_newer(text) or (is_foreign(text) and len(files.read(stem + VALUE)) > 0)
    except (OSError, Corrupt):
        return False
