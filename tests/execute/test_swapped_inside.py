"""A file deep in a tree that somebody exchanged for one as large and as old: the tree is another one then."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.terms import Disposal, Status
from cachemgr.journal.codec import digest
from cachemgr.service import CacheManager
from tests.builders import HardLink, Link, tree
from tests.desk import carry_out, clear, picture, plan_of, removal
from tests.managers import manager

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

OLD = 1_700_000_000


@pytest.fixture
def box(tmp_path: Path) -> Path:
    box = tree(tmp_path / "box", {"model": {"config": "c", "deep": {"w.bin": b"\0" * 9000, "own": "1"}}})
    os.utime(box / "model" / "deep" / "w.bin", (OLD, OLD))
    return box


@pytest.fixture
def service(home: Path, box: Path) -> CacheManager:
    return manager(home, roots={"box": box})


def swap(box: Path, place: str = "model/deep/w.bin") -> Path:
    """Put something of one's own there, of the same size and time."""
    mine = box.parent / "mine.bin"
    there = os.lstat(box / place)
    if (box / place).is_symlink():
        mine.symlink_to((box / place).readlink())
    else:
        mine.write_bytes(b"m" * there.st_size)
    os.utime(mine, ns=(there.st_atime_ns, there.st_mtime_ns), follow_symlinks=False)
    return mine.replace(box / place)


def test_a_saved_plan_no_longer_removes_it(service: CacheManager, box: Path) -> None:
    plan = service.decode_plan(
        json.dumps(service.encode_plan(clear(service, disposal=Disposal.DELETE))).encode()
    )
    mine = swap(box)
    before = picture(box)
    assert carry_out(service, plan, saved=True).kinds == ["changed"]
    assert picture(box) == before
    assert mine.read_bytes() == b"m" * 9000


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
@pytest.mark.parametrize("place", ["model/deep/w.bin", "model/deep/link", "model/deep/twin"])
def test_nor_does_one_that_was_made_a_moment_ago(
    place: str, disposal: Disposal, service: CacheManager, box: Path
) -> None:
    tree(box, {"model/deep/link": Link("own"), "model/deep/twin": HardLink("model/config")})
    plan = plan_of(box, removal(box, "model", disposal=disposal))
    swap(box, place)
    before = picture(box)
    assert carry_out(service, plan).kinds == ["changed"]
    assert picture(box) == before


def test_a_name_that_changes_inside_it_and_access_do_not_make_it_another_one(
    service: CacheManager, box: Path
) -> None:
    """What is counted does not depend on the order of a directory, nor on other names of an inode."""
    step = removal(box, "model")
    os.link(box / "model" / "config", box / "elsewhere")
    (box / "model" / "deep" / "own").rename(box / "model" / "deep" / "0")
    (box / "model" / "config").read_bytes()
    assert carry_out(service, plan_of(box, step)).statuses == [Status.DONE]


def test_what_an_older_release_wrote_down_is_compared_as_far_as_it_goes(
    service: CacheManager, box: Path
) -> None:
    plan = plan_of(box, removal(box, "model"))
    document = service.encode_plan(plan)
    (step,) = document["steps"]  # type: ignore[misc]
    del step["seen"]["checksum"]  # type: ignore[has-type]
    (old,) = service.decode_plan(json.dumps(document | {"digest": digest(document)}).encode()).steps
    assert old.seen is not None
    assert old.seen.checksum is None
    swap(box)
    (box / "model" / "deep" / "more").write_text("1")
    assert carry_out(service, replace(plan, steps=(old,))).kinds == ["changed"]
    (box / "model" / "deep" / "more").unlink()
    assert carry_out(service, replace(plan, steps=(old,))).statuses == [Status.DONE]
    assert not list(box.glob(f"{OURS}*"))
