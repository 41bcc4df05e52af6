"""Whether a directory of pairs may be read or changed: whose it is, what wrote it, and where shards lead."""

from cachemgr.responses import files
from cachemgr.responses.errors import ReadOnly, StoreError
from cachemgr.responses.manifest import Manifest
from cachemgr.responses.places import Places


class Gate:
    """Asks once, and again after `forget`."""

    def __init__(self, places: Places, *, encoding: str, read_only: bool) -> None:
        self._places = places
        self._manifest = Manifest(places)
        self._encoding = encoding
        self._read_only = read_only
        self.changing = False
        """Whether `allow_change` was asked and raised nothing."""
        self.no_links: set[str] = set()
        """Shards that were none when they were first used; for reading, who changes something looks again."""

    @property
    def readable(self) -> bool:
        """Whether `allow_reading` was asked and raised nothing."""
        return self._manifest.readable

    def allow_reading(self) -> None:
        """Raises StoreError."""
        self._manifest.allow_reading()

    def allow_change(self, encoding: str = "") -> bool:
        """Makes the directory and its marks where there are none. Whether there may be compressed values, of
        which there may be some from now on if `encoding` is theirs. Raises ReadOnly, StoreError."""
        if self._read_only:
            raise ReadOnly("opened for reading only")
        with files.translated():
            compressed = self._manifest.allow_writing(encoding or self._encoding)
        self.changing = True
        return compressed

    def refuse_link(self, shard: str) -> None:
        """Raises StoreError for a shard that is a link: what it leads to is not this cache's."""
        if files.is_link(self._places.shard(shard)):
            raise StoreError(f"{shard} is a link, and what it leads to is no part of the cache")
        self.no_links.add(shard)

    def forget(self) -> None:
        self._manifest.forget()
        self.no_links.clear()
        self.changing = False
