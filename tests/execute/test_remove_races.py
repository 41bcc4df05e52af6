"""Somebody swaps directories for links while they are removed: what a link leads to is never touched."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.execute import remove_parallel
from tests.builders import tree
from tests.desk import picture
from tests.execute.removing import remove

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


def test_a_link_in_place_of_a_directory_that_was_just_looked_at_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race in slow motion: the swap comes between the look and the opening."""
    sentinel = tree(tmp_path / "sentinel", {"precious": "mine"})
    tree(tmp_path, {"tree": {"victim": {"file": "1"}, "other": "2"}})
    open_child = handles.open_child

    def swap_first(parent: int, name: str) -> int:
        victim = tmp_path / "tree" / "victim"
        if name == "victim" and not victim.is_symlink():
            victim.rename(tmp_path / "aside")
            victim.symlink_to(sentinel)
        return open_child(parent, name)

    monkeypatch.setattr(handles, "open_child", swap_first)
    remove(tmp_path, "tree")
    assert (sentinel / "precious").read_text() == "mine"
    assert (tmp_path / "aside" / "file").read_text() == "1"


def race(tmp_path: Path, rounds: int) -> None:
    """Somebody swaps a directory for a link to a sentinel, back and forth, while it is removed."""
    sentinel = tree(tmp_path / "sentinel", {f"{n}": {"precious": "mine"} for n in range(8)})
    before = picture(sentinel)
    stop = threading.Event()

    def swap() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            for name in ("a", "b"):
                try:
                    os.rename(tmp_path / "tree" / name, tmp_path / f"aside{n}{name}")
                    os.symlink(sentinel, tmp_path / "tree" / name)
                except OSError:
                    continue

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(rounds):
            tree(
                tmp_path, {f"fresh/{name}": {str(n): {"precious": "x"} for n in range(8)} for name in "cabd"}
            )
            (tmp_path / "fresh").rename(tmp_path / "tree")
            remove(tmp_path, "tree")
            end = time.monotonic() + 1
            while (tmp_path / "tree").exists() and time.monotonic() < end:
                remove(tmp_path, "tree")
    finally:
        stop.set()
        thread.join()
    assert picture(sentinel) == before


@pytest.mark.parametrize("alone", [512, 0])
def test_a_directory_that_turns_into_a_link_is_not_followed(
    alone: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remove_parallel, "_ALONE", alone)
    race(tmp_path, 20)


@pytest.mark.soak
@pytest.mark.parametrize("alone", [512, 0])
def test_a_directory_that_turns_into_a_link_is_not_followed_for_long(
    alone: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remove_parallel, "_ALONE", alone)
    race(tmp_path, 2000)
