"""Looking through a Redis server for the entries of a cache. SCAN keeps nobody waiting."""

from collections.abc import Iterator
from typing import Any

from cachemgr.responses import listing, packed
from cachemgr.responses.entry import Entry
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.format import DIGEST
from cachemgr.responses.query import EntryQuery
from cachemgr.responses.redis_client import Server

BATCH = 500
_HEAD = 1024
"""Bytes of a value in which its metadata ends, unless a prompt is among them."""
_OVERHEAD = 120
"""Bytes that the server needs for a key beside it and the value, about."""
_SIGNS = frozenset("*?[]^\\-")


class Scan:
    def __init__(self, server: Server, prefix: str) -> None:
        self._server = server
        self._prefix = prefix

    def keys(self, kind: str) -> Iterator[str]:
        """Those that begin with the prefix and this, without the prefix."""
        start = self._prefix + kind
        pattern = "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in start) + "*"
        seen: set[bytes] = set()
        cursor = 0
        while True:
            cursor, found = self._server.slowly(
                lambda at=cursor: self._server.commands.scan(at, match=pattern, count=BATCH)  # type: ignore[misc]
            )
            for key in found:
                if key not in seen:
                    seen.add(key)
                    yield key.decode("utf-8", "replace").removeprefix(self._prefix)
            if cursor == 0:
                return

    def digests(self) -> Iterator[list[str]]:
        """Of all entries, in batches."""
        batch: list[str] = []
        for name in self.keys(""):
            if DIGEST.fullmatch(name):
                batch.append(name)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def entries(self, query: EntryQuery, at_ms: int) -> Iterator[Entry]:
        for digests in self.digests():

            def look(digests: list[str] = digests) -> Any:
                with self._server.commands.pipeline(transaction=False) as steps:
                    for digest in digests:
                        steps.getrange(self._prefix + digest, 0, _HEAD - 1)
                        steps.strlen(self._prefix + digest)
                    return steps.execute()

            found = self._server.slowly(look)
            for digest, head, size in zip(digests, found[::2], found[1::2], strict=True):
                if (entry := self._entry(digest, head, size, query, at_ms)) is not None:
                    yield entry

    def _entry(self, digest: str, head: bytes, size: int, query: EntryQuery, at_ms: int) -> Entry | None:
        key = self._prefix + digest
        try:
            known = packed.peek(head)
            if known is None:
                known = packed.peek(self._server.slowly(lambda: self._server.commands.get(key)) or b"")
        except Corrupt:
            return None  # `verify` names it
        if known is None or not listing.matches(query, digest, known[0]):
            return None
        disk = size + len(key) + _OVERHEAD
        return listing.entry_of(digest, known[0], at_ms, payload_bytes=size - known[1], disk_bytes=disk)
