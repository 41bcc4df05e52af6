"""The content of files: read once, hashed on the way, written with its holes, and read again."""

import hashlib
import os
from itertools import count

from cachemgr.domain.outcome import Trouble
from cachemgr.execute import files
from cachemgr.execute.guard import Stop

CHUNK = 4 << 20
"""Bytes that are read, hashed and written in one go; no more of a file is in memory at a time."""
SPARSE = 1 << 16
"""Smaller files have no holes worth keeping."""
_ZEROS = bytearray(CHUNK)


def whole(descriptor: int, size: int) -> bytes:
    """All of a file that has no more than a chunk. Raises Stop when it has another size, OSError."""
    content = os.read(descriptor, size + 1)
    while 0 < len(content) < size and (more := os.read(descriptor, size + 1 - len(content))):
        content += more
    if len(content) != size:
        raise Stop(Trouble("changed"))
    return content


class Haul:
    """A large file on its way, a chunk at a time, by as many threads as come. Closes its descriptors."""

    def __init__(self, source: int, target: int | None, status: os.stat_result) -> None:
        self.source = source
        self.target = target
        self.status = status
        self.shares = files.SHARES
        self.hands = 1
        """Threads that take part."""
        self._chunks = -(-status.st_size // CHUNK)
        self._next = count()
        self._begun = 0
        self._done: list[int] = []

    @property
    def complete(self) -> bool:
        return len(self._done) == self._chunks

    @property
    def is_shareable(self) -> bool:
        """Whether there is something in it for one more thread than the one that asks."""
        return self.shares and self._chunks - self._begun > 1

    @property
    def room(self) -> int:
        """Bytes that a chunk needs in memory."""
        return min(CHUNK, self.status.st_size)

    def step(self, room: bytearray) -> int | None:
        """Do one chunk; its bytes, None when there is none left. Raises Stop, OSError."""
        index = next(self._next)
        if index >= self._chunks:
            return None
        self._begun = index + 1
        start = index * CHUNK
        length = min(CHUNK, self.status.st_size - start)
        self.chunk(index, start, memoryview(room)[:length])
        self._done.append(index)
        return length

    def chunk(self, index: int, start: int, room: memoryview) -> None:
        raise NotImplementedError

    def close(self) -> None:
        for descriptor in (self.source, self.target):
            if descriptor is not None:
                os.close(descriptor)
        self.source = -1
        self.target = None


class Reading(Haul):
    """Hashes a file: every chunk by itself, so that several threads can, or all of it by one algorithm."""

    def __init__(
        self,
        source: int,
        target: int | None,
        status: os.stat_result,
        *,
        named: "hashlib._Hash | None" = None,
        hashed: bool = True,
    ) -> None:
        super().__init__(source, target, status)
        self._named = named
        self._hashed = hashed
        if named is not None:
            self.shares = False
        self._digests = [b""] * self._chunks

    def chunk(self, index: int, start: int, room: memoryview) -> None:
        if files.read_at(self.source, room, start) != len(room):
            raise Stop(Trouble("changed"))
        if self._named is not None:
            self._named.update(room)
        elif self._hashed:
            self._digests[index] = hashlib.sha256(room).digest()

    def digest(self) -> bytes:
        """Of the whole file, once it is complete."""
        if self._named is not None:
            return self._named.digest()
        if len(self._digests) == 1:
            return self._digests[0]  # as for a file that is read in one go
        return hashlib.sha256(b"".join(self._digests)).digest()


class Writing(Reading):
    """Copies a file. Where the original has holes the copy has them too."""

    target: int

    def __init__(
        self, source: int, target: int, status: os.stat_result, *, cloned: bool, hashed: bool
    ) -> None:
        super().__init__(source, target, status, hashed=hashed)
        self.sparse = is_sparse(status)
        self._cloned = cloned
        self._ranges = True
        if self.sparse and not cloned:
            os.ftruncate(target, status.st_size)

    def chunk(self, index: int, start: int, room: memoryview) -> None:
        super().chunk(index, start, room)
        if self._cloned:
            return
        if not self.sparse:
            self._ranges = self._ranges and files.copy_range(self.source, self.target, start, len(room))
            if not self._ranges:
                files.write_at(self.target, room, start)
            files.write_out(self.target, start, len(room))
            return
        # What the file system calls a hole is one only if it reads as zeros: some were wrong about it.
        end = start + len(room)
        at = start
        for first, last in (*files.data(self.source, start, end), (end, end)):
            if not _is_empty(room[at - start : first - start]):
                first = at
            files.write_at(self.target, room[first - start : last - start], first)
            at = last


def digest_of(descriptor: int, size: int, named: "hashlib._Hash") -> str:
    """All of a file by one algorithm. Raises OSError."""
    room, at = bytearray(CHUNK), 0
    while at < size and (got := files.read_at(descriptor, memoryview(room), at)):
        named.update(memoryview(room)[:got])
        at += got
    return named.hexdigest()


def is_sparse(status: os.stat_result) -> bool:
    """Whether a file takes less than it holds, so that it has holes or is compressed."""
    blocks = getattr(status, "st_blocks", None)
    return blocks is not None and status.st_size >= SPARSE and blocks * 512 < status.st_size


def _is_empty(room: memoryview) -> bool:
    """Whether there is nothing but zeros."""
    if len(room) == CHUNK:
        return room == _ZEROS
    return not bytes(room).strip(b"\0")
