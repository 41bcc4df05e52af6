"""Repair removes no answer that may be sound: one it cannot read, one it renames, one that is in its way."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from tests.responses.conftest import Opener

A, B = "00" + "a" * 62, "00" + "b" * 62
posix = pytest.mark.skipif(os.name == "nt", reason="a colon cannot be in a name, links need a right")

KILLED = """
import os, signal, sys
from cachemgr.responses import open_cache
left = int(sys.argv[2])
def counted(real):
    def call(*arguments, **options):
        global left
        real(*arguments, **options)
        left -= any("cache:" in str(one) for one in arguments)
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    return call
cache = open_cache({"cache_dir": sys.argv[1], "cleanup_interval_seconds": 0})
for name in ("link", "replace", "rename", "unlink"):
    setattr(os, name, counted(getattr(os, name)))
cache.verify(repair=True)
"""


def old_pair(root: Path, digest: str) -> None:
    now, stem = time.time(), root / "ca" / f"cache:{digest}"
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_name(stem.name + ".json").write_text("paid")
    said = {"timestamp": now, "ttl_seconds": 86400, "expires_at": now + 86400, "provider": "o", "model": "m"}
    stem.with_name(stem.name + ".meta.json").write_text(json.dumps(said))


def repaired_answer(root: Path, digest: str) -> object:
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        cache.verify(repair=True)
        hit = cache.get(digest)
        assert not list((root / "ca").glob("cache:*.meta.json"))
        return hit and hit.value


@posix
@pytest.mark.parametrize("digest", ["11" + "e" * 62, "ca" + "e" * 62, "ff" + "e" * 62])
def test_a_renaming_that_is_killed_anywhere_loses_nothing(digest: str, root: Path) -> None:
    for steps in range(1, 10):
        old_pair(root / str(steps), digest)
        done = subprocess.run([sys.executable, "-c", KILLED, str(root / str(steps)), str(steps)], check=False)
        assert repaired_answer(root / str(steps), digest) == "paid", steps
        if done.returncode == 0:
            break
        assert done.returncode == -9
    assert 3 <= steps < 9


@posix
@pytest.mark.parametrize("digest", ["11" + "e" * 62, "ca" + "e" * 62, "ff" + "e" * 62])
@pytest.mark.parametrize(
    "left", [{".meta.json": ""}, {".json": "half"}, {".meta.json": "{}", ".json": "half"}]
)
def test_an_old_pair_is_not_removed_for_a_broken_new_one(
    digest: str, left: dict[str, str], root: Path
) -> None:
    old_pair(root, digest)
    (root / digest[:2]).mkdir(exist_ok=True)
    for ending, content in left.items():
        (root / digest[:2] / (digest + ending)).write_text(content)

    assert repaired_answer(root, digest) == "paid"


@posix
@pytest.mark.parametrize("half", [".json", ".meta.json"])
@pytest.mark.parametrize("kind", ["directory", "link"])
def test_what_cannot_be_read_is_reported_and_left(
    half: str, kind: str, root: Path, opened: Opener, tmp_path: Path
) -> None:
    cache = opened()
    cache.set(A, "a", ttl=None)
    cache.set(B, "b", ttl=None)
    place, elsewhere = root / "00" / (A + half), tmp_path / "elsewhere"
    place.rename(elsewhere)
    place.mkdir() if kind == "directory" else place.symlink_to(elsewhere)

    report = cache.verify(repair=True)
    assert [(one.item, one.problem, one.repaired) for one in report.findings] == [
        (f"00/{A}", "unreadable", False)
    ]
    assert report.findings[0].reason
    assert not report.sound
    place.rmdir() if kind == "directory" else place.unlink()
    elsewhere.rename(place)
    assert cache.verify().sound
    hit = cache.get(A)
    assert hit is not None
    assert hit.value == "a"


@posix
@pytest.mark.parametrize("place", ["00", f"00/{A}.json", f"00/{A}.meta.json"])
def test_what_may_not_be_read_is_reported_and_left(place: str, root: Path, opened: Opener) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    cache = opened()
    cache.set(A, "a", ttl=None)
    mode = (root / place).stat().st_mode
    (root / place).chmod(0)
    try:
        assert "unreadable" in {finding.problem for finding in cache.verify(repair=True).findings}
    finally:
        (root / place).chmod(mode)
    assert cache.get(A)


NOW = time.time()
SAID = {"timestamp": NOW, "ttl_seconds": 86400, "expires_at": NOW + 86400, "provider": "o", "model": "m"}
UNBELIEVABLE = {
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(SAID).encode(),
    "text": json.dumps({**SAID, "timestamp": str(NOW)}).encode(),
    "milliseconds": json.dumps({**SAID, "timestamp": NOW * 1000, "expires_at": NOW * 1000}).encode(),
    "conflict": json.dumps({**SAID, "ttl_seconds": 9}).encode(),
    "nothing": b'{"provider": "o"}',
}


@posix
@pytest.mark.parametrize("old_name", [True, False], ids=["old name", "new name"])
@pytest.mark.parametrize("record", UNBELIEVABLE)
def test_an_unbelievable_record_costs_no_value(
    record: str, old_name: bool, root: Path, opened: Opener
) -> None:
    stem = root / ("ca" if old_name else A[:2]) / (f"cache:{A}" if old_name else A)
    cache = opened()
    cache.set("another", "x", ttl=None)
    stem.parent.mkdir(exist_ok=True)
    files = {".json": b"paid", ".meta.json": UNBELIEVABLE[record]}
    for ending, content in files.items():
        stem.with_name(stem.name + ending).write_bytes(content)
        os.utime(stem.with_name(stem.name + ending), (1e9, 1e9))
    for _ in range(2):
        (finding,) = cache.verify(repair=True).findings
        assert (finding.problem, finding.repaired) == ("corrupt metadata", False)
        assert "stay" in finding.reason
        cache.sweep()
    assert [stem.with_name(stem.name + ending).read_bytes() for ending in files] == list(files.values())


@posix
def test_nor_is_it_written_over_by_an_old_pair(root: Path, opened: Opener) -> None:
    old_pair(root, A)
    (root / A[:2]).mkdir()
    (root / A[:2] / f"{A}.json").write_text("paid, too")
    (root / A[:2] / f"{A}.meta.json").write_bytes(UNBELIEVABLE["text"])
    opened().verify(repair=True)
    assert (root / A[:2] / f"{A}.json").read_text() == "paid, too"
    assert (root / "ca" / f"cache:{A}.json").read_text() == "paid"


@posix
@pytest.mark.parametrize("digest", ["11" + "e" * 62, "ca" + "e" * 62, "ff" + "e" * 62])
def test_halves_that_an_earlier_version_parted_come_together(digest: str, root: Path, opened: Opener) -> None:
    """It renamed the value first, and was killed. A sweep leaves both halves to that."""
    old_pair(root, digest)
    new = root / digest[:2] / f"{digest}.json"
    new.parent.mkdir(exist_ok=True)
    (root / "ca" / f"cache:{digest}.json").rename(new)
    for path in (new, root / "ca" / f"cache:{digest}.meta.json"):
        os.utime(path, (1e9, 1e9))
    opened().sweep()
    assert {finding.problem for finding in opened().verify().findings} >= {"value missing"}
    assert repaired_answer(root, digest) == "paid"
