"""What tests of permanent removal share: a removal to its end, slow calls, and what is left open."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.disk.walk import Walk
from cachemgr.domain.run_event import Announced, Phase, RunEvent
from cachemgr.execute import system
from cachemgr.execute.remove import Removal
from cachemgr.execute.remove_parallel import remove_tree

Unlink = Callable[[int, str], None]


def remove(parent: Path, name: str) -> Removal:
    done = Removal()
    handle = handles.open_root(parent)
    try:
        for _ in remove_tree(handle, name, done):
            pass
    finally:
        handles.close(handle)
    return done


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd")) if sys.platform.startswith("linux") else set()


def threads() -> set[str]:
    """Those that a removal started, and that are still there."""
    return {thread.name for thread in threading.enumerate() if thread.name == "remove"}


def deep(path: Path, levels: int) -> None:
    """A chain of directories, longer than any path may be."""
    path.mkdir()
    handle = os.open(path, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=handle)
        with open(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=handle), "w") as file:
            file.write("x")
        deeper = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    os.close(handle)


def slowly(
    monkeypatch: pytest.MonkeyPatch,
    seen: Callable[[str], object] = lambda name: None,
    seconds: float = 0.0005,
) -> None:
    """Let every `unlink` take so long that other threads get to work; `seen` is called before each."""
    unlink: Unlink = system.unlink

    def slow(parent: int, name: str) -> None:
        seen(name)
        time.sleep(seconds)
        unlink(parent, name)

    monkeypatch.setattr(system, "unlink", slow)


def looking(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something whenever a tree is about to be looked into."""
    look = Walk.tree

    def spied(self: Walk, handle: int, status: os.stat_result) -> None:
        do()
        look(self, handle, status)

    monkeypatch.setattr(Walk, "tree", spied)


def purging(do: Callable[[], object]) -> Callable[[RunEvent], None]:
    """Do something between the announcement of a deletion and the deletion."""

    def during(event: RunEvent) -> None:
        if isinstance(event, Announced) and event.phase is Phase.PURGING:
            do()

    return during
