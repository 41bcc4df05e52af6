"""A configuration is agreed to by its bytes: a link that its paths lead through is no part of them."""

import sys
from pathlib import Path

import pytest

from tests.builders import fingerprint, tree
from tests.cli.conftest import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links to directories need a right there")

NAMED = '[[cache]]\nname = "films"\npath = "shared"\nrebuild = "downloads"\n'
HOME = '[roots]\nhf_home = "shared"\n'


@pytest.mark.parametrize("text", [NAMED, HOME], ids=["cache", "home"])
def test_whoever_turns_the_link_elsewhere_gets_nothing_cleared(
    text: str, project: Path, tmp_path: Path, cachemgr: Program
) -> None:
    agreed = tree(tmp_path / "agreed", {"film": "1", "hub": {"models--a--b": {"snapshots": {}}}})
    mine = tree(tmp_path / "mine", {"diary": "1", "hub": {"models--a--b": {"blobs": {"1" * 40: "2"}}}})
    tree(project, {"cachemgr.toml": text})
    (project / "shared").symlink_to(agreed)
    assert cachemgr("config", "trust", "--yes").code == 0
    (project / "shared").unlink()
    (project / "shared").symlink_to(mine)
    before = fingerprint(mine)

    listed = cachemgr("status")
    cachemgr("clear", "all", "--yes", "--quarantine")

    assert "a link that leads out of the project" in listed.out
    assert fingerprint(mine) == before


def test_what_is_named_by_its_real_place_counts_once_it_is_trusted(
    project: Path, tmp_path: Path, cachemgr: Program
) -> None:
    place = tree(tmp_path / "films", {"film": "1"})
    tree(project, {"cachemgr.toml": NAMED.replace('"shared"', f'"{place}"')})
    assert cachemgr("config", "trust", "--yes").code == 0
    assert cachemgr("clear", "films", "--yes").code == 0
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "text",
    ['[roots]\nhf_home = "shared"\n', '[[cache]]\nname = "huggingface-hub"\npath = "shared/hub"\n'],
    ids=["home", "cache"],
)
def test_no_variable_leads_through_a_link_out_of_the_project(
    text: str, turned: bool, project: Path, tmp_path: Path, cachemgr: Program, process: Program
) -> None:
    tree(project, {"cachemgr.toml": text, "data": {"hub": {}}})
    link, mine = project / "shared", tree(tmp_path / "mine", {"hub": {}})
    link.symlink_to(project / "data")
    assert cachemgr("config", "trust", "--yes").code == 0
    if turned:
        link.unlink()
        link.symlink_to(mine)

    lines = cachemgr("env", "--shell", "sh")
    child = process("run", "--", sys.executable, "-c", "import os; print(os.environ.get('HF_HUB_CACHE'))")

    there = str(project / "shared" / "hub")
    assert (there in lines.out, child.out.strip() == there) == (not turned, not turned)
    assert ("a link that leads out of the project" in lines.err) is turned
    assert "No cache is configured" not in lines.err
    assert child.code == 0
