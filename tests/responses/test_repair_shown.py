"""What a repair does is what a look said it would do: the same rows, the same remedies, nothing else."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cachemgr.responses import Cache
from cachemgr.responses.format import PACKED
from cachemgr.responses.report import UNSEEN, VerifyReport
from tests.builders import fingerprint
from tests.responses.conftest import Hands, Opener

A, B, C = "00" + "a" * 62, "00" + "b" * 62, "ff" + "c" * 62
posix = pytest.mark.skipif(os.name == "nt", reason="a colon cannot be in a name")
Row = tuple[str, str, str | None]


def rows(report: VerifyReport) -> set[Row]:
    """What is settled with another row is not there any more when its turn comes."""
    return {
        (one.item, one.problem, one.remedy) for one in report.findings if one.remedy not in (None, "nothing")
    }


def old_pair(root: Path, digest: str, at: float, ends: float) -> None:
    stem = root / "ca" / f"cache:{digest}"
    stem.parent.mkdir(parents=True, exist_ok=True)
    said = {"timestamp": at, "ttl_seconds": ends - at, "expires_at": ends, "provider": "o", "model": "m"}
    for ending, content in ((".json", "old"), (".meta.json", json.dumps(said))):
        path = stem.with_name(stem.name + ending)
        path.write_text(content)
        os.utime(path, (1e9, 1e9))


def torn(root: Path, _hands: Hands) -> None:
    (root / "00" / f"{A}.json").write_text("torn")


def halves(root: Path, _hands: Hands) -> None:
    (root / "00" / f"{A}.json").unlink()
    (root / "00" / f"{B}.meta.json").unlink()


def unfinished(root: Path, _hands: Hands) -> None:
    for name in (f".{A}.1.2.3.abcd.tmp", f"{A}.tmp", f"{A}.json.zst"):
        (root / "00" / name).write_text("x")
        os.utime(root / "00" / name, (1e9, 1e9))


def drifted(root: Path, _hands: Hands) -> None:
    """Of A the record is lost, of B both; the shard does not show it."""
    before = (root / "00").stat().st_mtime_ns
    for name in (f"{A}.meta.json", f"{B}.json", f"{B}.meta.json"):
        (root / "00" / name).unlink()
    os.utime(root / "00", ns=(before, before))


def named_of_old(root: Path, hands: Hands) -> None:
    old_pair(root, "11" + "e" * 62, hands.now - 9, hands.now + 999)


def over_a_torn_one(root: Path, hands: Hands) -> None:
    """The torn one comes first in one case, and last in the other."""
    for digest in (A, C):
        old_pair(root, digest, hands.now - 9, hands.now + 999)
        (root / digest[:2] / f"{digest}.json").write_text("torn")


def over_an_older_one(root: Path, hands: Hands) -> None:
    old_pair(root, A, hands.now + 60, hands.now + 999)


def under_a_later_one(root: Path, hands: Hands) -> None:
    old_pair(root, A, hands.now - 999, hands.now + 999)


def half_of_old(root: Path, hands: Hands) -> None:
    """Beside a sound one of the same digest, whose row stays."""
    old_pair(root, A, hands.now - 9, hands.now + 999)
    (root / "ca" / f"cache:{A}.meta.json").unlink()


def parted(root: Path, hands: Hands) -> None:
    for digest in ("11" + "e" * 62, "ca" + "e" * 62, "ff" + "e" * 62):
        old_pair(root, digest, hands.now - 9, hands.now + 999)
        (root / digest[:2]).mkdir(exist_ok=True)
        (root / "ca" / f"cache:{digest}.json").rename(root / digest[:2] / f"{digest}.json")


@posix
@pytest.mark.parametrize(
    ("break_it", "remedies"),
    [
        (torn, ["remove"]),
        (halves, ["remove", "remove"]),
        (unfinished, ["remove", "remove", "remove"]),
        (drifted, ["remove", "unlist"]),
        (named_of_old, ["rename"]),
        (over_a_torn_one, ["remove", "rename", "rename"]),
        (over_an_older_one, ["replace"]),
        (under_a_later_one, ["remove"]),
        (half_of_old, ["remove"]),
        (parted, ["rejoin", "rejoin", "rejoin"]),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_what_is_shown_is_done(
    break_it: Callable[[Path, Hands], None], remedies: list[str], root: Path, opened: Opener, hands: Hands
) -> None:
    cache = opened()
    for digest in (A, B, C):
        cache.set(digest, "new", ttl=None)
    cache.status()
    break_it(root, hands)
    before = fingerprint(root)
    shown = cache.verify()
    assert {name: facts for name, facts in fingerprint(root).items() if "sqlite" not in name} == {
        name: facts for name, facts in before.items() if "sqlite" not in name
    }
    assert sorted(remedy for _, _, remedy in rows(shown) if remedy) == remedies

    done = cache.verify(repair=True, agreed=shown)
    assert rows(done) == rows(shown)
    assert done.sound
    assert all(one.removed is (one.remedy == "remove") for one in done.findings)
    after = cache.verify()
    assert after.sound
    assert not after.mendable


def packed(root: Path, ids: str) -> None:
    with closing(sqlite3.connect(root / PACKED)) as connection:
        connection.execute(f"UPDATE r SET body = x'00112233445566778899' WHERE id IN ({ids})")
        connection.commit()


def filled(cache: Cache) -> None:
    for number in range(4):
        cache.set(f"key {number}", number, ttl=None)
    cache.flush()


def test_of_a_database_what_is_shown_is_done_and_nothing_else(root: Path, opened: Opener) -> None:
    cache = opened(backend="sqlite")
    filled(cache)
    packed(root, "1, 2")
    shown = cache.verify()
    assert [one.remedy for one in shown.findings] == ["remove", "remove"]
    packed(root, "3")
    done = cache.verify(repair=True, agreed=shown)
    assert rows(done) > rows(shown)
    assert [(one.repaired, one.reason) for one in done.findings] == [(True, ""), (True, ""), (False, UNSEEN)]
    assert [one.remedy for one in cache.verify().findings] == ["remove"], "what nobody saw is there still"


@posix
def test_what_was_not_shown_is_not_done(root: Path, opened: Opener, hands: Hands) -> None:
    """Neither to something else, nor something else to the same."""
    cache = opened()
    for digest in (A, B):
        cache.set(digest, "new", ttl=None)
    named_of_old(root, hands)
    shown = cache.verify()
    assert [one.remedy for one in shown.findings] == ["rename"]
    (root / "00" / f"{B}.json").write_text("torn")
    cache.set("11" + "e" * 62, "later", ttl=None)
    done = cache.verify(repair=True, agreed=shown)
    assert {(one.remedy, one.repaired, one.reason) for one in done.findings} == {("remove", False, UNSEEN)}
    assert len(done.findings) == 2
    assert (root / "00" / f"{B}.json").read_text() == "torn"
    assert (root / "ca" / f"cache:11{'e' * 62}.json").read_text() == "old"


def test_a_damaged_database_is_not_made_anew_where_that_was_not_shown(root: Path, opened: Opener) -> None:
    cache = opened(backend="sqlite")
    filled(cache)
    shown = cache.verify()
    cache.close()
    with (root / PACKED).open("r+b") as file:
        file.seek(2 * 8192)
        file.write(b"\xff" * 7900)
    done = cache.verify(repair=True, agreed=shown)
    assert [(one.remedy, one.repaired, one.reason) for one in done.findings] == [("rebuild", False, UNSEEN)]
    assert not list(root.glob("*.bad"))
    assert [(one.remedy, one.repaired) for one in cache.verify(repair=True).findings] == [("rebuild", True)]
