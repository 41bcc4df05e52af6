"""A home, a project and what surrounds them, with the record of what in them a clear may take."""

import os
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

from tests.adversary.picture import walk

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
STRANGER = 12345
"""A user and a group that nobody here is."""
STALE = 978_307_200
"""2001-01-01: so old an access that even a `relatime` mount records the next one."""
LONG_AGO = 1_577_836_800
"""2020-01-01: when everything was written that has no time of its own."""
SECRET = "sk-secret-that-nobody-may-print"


T = TypeVar("T")


@dataclass
class Stage:
    """Everything lies below `top`. What is not declared here as somebody's unit must never change."""

    top: Path
    seed: int = 20261120
    thorough: bool = False
    """Every hostile thing at every level, instead of a seeded part of them."""
    may: dict[Path, str] = field(default_factory=dict)
    """What a clear may take, each whole: a file, a link or a tree, with the root it lies in."""
    must: dict[Path, str] = field(default_factory=dict)
    """The part of it that clearing everything has to take: clean entries."""
    roots: dict[Path, str] = field(default_factory=dict)
    """Root → its cache type."""
    shared: set[Path] = field(default_factory=set)
    """Files outside of every root that have a further name in one: their link count may fall."""
    _decks: dict[int, Iterator[int]] = field(default_factory=dict)
    _closed: list[Path] = field(default_factory=list)
    _frozen: list[Path] = field(default_factory=list)
    _timed: dict[Path, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        for folder in (self.home, self.project, self.outside, self.temp):
            folder.mkdir(parents=True)

    @property
    def home(self) -> Path:
        return self.top / "home"

    @property
    def project(self) -> Path:
        return self.top / "project"

    @property
    def outside(self) -> Path:
        """What belongs to nobody's cache, and is the target of many links."""
        return self.top / "outside"

    @property
    def temp(self) -> Path:
        return self.top / "temp"

    @property
    def state(self) -> Path:
        return self.home / ".local" / "state" / "cachemgr"

    @property
    def trash(self) -> Path:
        return self.home / ".local" / "share" / "Trash"

    def root(self, kind: str, path: Path) -> Path:
        self.roots[path] = kind
        path.mkdir(parents=True, exist_ok=True)
        return path

    def unit(self, path: Path, *, clean: bool = False) -> Path:
        """Declare something that a clear may take; `clean` where clearing everything must."""
        root = next(above for above in path.parents if above in self.roots)
        self.may[path] = self.roots[root]
        if clean:
            self.must[path] = self.roots[root]
        return path

    def some(self, things: Sequence[T], share: int) -> Sequence[T]:
        """All of them where it is thorough, else the next of a shuffled deck, so that all have a turn."""
        if self.thorough:
            return things
        deck = self._decks.setdefault(len(things), cycle(self.dice.sample(range(len(things)), len(things))))
        return [things[card] for card in islice(deck, min(share, len(things)))]

    def file(self, path: Path, content: bytes | str = b"data", *, time: float | None = None) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if time is not None:
            self._timed[path] = time
        return path

    def fifo(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    def socket(self, path: Path) -> None:
        # The address of a socket may have 107 bytes; a name in the working directory is short enough.
        with _standing_in(path.parent), socket.socket(socket.AF_UNIX) as server:
            server.bind(os.fsencode(path.name))

    def foreign(self, path: Path) -> None:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)

    def close_up(self, path: Path) -> None:
        """Mode 0000, until the end."""
        path.chmod(0)
        self._closed.append(path)

    def immutable(self, path: Path) -> None:
        """`chattr +i`, from the moment when everything stands until the end."""
        self._frozen.append(path)

    def link_out(self, path: Path) -> None:
        """Move it outside and put a link to it in its place; nothing in it may go any more."""
        aside = self.outside / f"moved-{len(os.listdir(self.outside))}"
        path.rename(aside)
        path.symlink_to(aside)
        self.may = {unit: kind for unit, kind in self.may.items() if not unit.is_relative_to(path)}
        self.must = {unit: kind for unit, kind in self.must.items() if not unit.is_relative_to(path)}

    def deep(self, path: Path, levels: int, name: str) -> None:
        """So many directories in one another, a file in the last; longer than a path may be."""
        path.mkdir(parents=True)
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for _ in range(levels):
                os.mkdir(name, dir_fd=handle)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=handle)
                os.close(handle)
                handle = inner
            os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=handle))
        finally:
            os.close(handle)

    def when(self, path: Path, seconds: float) -> None:
        """What its modification time is to be when everything stands."""
        self._timed[path] = seconds

    def settle(self) -> "Stage":
        """Give everything its times, last of all; access times are such that any reading shows."""
        planned = {os.fspath(path): seconds for path, seconds in self._timed.items()}
        for path, handle, name, _ in walk(self.top):
            if os.utime in os.supports_follow_symlinks:
                times = (STALE, planned.get(os.fspath(path), LONG_AGO))
                os.utime(name, times, dir_fd=handle, follow_symlinks=False)
        for path in self._frozen:
            subprocess.run(["chattr", "+i", "--", str(path)], capture_output=True, check=False)
        return self

    def strike(self) -> None:
        """Make everything removable again, and remove it. Call at the end, whatever happened."""
        for path in self._closed:
            with suppress(OSError):
                path.chmod(0o700)
        for path in self._frozen:
            _thaw("-i", path)
        shutil.rmtree(self.top, ignore_errors=True)
        if self.top.exists():
            # What was moved while it could not change is somewhere below, under another name.
            _thaw("-R", "-f", "-i", self.top)
            shutil.rmtree(self.top, ignore_errors=True)


def _thaw(*words: str | Path) -> None:
    subprocess.run(["chattr", *map(str, words)], capture_output=True, check=False)


@contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        yield
    finally:
        os.fchdir(before)
        os.close(before)
