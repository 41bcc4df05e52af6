"""Faults of a disk, a clock or a version: the application sees a miss or a value, never an exception."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.responses import Cache, RequestKey, SetResult, Usage, open_cache
from cachemgr.responses.errors import ReadOnly, StoreError
from tests import mounting
from tests.nobody import as_nobody
from tests.responses.conftest import Hands, Opener

KEY = RequestKey("openai", "gpt-4o", "hello")
DIGEST = KEY.digest()
DAY = 86_400


def pair(root: Path) -> tuple[Path, Path]:
    stem = root / DIGEST[:2] / DIGEST
    return Path(f"{stem}.json"), Path(f"{stem}.meta.json")


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 2}', b'{"a": 1} ', b"\0" * 8])
def test_a_value_that_is_not_what_was_written(content: bytes, opened: Opener, root: Path) -> None:
    cache = opened()
    cache.set(KEY, {"a": 1})
    pair(root)[0].write_bytes(content)
    assert cache.get(KEY) is None
    assert cache.analytics().total.corrupt == 1
    assert [finding.problem for finding in cache.verify().findings] == ["corrupt value"]
    assert cache.set(KEY, {"a": 1})
    assert cache.get(KEY)
    assert cache.verify().sound


@pytest.mark.parametrize("half", [0, 1], ids=["value", "metadata"])
def test_half_a_pair(half: int, opened: Opener, root: Path) -> None:
    cache = opened()
    cache.set(KEY, {"a": 1})
    pair(root)[half].unlink()
    assert cache.get(KEY) is None
    (finding,) = [found for found in cache.verify().findings if found.problem != "in the index only"]
    assert finding.problem == ("value missing", "metadata missing")[half]
    assert cache.set(KEY, {"a": 2})
    hit = cache.get(KEY)
    assert hit is not None
    assert hit.value == {"a": 2}
    pair(root)[half].unlink()
    assert cache.verify(repair=True).sound
    assert not list(root.glob("??/*"))


def test_what_nobody_finished_goes_after_an_hour(opened: Opener, root: Path, hands: Hands) -> None:
    cache = opened()
    cache.set(KEY, "hi", ttl=None)
    shard = pair(root)[0].parent
    lost = shard / f"{DIGEST[:2]}{'0' * 62}.json"
    temporary = shard / f".{DIGEST}.1.2.3.abcd.tmp"
    begun = shard / f"{DIGEST[:2]}{'2' * 62}.meta.json"
    begun.write_text("")
    os.utime(begun, (hands.now - 3700, hands.now - 3700))
    for file in (lost, temporary):
        file.write_text("x")
    young = shard / f"{DIGEST[:2]}{'1' * 62}.json"
    for file, age in ((lost, 3700), (temporary, 3700), (young, 3500)):
        if not file.exists():
            file.write_text("x")
        os.utime(file, (hands.now - age, hands.now - age))
    cache.sweep()
    assert sorted(shard.iterdir()) == sorted([*pair(root), young])


def test_a_device_that_is_full(tmp_path: Path, hands: Hands, faults: list[str]) -> None:
    """No answer is lost without a word, nothing is left half written, and with room it works again."""
    with mounting.mounted(tmp_path / "small", *mounting.SMALL) as small:
        config = {"cache_dir": str(small / "cache"), "cleanup_interval_seconds": 0, "max_cache_size_mb": None}
        with open_cache(config, clock=hands.clock) as cache:
            assert cache.set(KEY, "one", ttl=None)
            assert cache.delete(KEY)
            filler = mounting.fill(small)
            assert {cache.set(f"key {number}", "x" * 3000) for number in range(50)} == {SetResult.FAILED}
            assert not [number for number in range(50) if cache.get(f"key {number}")]
            assert any("storing failed" in line for line in faults)
            assert not list(small.rglob("*.tmp"))
            assert not [found for found in cache.verify().findings if found.problem != "in the index only"]
            filler.unlink()
            assert cache.set(KEY, "again") is SetResult.FAILED, "for a minute nothing is tried"
            hands.pass_by(61)
            assert cache.set(KEY, "again")


def test_a_full_device_makes_room_by_evicting(tmp_path: Path, hands: Hands, faults: list[str]) -> None:
    with mounting.mounted(tmp_path / "small", *mounting.SMALL) as small:
        config = {"cache_dir": str(small / "cache"), "cleanup_interval_seconds": 0, "max_cache_size_mb": None}
        with open_cache(config, clock=hands.clock) as cache:
            results = []
            for number in range(600):
                hands.pass_by(3600)
                results.append(cache.set(f"key {number}", "x" * 7000, ttl=None))
            assert all(results), faults
            assert cache.get("key 599")
            assert cache.get("key 0") is None
            assert 0 < cache.status()[0].entries < 600


def test_an_answer_that_is_replaced_on_a_full_device_stays(
    tmp_path: Path, hands: Hands, faults: list[str]
) -> None:
    with mounting.mounted(tmp_path / "small", *mounting.SMALL) as small:
        config = {"cache_dir": str(small / "cache"), "cleanup_interval_seconds": 0, "max_cache_size_mb": None}
        with open_cache(config, clock=hands.clock) as cache:
            cache.set("a", "x" * 100_000, ttl=None)
            cache.evict(to_bytes=10**9)
            mounting.fill(small)
            # More than the emergency can free.
            assert cache.set("a", "y" * 3_900_000, ttl=None) is SetResult.FAILED
            hit = cache.get("a")
            assert hit is None or hit.value == "x" * 100_000
            assert not [found for found in cache.verify().findings if found.problem != "in the index only"]


def test_a_read_only_file_system(tmp_path: Path, hands: Hands, faults: list[str]) -> None:
    with mounting.mounted(tmp_path / "medium", *mounting.SMALL) as medium:
        config = {"cache_dir": str(medium / "cache"), "cleanup_interval_seconds": 0}
        with open_cache(config, clock=hands.clock) as cache:
            cache.set(KEY, "hi", ttl=10)
            cache.set("other", {"a": 1}, ttl=None)
        mounting.read_only(medium)
        with open_cache(config, clock=hands.clock) as cache:
            assert cache.get(KEY)
            assert cache.get("other")
            assert cache.get("never") is None
            assert not faults
            assert cache.set(KEY, "new") is SetResult.FAILED
            assert faults
            assert cache.status()[0].entries == 2
            assert len(list(cache.entries())) == 2
            assert cache.verify().sound
            assert cache.get_or_compute("new", lambda: ("computed", Usage())).value == "computed"
            hands.pass_by(20)
            sweeps: list[Callable[[], object]] = [cache.expire, cache.clear, lambda: cache.evict(to_bytes=0)]
            for doing in sweeps:
                with pytest.raises(ReadOnly):
                    doing()
            assert cache.get("other")
        mounting.read_only(medium, on=False)


def test_opened_for_reading_nothing_changes(opened: Opener, root: Path) -> None:
    opened().set(KEY, "hi")
    opened().close()
    before = sorted(root.rglob("*"))
    cache = opened(read_only=True)
    assert cache.get(KEY)
    assert cache.get("other") is None
    assert cache.status()[0].entries == 1
    cache.close()
    assert sorted(root.rglob("*")) == before


def test_looking_at_a_cache_that_is_not_there_makes_none(opened: Opener, root: Path) -> None:
    cache = opened()
    assert cache.status()[0].entries == 0
    assert not list(cache.entries())
    assert not cache.expire().removed.entries
    assert not cache.clear().removed.entries
    assert cache.verify().sound
    assert cache.analytics().hit_rate is None
    assert not root.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_no_permission_is_a_miss(opened: Opener, root: Path) -> None:
    opened().set(KEY, "hi")
    opened().close()
    root.chmod(0o000)
    try:
        config = {"cache_dir": str(root), "cleanup_interval_seconds": 0}

        def use() -> list[object]:
            cache = open_cache(config)
            return [cache.get(KEY), cache.set(KEY, "new").name]

        assert as_nobody(use) == [None, "FAILED"]
    finally:
        root.chmod(0o700)


def test_a_directory_in_the_way(opened: Opener, root: Path, faults: list[str]) -> None:
    cache = opened()
    pair(root)[0].mkdir(parents=True)
    assert cache.get(KEY) is None
    assert cache.set(KEY, "hi") is SetResult.FAILED
    assert cache.get(KEY) is None


def test_a_file_where_the_cache_should_be(opened: Opener, root: Path, faults: list[str]) -> None:
    root.write_text("mine")
    cache = opened()
    assert cache.get(KEY) is None
    assert cache.set(KEY, "hi") is SetResult.FAILED
    assert root.read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links are rare there")
def test_links_are_not_followed(opened: Opener, root: Path, tmp_path: Path, faults: list[str]) -> None:
    cache = opened()
    cache.set(KEY, "hi", ttl=10)
    other = tmp_path / "other"
    other.write_text("precious")
    for half in pair(root):
        half.unlink()
        half.symlink_to(other)
    assert cache.get(KEY) is None
    cache.set(KEY, "ho", ttl=10)
    assert other.read_text() == "precious"
    cache.verify(repair=True)
    cache.clear()
    assert other.read_text() == "precious"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links are rare there")
def test_a_shard_that_became_a_link_keeps_what_it_leads_to(
    opened: Opener, root: Path, tmp_path: Path, hands: Hands
) -> None:
    cache = opened()
    cache.set(KEY, "hi", ttl=10)
    cache.status()
    shard, elsewhere = root / DIGEST[:2], tmp_path / "elsewhere"
    shard.rename(elsewhere)
    shard.symlink_to(elsewhere)
    hands.pass_by(11)
    before = sorted(elsewhere.iterdir())
    cache.expire()
    cache.evict(to_bytes=0)
    cache.clear()
    cache.verify(repair=True)
    assert sorted(elsewhere.iterdir()) == before


def test_a_newer_format_that_we_may_read_is_only_read(opened: Opener, root: Path, faults: list[str]) -> None:
    opened().set(KEY, "hi")
    manifest = root / "cachemgr-cache.json"
    manifest.write_text(json.dumps({"format": "cachemgr.responses", "version": 3, "min_reader": 2}))
    cache = opened()
    assert cache.get(KEY)
    assert cache.set(KEY, "new") is SetResult.FAILED
    assert any("newer version" in line for line in faults)


def test_a_newer_format_that_we_would_misread_is_left_alone(
    opened: Opener, root: Path, faults: list[str]
) -> None:
    opened().set(KEY, "hi")
    manifest = root / "cachemgr-cache.json"
    manifest.write_text(json.dumps({"format": "cachemgr.responses", "version": 9, "min_reader": 9}))
    cache = opened()
    assert cache.get(KEY) is None
    assert cache.set(KEY, "new") is SetResult.FAILED
    for doing in (cache.status, cache.expire, cache.clear, cache.verify):
        with pytest.raises(StoreError, match="newer version"):
            doing()
    assert len(list(root.glob("??/*"))) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "another"}', '{"version": "x"}'])
def test_a_manifest_that_says_nothing_is_written_again(text: str, opened: Opener, root: Path) -> None:
    opened().set(KEY, "hi")
    manifest = root / "cachemgr-cache.json"
    manifest.write_text(text)
    cache = opened()
    assert cache.get(KEY)
    assert cache.set(KEY, "new")
    assert json.loads(manifest.read_text())["version"] == 2


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_a_day_off(days: int, opened: Opener, hands: Hands) -> None:
    """What was written in the future lives until its end; what was written is never served beyond it."""
    cache = opened()
    hands.set_by(days * DAY)
    cache.set(KEY, "hi", ttl=10)
    hands.set_by(-days * DAY)
    assert (cache.get(KEY) is not None) is (days > 0)
    hands.set_by(days * DAY + 11)
    assert cache.get(KEY) is None


def fill(cache: Cache, number: int, ttl: float) -> None:
    for one in range(number):
        cache.set(f"key {one}", "x", ttl=ttl)


def test_a_clock_that_jumps_does_not_empty_the_cache(opened: Opener, hands: Hands) -> None:
    """Nor does looking while it is wrong. Who says that the clock is right may expire all the same."""
    cache = opened()
    fill(cache, 10, 1000)
    hands.set_by(2 * 365 * DAY)
    assert cache.get("key 1") is None
    report = cache.sweep()
    assert "clock" in report.skipped
    hands.set_by(-2 * 365 * DAY)
    assert cache.get("key 1")
    hands.set_by(2 * 365 * DAY)
    assert cache.expire(force=True).removed.entries == 10


def test_a_clock_that_was_set_right_is_believed_the_second_time(opened: Opener, hands: Hands) -> None:
    cache = opened()
    fill(cache, 10, 1000)
    hands.set_by(2 * 365 * DAY)
    assert cache.sweep().skipped
    hands.pass_by(3600)
    assert cache.sweep().removed.entries == 10


def test_a_jump_that_costs_little_stops_nothing(opened: Opener, hands: Hands) -> None:
    cache = opened()
    fill(cache, 10, 10**8)
    cache.set(KEY, "x", ttl=5)
    hands.set_by(DAY)
    assert cache.sweep().removed.entries == 1


def test_time_that_passes_is_no_jump(opened: Opener, hands: Hands) -> None:
    cache = opened()
    fill(cache, 10, 1000)
    hands.pass_by(2 * DAY)
    assert cache.sweep().removed.entries == 10


def test_the_directory_is_removed_under_our_feet(opened: Opener, root: Path) -> None:
    cache = opened()
    cache.set(KEY, "hi")
    cache.status()
    shutil.rmtree(root)
    assert cache.get(KEY) is None
    assert cache.set(KEY, "again")
    assert cache.get(KEY)
    assert cache.status()[0].entries == 1


def test_one_warning_and_then_silence_for_a_while(
    opened: Opener, hands: Hands, root: Path, faults: list[str]
) -> None:
    root.write_text("in the way")
    cache = opened()
    for _ in range(100):
        cache.get(KEY)
    assert len(faults) == 1
    hands.pass_by(61)
    cache.get(KEY)
    assert len(faults) == 2


def test_the_words_for_a_full_device_cover_quotas() -> None:
    from cachemgr.responses.errors import Full
    from cachemgr.responses.files import translated

    for number in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(Full), translated():
            raise OSError(number, "no room")
