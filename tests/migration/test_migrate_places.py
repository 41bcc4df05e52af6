"""Where no cache may go is refused by its path, because what is not there yet cannot be recognised."""

from pathlib import Path

import pytest

from tests.builders import tree
from tests.cli.conftest import Program
from tests.migration.ground import Ground, ground, look


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize(
    ("place", "why"),
    [
        (".cache/uv/hub", "uv"),
        (".cache/pip", "pip"),
        (".cache/torch/hub/checkpoints/hub", "torch-hub"),
        (".ssh/hub", "lies among credentials (.ssh)"),
        (".gnupg/x/hub", "lies among credentials (.gnupg)"),
        (".local/share/Trash/files/hub", "lies in the trash"),
        (".Trash-1000/files/hub", "lies in a trash"),
    ],
)
def test_a_destination_that_is_for_something_else_is_refused(
    cachemgr: Program, found: Ground, place: str, why: str, made: bool
) -> None:
    to = found.home / place
    if made:
        tree(to.parent, {})
    before = look(found.home)

    said = cachemgr("migrate", "huggingface-hub@home", "--to", str(to), "--yes", "--force", "in-use")

    assert said.code == 4
    assert why in " ".join(said.err.split())
    assert look(found.home) == before


def test_our_own_state_is_no_destination_before_it_is_there(
    cachemgr: Program, found: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = found.home / "own-state"
    monkeypatch.setenv("CACHEMGR_STATE_DIR", str(state))
    to = state / "hub"

    said = cachemgr("migrate", "huggingface-hub@home", "--to", str(to), "--dry-run", "--force", "in-use")

    assert said.code == 4
    assert "lies in cachemgr's own directory" in " ".join(said.err.split())
    assert not to.exists()


def test_through_a_link_it_is_the_same_place(cachemgr: Program, found: Ground) -> None:
    (found.home / "keys").symlink_to(tree(found.home / ".ssh", {}))

    said = cachemgr("migrate", "huggingface-hub@home", "--to", str(found.home / "keys" / "hub"), "--dry-run")

    assert said.code == 4
    assert "lies among credentials" in " ".join(said.err.split())


def test_its_own_place_is_one(cachemgr: Program, found: Ground) -> None:
    to = found.project / ".cache" / "huggingface" / "hub"

    said = cachemgr("migrate", "huggingface-hub@home", "--to", str(to), "--yes", "--force", "in-use")

    assert said.code == 0, said.err
    assert to.is_dir()
