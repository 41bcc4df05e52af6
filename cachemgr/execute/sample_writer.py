"""Writing the sample: new files, holes and links below one fresh directory, with ages instead of times."""

import hashlib
import os
import random
import sys
from datetime import datetime
from pathlib import Path

DAY = 86400.0
SCALE = 4096
"""A file takes one byte on disk for so many that it claims, so that large ones are still the larger ones."""
WHOLE = 16 * 1024
"""Files up to this size are no holes at all."""


class Writer:
    """Creates only: an existing name is an error, and no link is ever followed out of the top."""

    def __init__(self, top: Path, now: datetime) -> None:
        self._top = top
        self._now = now.timestamp()
        self._folders: dict[Path, float] = {}
        self.links = self._can_link()
        """Whether this user may make symbolic links here (Windows asks for a privilege)."""
        self.holes = self._has_holes()
        """Whether a hole costs nothing here; without that, large files stay small."""

    def file(
        self,
        path: Path,
        content: str | bytes = b"",
        *,
        age: float,
        used: float | None = None,
        size: int = 0,
        seed: str = "",
        mode: int = 0o644,
    ) -> None:
        """A new file, `age` days old and last read `used` days ago (just as old when left out).

        With `size` larger than the content it looks that big: a beginning of noise, then a hole. The noise
        grows from `seed`, or from the name.
        """
        data = content.encode() if isinstance(content, str) else content
        self.folder(path.parent, age=age)
        data += noise(seed or path.name, size, len(data))
        with open(path, "xb") as file:
            file.write(data)
            if self.holes and size > len(data):
                file.truncate(size)
        path.chmod(mode)
        self._stamp(path, age, age if used is None else used)

    def link(self, path: Path, target: str, *, age: float) -> None:
        """A symbolic link with that text, unresolved. Only where `links` says so."""
        self.folder(path.parent, age=age)
        os.symlink(target, path)
        if os.utime in os.supports_follow_symlinks:
            when = self._now - age * DAY
            os.utime(path, (when, when), follow_symlinks=False)

    def name(self, path: Path, other: Path, *, age: float) -> None:
        """A second name for a file (a hard link), where the file system has them."""
        self.folder(path.parent, age=age)
        try:
            os.link(other, path)
        except OSError:
            self.file(path, other.read_bytes(), age=age)

    def folder(self, path: Path, *, age: float, mode: int = 0o755) -> None:
        """A directory and its parents. It is as old as the newest thing in it."""
        fresh = []
        while path != self._top:
            self._folders[path] = min(age, self._folders.get(path, age))
            if not os.path.lexists(path):
                fresh.append(path)
            path = path.parent
        for place in reversed(fresh):
            os.mkdir(place, mode)

    def finish(self) -> None:
        """Give the directories their times; to be called once, after everything was written."""
        for path, age in sorted(self._folders.items(), key=lambda item: len(item[0].parts), reverse=True):
            self._stamp(path, age, age)

    def _stamp(self, path: Path, age: float, used: float) -> None:
        os.utime(path, (self._now - used * DAY, self._now - age * DAY))

    def _can_link(self) -> bool:
        probe = self._top / "link"
        try:
            os.symlink("nowhere", probe)
        except OSError:
            return False
        os.unlink(probe)
        return True

    def _has_holes(self) -> bool:
        if sys.platform == "win32":  # a file that grows takes its room at once, unless it was marked sparse
            return False
        probe = self._top / "hole"
        with open(probe, "xb") as file:
            file.truncate(8 << 20)
            taken = os.fstat(file.fileno()).st_blocks * 512
        os.unlink(probe)
        return taken < 1 << 20


def noise(seed: str, size: int, written: int = 0) -> bytes:
    """What a file that looks `size` bytes big begins with, behind what is written already."""
    length = min(size, max(WHOLE, size // SCALE)) - written
    return random.Random(seed).randbytes(length) if length > 0 else b""  # noqa: S311 - looks, not secrecy


def sha256(text: str) -> str:
    """64 hexadecimal digits that are the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha1(text: str) -> str:
    """40 hexadecimal digits that are the same for the same text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def blob_id(content: bytes) -> str:
    """Git's name for a file, which is what the Hugging Face hub calls one that is not stored as large."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
