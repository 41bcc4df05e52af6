"""The blob store that the repositories of one hub cache share.

Facts: huggingface_hub 2.4.0 utils/_shared_blobs.py. A payload without a readable manifest is left to the
owning tool: rather leak than break.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cachemgr.domain.layout import Names, Reader
from cachemgr.domain.unit import Kind, Unit

STORE = "blobs"
_MARKER, _VERSION = ".huggingface-shared-blobs", b"1\n"
_PAYLOAD = re.compile(r"[0-9a-f]{64}")
_MANIFEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Store:
    """What a marked store holds."""

    sizes: Mapping[Names, int] = field(default_factory=dict)
    """`st_size` of each payload, by its names below the root."""
    removable: frozenset[Names] = frozenset()
    """Those that may go when the last blob that links them goes."""

    def units(self, reader: Reader, place: Names) -> Iterator[Unit]:
        """A payload with its manifest, behind the lock that its owner takes; nothing where it has to stay."""
        if place not in self.removable:
            return
        *folder, payload = place
        for name in (f"{payload}.refs", payload):
            if (unit := reader.unit(*folder, name)) is not None:
                yield replace(unit, lock=(*folder, f"{payload}.lock"))


def read_store(reader: Reader) -> Store:
    """The shared store; empty unless it is marked with the version that is known here."""
    if not any(item.name == STORE and item.kind is Kind.DIRECTORY for item in reader.list()):
        return Store()
    if reader.text(STORE, _MARKER) != _VERSION:
        return Store()
    reader.keep(STORE, _MARKER)
    sizes: dict[Names, int] = {}
    removable: set[Names] = set()
    for shard in reader.list(STORE):
        if shard.kind is not Kind.DIRECTORY or len(shard.name) != 2:
            continue
        items = {item.name: item for item in reader.list(STORE, shard.name)}
        for name, item in items.items():
            if item.kind is not Kind.FILE:
                continue
            if name.endswith(".lock"):
                reader.keep(STORE, shard.name, name)
            elif _PAYLOAD.fullmatch(name) and name[:2] == shard.name:
                place = (STORE, shard.name, name)
                sizes[place] = item.identity.size
                if _readable(reader.text(STORE, shard.name, f"{name}.refs", limit=_MANIFEST)):
                    removable.add(place)
    return Store(sizes, frozenset(removable))


def is_stored(place: Names | None) -> bool:
    """Whether a place is one of the store's own, marked or not."""
    return place is not None and len(place) == 3 and place[0] == STORE and place[2][:2] == place[1]


def _readable(manifest: bytes | None) -> bool:
    try:
        return manifest is not None and manifest.decode() is not None
    except UnicodeDecodeError:
        return False
