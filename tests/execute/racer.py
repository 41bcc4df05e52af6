"""A process that exchanges directories, and units, for links to a tree that nobody may touch, and back, as
fast as it can.

`Swap` says what for what; a `Racer` starts at rest, runs from `go` to `halt`, and leaves everything in its
place whenever it rests. Each exchange is one system call, so that there is never nothing at a place.
"""

import ctypes
import os
import random
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from errno import ENOENT
from pathlib import Path
from types import TracebackType

import pytest

_HERE = {"linux": -100, "darwin": -2}
"""AT_FDCWD: fcntl.h of each system."""
_SWAP = 2  # RENAME_EXCHANGE of linux/fs.h, RENAME_SWAP of sys/stdio.h


_AWAY, _HOME = (0, 50, 500, 3000), (0, 500, 5000, 50_000)
"""Rounds of a loop that does nothing, some 20 ns each: every step of the other process is to be met by either
state, and many by a world that is as it should be."""
_CALM = (500, 50_000, 2_000_000)
"""The same at home, for what takes a hundredth of a second: some of it is to pass undisturbed."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A place, and the sentinel that a link in its place leads to."""

    place: Path
    sentinel: Path


class Racer:
    """Use as a context manager. Skips the test where the system cannot exchange two names."""

    def __init__(self, room: Path, *swaps: Swap, calm: bool = False) -> None:
        """`room` is a new directory on the same file system for whatever is not at its place."""
        if sys.platform not in _HERE:
            pytest.skip("this system cannot exchange two names in one call")
        room.mkdir()
        pairs: list[Path] = []
        for number, swap in enumerate(swaps):
            decoy = room / f"{number}-{swap.place.name}"
            decoy.symlink_to(swap.sentinel)
            pairs += [swap.place, decoy]
        self.swaps = 0
        """How often something was exchanged and brought back, so far."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, "calm" if calm else "", *map(os.fsencode, pairs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def __enter__(self) -> "Racer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
        assert self._process.returncode == 0

    def go(self) -> None:
        self._ask(b"g")

    def halt(self) -> None:
        """Everything is at its place again, as far as it still exists."""
        self.swaps = int(self._ask(b"h"))

    def _ask(self, word: bytes) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word)
        return self._process.stdout.readline()


def _race(pairs: Sequence[tuple[bytes, bytes]], at_home: Sequence[int]) -> None:
    """What the process does: it obeys one byte at a time, and ends with its input."""
    exchange, chance = _exchanger(), random.Random(7)
    going, swaps, turns, away = False, 0, 0, [False] * len(pairs)
    while True:
        turns += 1
        if not going or turns % 16 == 0:
            ready, _, _ = select.select([0], [], [], 0 if going else None)
            word = os.read(0, 1) if ready else b""
            if ready:
                going = word == b"g"
                for number, pair in enumerate(pairs):
                    away[number] = away[number] and not _home(exchange, *pair)
                if not word:
                    return
                os.write(1, b"%d\n" % swaps)
                continue
        number = chance.randrange(len(pairs))
        if away[number] or exchange(*pairs[number]):
            _linger(chance, _AWAY)
            away[number] = not exchange(*pairs[number])
            swaps += 1
        _linger(chance, at_home)


def _linger(chance: random.Random, rounds: Sequence[int]) -> None:
    for _ in range(chance.choice(rounds)):
        pass


def _home(exchange: Callable[[bytes, bytes], bool], place: bytes, decoy: bytes) -> bool:
    """Bring back what is away; whether that could be done."""
    if exchange(place, decoy):
        return True
    try:
        os.rename(decoy, place)  # the link that stood for it was taken
    except FileNotFoundError:
        return False  # and so was all around it
    return True


def _exchanger() -> Callable[[bytes, bytes], bool]:
    linux = sys.platform == "linux"
    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, "renameat2" if linux else "renameatx_np")
    here = _HERE[sys.platform]

    def exchange(one: bytes, other: bytes) -> bool:
        """Whether that worked; it does not where one of them is not there."""
        if call(here, one, here, other, ctypes.c_uint(_SWAP)) == 0:
            return True
        number = ctypes.get_errno()
        if number == ENOENT:
            return False
        raise OSError(number, os.strerror(number))

    return exchange


if __name__ == "__main__":
    mood, *words = [os.fsencode(word) for word in sys.argv[1:]]
    _race(list(zip(words[::2], words[1::2], strict=True)), _CALM if mood else _HOME)
