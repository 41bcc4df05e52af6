"""Somebody swaps directories and files for links while they are copied: what they lead to never arrives."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.disk import handles
from cachemgr.execute.consignment import Copied, NotCopied
from tests.builders import Node, fingerprint, tree
from tests.desk import picture
from tests.execute.copying import Freight, copy, refused
from tests.execute.racer import Racer, Swap

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

NAMES = ("way", "u")
INSIDE = ("way/u", "way/u/deep", "way/u/deep/deeper", "way/u/a", "way/u/deep/b")


def entry(word: str) -> dict[str, Node]:
    """The same names and sizes everywhere, so that only the content tells."""
    few: dict[str, Node] = {str(n): word * 200 for n in range(8)}
    return {"a": word, "deep": {"b": word, "deeper": {**few}, **few}, **few}


@pytest.mark.parametrize("turn", [1, 2], ids=["copying", "verifying"])
@pytest.mark.parametrize(("call", "victim"), [("open_child", "d"), ("open_file", "f")])
def test_a_link_in_place_of_something_that_was_just_looked_at_is_not_followed(
    call: str, victim: str, turn: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race in slow motion: the swap comes between the look and the opening."""
    sentinel = tree(tmp_path / "sentinel", {"d": {"secret": "mine"}, "f": "2"})
    root = tree(tmp_path / "root", {"u": {"d": {"secret": "fine"}, "f": "1"}})
    opens: Callable[[int, str], int] = getattr(handles, call)
    seen: list[str] = []
    opened: list[int] = []

    def swap(parent: int, name: str) -> int:
        place = root / "u" / victim
        seen.extend([name] if name == victim else [])
        if len(seen) == turn and not place.is_symlink():
            place.rename(root / "aside")
            place.symlink_to(sentinel / victim)
        handle = opens(parent, name)
        opened.append(os.fstat(handle).st_ino)
        return handle

    monkeypatch.setattr(handles, call, swap)
    assert refused(copy(root, tmp_path / "to", "u")).trouble.kind in ("changed", "leaving")
    assert opened
    assert os.lstat(sentinel / victim).st_ino not in opened
    assert os.listdir(tmp_path / "to") == []


def copies(tmp_path: Path, number: int, *, calm: bool = False) -> tuple[Counter[str], int]:
    """How those copies ended, and how often something was exchanged meanwhile."""
    root = tree(tmp_path / "root", {"way": {"u": entry("fine")}})
    sentinel = tree(tmp_path / "sentinel", {"way": {"u": entry("mine")}})
    before, original = picture(sentinel), fingerprint(root / "way" / "u", times=False)
    ends: Counter[str] = Counter()
    swaps = tuple(Swap(root / way, sentinel / way) for way in ("way", *INSIDE))
    with Freight(root, tmp_path / "to") as freight, Racer(tmp_path / "aside", *swaps, calm=calm) as racer:
        for _ in range(number):
            racer.go()
            freight.events.clear()
            done = freight.copy(freight.unit(*NAMES))
            racer.halt()
            if isinstance(done, Copied):
                ends["copied"] += 1
                # The exchange of what is in a directory changes its time.
                assert fingerprint(tmp_path / "to" / "unit", times=False) == original
                assert freight.discard().errors == []
            else:
                assert isinstance(done, NotCopied)
                ends[done.trouble.kind] += 1
                assert not done.left
            assert os.listdir(tmp_path / "to") == []
            assert picture(sentinel) == before
    return ends, racer.swaps


def test_what_a_racer_puts_in_the_place_of_the_original_is_never_copied(tmp_path: Path) -> None:
    ends, swaps = copies(tmp_path, 40)
    assert ends.total() == 40
    assert swaps > 40


@pytest.mark.soak
def test_and_it_is_not_in_six_hundred_copies(tmp_path: Path) -> None:
    for name in ("calm", "wild"):
        (tmp_path / name).mkdir()
    ends, swaps = copies(tmp_path / "calm", 300, calm=True)
    assert ends["copied"] > 10
    assert ends.total() - ends["copied"] > 10
    assert swaps > 300
    ends, swaps = copies(tmp_path / "wild", 300)
    assert ends.total() - ends["copied"] > 200
