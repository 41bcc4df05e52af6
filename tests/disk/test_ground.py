"""The ground that something is to be moved to, before anything of it is there."""

from pathlib import Path

from cachemgr.disk.ground import survey
from cachemgr.domain.inventory import Problem
from cachemgr.domain.migration import Ground


def test_a_new_directory_at_the_top_of_a_disk_is_one_like_any_other(tmp_path: Path) -> None:
    top = Path(tmp_path.anchor)
    found = survey(top / "cachemgr-is-not-there" / "hub")
    assert isinstance(found, Ground)
    assert (found.anchor, found.below) == (top, ("cachemgr-is-not-there", "hub"))


def test_the_top_itself_is_none(tmp_path: Path) -> None:
    assert survey(Path(tmp_path.anchor)) == Problem("system", tmp_path.anchor)
