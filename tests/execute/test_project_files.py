"""Files of a project are never made outside of it, nor over others, whatever happens meanwhile."""

import sys
from pathlib import Path

import pytest

from cachemgr.domain.errors import Refused
from cachemgr.domain.setup import Made, Part, SetupItem
from cachemgr.execute.project_files import Making, directory_spot, file_spot, perform
from tests.builders import fingerprint, tree

posix = pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")


def directory(project: Path, below: str) -> Making:
    path = project / below
    return Making(SetupItem(Part.DIRECTORY, path, Made.CREATED), directory_spot(project, path).names)


def configuration(project: Path, content: bytes = b"x" * 5000) -> Making:
    path = project / "cachemgr.toml"
    return Making(SetupItem(Part.CONFIGURATION, path, Made.CREATED), file_spot(project, path).names, content)


def lines(project: Path, content: bytes) -> Making:
    path = project / ".gitignore"
    return Making(SetupItem(Part.GITIGNORE, path, Made.ADDED), file_spot(project, path).names, content)


def test_no_way_up_leads_out(project: Path) -> None:
    with pytest.raises(Refused):
        directory_spot(project, project / "a" / ".." / ".." / "outside")


def test_what_somebody_else_made_meanwhile_stays(project: Path) -> None:
    steps = (directory(project, ".cache"), directory(project, ".cache/hf"), configuration(project))
    tree(project, {"cachemgr.toml": "theirs", ".cache": {"file": "theirs"}})

    made = list(perform(project, steps))

    assert [item.state for item in made] == [Made.PRESENT, Made.CREATED, Made.PRESENT]
    assert (project / "cachemgr.toml").read_text() == "theirs"
    assert (project / ".cache/file").read_text() == "theirs"


@posix
def test_a_link_that_took_a_directorys_place_leads_nowhere(project: Path, tmp_path: Path) -> None:
    tree(project, {".cache": {}, ".gitignore": "x\n"})
    outside = tree(tmp_path / "outside", {"file": "theirs\n"})
    steps = (directory(project, ".cache/hf"), lines(project, b"y\n"))
    (project / ".cache").rmdir()
    (project / ".cache").symlink_to(outside)
    (project / ".gitignore").unlink()
    (project / ".gitignore").symlink_to(outside / "file")
    before = fingerprint(outside)

    made = list(perform(project, steps))

    assert [item.state for item in made] == [Made.FAILED, Made.FAILED]
    assert fingerprint(outside) == before
