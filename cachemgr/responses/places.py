"""Where the files of a cache are: names put together once, since every read and write needs them."""

import os
from dataclasses import dataclass, field

from cachemgr.responses.format import (
    COMPRESSED,
    DISCARDED,
    INDEX,
    MANIFEST,
    METADATA,
    OLD_PREFIX,
    OLD_SHARD,
    TAG,
    VALUE,
)
from cachemgr.responses.metadata import Metadata

SHARDS = tuple(f"{number:02x}" for number in range(256))
SUFFIXES = {"identity": VALUE, "zstd": COMPRESSED}


@dataclass(frozen=True, slots=True)
class Places:
    root: str
    """Absolute, and without a slash at its end."""
    manifest: str = field(init=False)
    tag: str = field(init=False)
    index: str = field(init=False)
    discarded: str = field(init=False)
    old_shard: str = field(init=False)

    def __post_init__(self) -> None:
        names = {
            "manifest": MANIFEST,
            "tag": TAG,
            "index": INDEX,
            "discarded": DISCARDED,
            "old_shard": OLD_SHARD,
        }
        for name, value in names.items():
            object.__setattr__(self, name, f"{self.root}/{value}")

    def shard(self, digest: str) -> str:
        return f"{self.root}/{digest[:2]}"

    def stem(self, digest: str) -> str:
        """Without suffix."""
        return f"{self.root}/{digest[:2]}/{digest}"

    def old_stem(self, digest: str) -> str:
        return f"{self.old_shard}/{OLD_PREFIX}{digest}"


def places(directory: str | os.PathLike[str]) -> Places:
    return Places(os.path.abspath(directory).rstrip("/"))


def suffix(metadata: Metadata) -> str:
    """Of the value's file."""
    return SUFFIXES[metadata.encoding]


def other_suffix(metadata: Metadata) -> str:
    """Of a value that was stored in the other encoding."""
    return VALUE if metadata.encoding == "zstd" else COMPRESSED


__all__ = ["METADATA", "SHARDS", "SUFFIXES", "VALUE", "Places", "other_suffix", "places", "suffix"]
