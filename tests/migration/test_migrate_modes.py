"""Who could not reach a cache before it moved cannot reach it afterwards."""

import sys
from pathlib import Path

import pytest

from tests.builders import tree
from tests.desk import carry_out
from tests.migration.ground import ground

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


@pytest.mark.parametrize(("above", "made"), [(0o700, 0o700), (0o750, 0o750), (0o711, 0o711)])
@pytest.mark.parametrize("across", [False, True])
def test_directories_on_the_way_are_no_more_open_than_those_around_the_source(
    above: int, made: int, across: bool, home: Path, elsewhere: Path, project: Path
) -> None:
    found = ground(home, project)
    found.hub.root.chmod(0o2775)
    (home / ".cache").chmod(above)
    top = (elsewhere if across else project) / "new"

    carry_out(found.service, found.plan(to=top / "er" / "hub"))

    for place in (top, top / "er"):
        mode = place.stat().st_mode & 0o777
        assert mode & ~made == 0
        assert mode & 0o700 == 0o700
    reached = {0o700: 0o2700, 0o750: 0o2770, 0o711: 0o2775}[above]
    assert (top / "er" / "hub").stat().st_mode & 0o7777 & ~reached == 0


def test_a_destination_in_an_open_directory_is_as_closed_as_its_source(
    home: Path, elsewhere: Path, project: Path
) -> None:
    found = ground(home, project)
    (home / ".cache").chmod(0o700)
    tree(elsewhere, {"open": {}}).joinpath("open").chmod(0o755)

    carry_out(found.service, found.plan(to=elsewhere / "open" / "hub"))

    assert (elsewhere / "open").stat().st_mode & 0o777 == 0o755
    assert (elsewhere / "open" / "hub").stat().st_mode & 0o777 == 0o700
