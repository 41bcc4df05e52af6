"""Files that are not what was written, rights, links, versions: the application sees a miss or a value."""

import json
import os
import shutil
from pathlib import Path

import pytest

from cachemgr.responses import RequestKey, SetResult, open_cache
from cachemgr.responses.errors import StoreError
from tests.nobody import as_nobody
from tests.responses.conftest import Hands, Opener

KEY = RequestKey("openai", "gpt-4o", "hello")
DIGEST = KEY.digest()


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


def test_an_empty_manifest_is_written_again(opened: Opener, root: Path) -> None:
    """As a power cut may leave it."""
    opened().set(KEY, "hi")
    manifest = root / "cachemgr-cache.json"
    manifest.write_text("")
    cache = opened()
    assert cache.get(KEY)
    assert cache.set(KEY, "new")
    assert json.loads(manifest.read_text())["version"] == 2


NEWER = '{"format": "cachemgr.responses", "version": 3, "min_reader": %s, "encodings": {"identity": 1}}'


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"x": 1}', '{"version": 1}', '{"format": "another"}', '{"version": "3.1"}', NEWER % 2],
)
def test_a_manifest_that_cannot_be_understood_is_taken_for_a_newer_one(
    text: str, opened: Opener, root: Path, faults: list[str]
) -> None:
    """Nothing is removed of what may have a format that nobody here knows."""
    opened().set(KEY, "hi")
    (metadata,) = root.glob("??/*.meta.json")
    metadata.write_text("not ours")
    manifest = root / "cachemgr-cache.json"
    manifest.write_text(text)
    cache = opened()
    assert cache.set(KEY, "new") is SetResult.FAILED
    for doing in (cache.expire, cache.clear, lambda: cache.verify(repair=True)):
        with pytest.raises(StoreError, match="cannot be understood"):
            doing()
    assert manifest.read_text() == text
    assert len(list(root.glob("??/*"))) == 2


def test_of_another_shape_it_still_says_who_may_read(opened: Opener, root: Path, faults: list[str]) -> None:
    opened().set(KEY, "hi")
    (root / "cachemgr-cache.json").write_text(NEWER % 3)
    assert opened().get(KEY) is None


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
