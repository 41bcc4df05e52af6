"""A shard that is a link leads out of the cache: nothing behind it is read, written or removed."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from cachemgr.responses import Cache, EntryQuery
from tests.responses.conftest import Opener
from tests.responses.test_transfer import old_pair

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links want a privilege")


def picture(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def mine(root: Path, tmp_path: Path, opened: Opener) -> Path:
    """A directory of somebody's, made from a shard, so that it could not look more like one."""
    with opened() as cache:
        cache.set("a", "x", ttl=0.001)
        cache.set("b", "x", ttl=None)
        shard = root / cache.digest("a")[:2]
    old_pair(root, cache.digest("c"), "old", 1_800_000_000.0)
    (tmp_path / "mine").mkdir()
    for one in {shard, root / "ca", root / cache.digest("b")[:2]}:
        one.rename(tmp_path / "mine" / one.name)
        one.symlink_to(tmp_path / "mine" / one.name)
    return tmp_path / "mine"


def everything(cache: Cache) -> None:
    assert cache.get("c") is None
    assert cache.set("c", "not a link")
    assert cache.delete("c")
    for key in "ab":
        assert cache.get(key) is None
        assert not cache.set(key, "mine now")
        assert not cache.touch(key)
        assert not cache.delete(key)
    assert list(cache.entries()) == []
    cache.sweep()
    cache.expire(older_than=timedelta(0), endless=True)
    cache.evict(to_bytes=0)
    cache.verify(repair=True)
    cache.clear(EntryQuery(provider="*"))
    cache.clear()


@pytest.mark.parametrize("indexed", [True, False], ids=["index", "no index"])
def test_nothing_follows_it(indexed: bool, mine: Path, opened: Opener, faults: list[str]) -> None:
    before = picture(mine)
    everything(opened(index={"enabled": indexed}))
    assert picture(mine) == before
    assert any("is a link" in said for said in faults)


def test_an_old_pair_is_not_renamed_through_one(
    root: Path, tmp_path: Path, opened: Opener, faults: list[str]
) -> None:
    cache = opened()
    cache.set("another", "x")
    digest = cache.digest("c")
    old_pair(root, digest, "old", 1_800_000_000.0)
    (tmp_path / "mine").mkdir()
    (root / digest[:2]).symlink_to(tmp_path / "mine")
    cache.verify(repair=True)
    assert os.listdir(tmp_path / "mine") == []
    assert (root / "ca" / f"cache:{digest}.json").read_text() == "old"


def test_who_changes_something_looks_each_time(
    root: Path, tmp_path: Path, opened: Opener, faults: list[str]
) -> None:
    cache = opened()
    cache.set("a", "x")
    shard = root / cache.digest("a")[:2]
    shard.rename(tmp_path / "mine")
    shard.symlink_to(tmp_path / "mine")
    before = picture(tmp_path / "mine")
    assert not cache.delete("a")
    assert not cache.touch("a", ttl=5)
    assert not cache.set("a", "y")
    assert picture(tmp_path / "mine") == before
    assert faults
