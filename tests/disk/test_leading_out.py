"""A path through a project: where it is really, and whether whoever changes the project decides that."""

import sys
from pathlib import Path

import pytest

from cachemgr.disk.places import leads_out
from tests.builders import Link, tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links to directories need a right there")


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("project/a", False),
        ("project/a/new/deeper", False),
        ("project/in/x", False),
        ("project/out", True),
        ("project/out/x/new", True),
        ("project/a/../out/x", True),
        ("project/out/../project/a", False),
        ("project/loop/x", False),
        # By another name of the project it is still the project.
        ("alias/a", False),
        ("alias/out/x", True),
        # What begins outside, or leaves by its own words, is no matter of the project.
        ("project/../mine/x", False),
        ("mine/x", False),
        # `a` may be made a link, and then `..` is somewhere else.
        ("project/a/../../mine/x", True),
    ],
)
@pytest.mark.parametrize("called", ["project", "alias"])
def test_what_goes_into_the_project_and_is_not_there_leads_out(
    path: str, out: bool, called: str, tmp_path: Path
) -> None:
    links = {"out": Link("../mine"), "in": Link("a"), "loop": Link("loop")}
    tree(tmp_path, {"project": {"a": {}, **links}, "mine": {"x": {}}, "alias": Link("project")})

    assert leads_out(tmp_path / path, tmp_path / called) is out
    assert not leads_out(tmp_path / path, None)
