"""What the names in a shard mean."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from zlib import crc32

from cachemgr.responses import files
from cachemgr.responses.format import (
    COMPRESSED,
    MEMBER,
    METADATA,
    OLD_PREFIX,
    OLD_SHARD,
    SHARD,
    TEMPORARY,
    VALUE,
    own_keys,
)
from cachemgr.responses.key import as_digest

_DIGITS = 64
_HEX = "0123456789abcdef"
_VALUES = (VALUE, COMPRESSED)


@dataclass(slots=True)
class Members:
    """The entries of one shard by what there is of them. Keys have the old prefix where their files have."""

    described: set[str] = field(default_factory=set)
    """Keys that have metadata."""
    values: dict[str, list[str]] = field(default_factory=dict)
    """The names of the values of each key."""
    temporary: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Names that are no entry's, or an entry's in the wrong shard."""
    own: frozenset[str] = frozenset()
    """Keys of somebody's own of which both halves are there; what they are is for their metadata to say."""

    def leftovers(self) -> list[str]:
        """Values without metadata, and what was never finished."""
        lost = [name for key, names in self.values.items() if key not in self.described for name in names]
        return lost + self.temporary

    @property
    def keys(self) -> set[str]:
        return self.described | self.values.keys()


def members(shard: str, names: Iterable[str]) -> Members:
    """Of a shard, by its two letters. Looks at names only."""
    found = Members()
    for name in names:
        key, tail = name[:_DIGITS], name[_DIGITS:]
        if tail == METADATA and _plain(key, shard):
            found.described.add(key)
        elif tail in _VALUES and _plain(key, shard):
            found.values.setdefault(key, []).append(name)
        else:
            _rare(found, shard, name)
    if found.foreign and (own := own_keys(shard, found.foreign)):
        halves = {key + tail for key in own for tail in (VALUE, METADATA)}
        found.foreign = [name for name in found.foreign if name not in halves]
        found.own = own
    return found


def _plain(key: str, shard: str) -> bool:
    """Hundreds of thousands of names pass here; looking at the digits one by one takes twice as long."""
    try:
        return len(key) == _DIGITS and key.startswith(shard) and bytes.fromhex(key).hex() == key
    except ValueError:
        return False


def _rare(found: Members, shard: str, name: str) -> None:
    match = MEMBER.fullmatch(name)
    if TEMPORARY.fullmatch(name) and name[1:3] == shard:
        found.temporary.append(name)
    elif match is None or match[1][:2] != shard:
        found.foreign.append(name)
    elif match[2] == METADATA:
        found.described.add(match[1])
    elif match[2] in _VALUES:
        found.values.setdefault(match[1], []).append(name)
    else:
        found.temporary.append(name)


def is_old(key: str) -> bool:
    """Whether the key has the old form."""
    return key.startswith(OLD_PREFIX) and len(key) == len(OLD_PREFIX) + _DIGITS


def is_own(key: str) -> bool:
    """Whether the key is of somebody's own making: neither a digest nor of the old form."""
    return (len(key) != _DIGITS and not is_old(key)) or bool(key.removeprefix(OLD_PREFIX).strip(_HEX))


def digest_of(key: str) -> str:
    return as_digest(key)


def old_key(digest: str) -> str:
    return OLD_PREFIX + digest


def shard_number(shard: str) -> int:
    return int(shard, 16)


def slot_of(shard: str) -> int:
    """The lock of a shard. One of keys of somebody's own shares it with a shard of ours."""
    return int(shard, 16) if SHARD.fullmatch(shard) else crc32(os.fsencode(shard)) % 256


def listed(directory: str) -> list[str]:
    """Names; none where there is no such directory, or a link."""
    try:
        return [] if files.is_link(directory) else os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []


assert OLD_PREFIX.startswith(OLD_SHARD)
