"""Looking at another home never leads to one's own caches, whatever is exported."""

import json
import os
from pathlib import Path

import pytest

from cachemgr.catalogue import all_types
from cachemgr.domain.terms import Place
from tests.builders import fingerprint, tree
from tests.cli.conftest import Program

VARIABLES = sorted({variable.name for kind in all_types() for variable in kind.variables})


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Caches of one's own, which every exported variable leads to."""
    checkpoint = {"checkpoints/alexnet.pth": b"x" * 5000}
    return tree(tmp_path / "mine", {"torch/hub": checkpoint, "hub": checkpoint, **checkpoint})


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tree(tmp_path / "other", {".cache/torch/hub/checkpoints/vgg.pth": b"y" * 5000})


@pytest.mark.parametrize("name", VARIABLES)
def test_no_exported_variable_leads_there(
    cachemgr: Program, monkeypatch: pytest.MonkeyPatch, name: str, mine: Path, other: Path
) -> None:
    monkeypatch.setenv(name, str(mine))
    before = fingerprint(mine)

    document = json.loads(cachemgr("--home", str(other), "status", "--json").out)
    said = cachemgr("--home", str(other), "clear", "all", "--yes")

    assert [cache["id"] for cache in document["caches"]] == ["torch-hub@home"]
    assert said.code == 0
    assert fingerprint(mine) == before
    assert not (other / ".cache" / "torch" / "hub" / "checkpoints" / "vgg.pth").exists()


def test_nor_does_what_all_users_share(cachemgr: Program, other: Path) -> None:
    encodings = Path(os.environ["TMPDIR"], "data-gym-cache", "9b5ad71b2ce5302211f9c61530b329a4922fc6a4")
    tree(encodings.parent, {encodings.name: b"x" * 5000})

    assert "tiktoken@system" in cachemgr("ls").out
    document = json.loads(cachemgr("--home", str(other), "status", "--json").out)
    cachemgr("--home", str(other), "clear", "all", "--yes")

    assert Place.SYSTEM.value not in [cache["place"] for cache in document["caches"]]
    assert encodings.exists()


def test_what_was_passed_over_is_named(
    cachemgr: Program, monkeypatch: pytest.MonkeyPatch, mine: Path, other: Path
) -> None:
    monkeypatch.setenv("HF_HOME", str(mine))
    monkeypatch.setenv("TORCH_HOME", str(mine))
    names = "HF_HOME, TORCH_HOME: not asked, because with --home another home is looked at"

    said = cachemgr("--home", str(other), "status")
    document = json.loads(cachemgr("--home", str(other), "status", "torch-hub", "--json").out)

    assert said.err == f"cachemgr: {names}\n"
    assert names not in said.out, "once is enough"
    assert [(f["code"], f["message"]) for f in document["findings"]] == [("passed-over-variables", names)]
    assert cachemgr("--home", str(other), "ls").err == f"cachemgr: {names}\n"
    assert "@env" in cachemgr("status").out, "without --home they are asked"


def test_the_trash_of_another_home_is_its_own(
    cachemgr: Program, monkeypatch: pytest.MonkeyPatch, mine: Path, other: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(mine))
    said = cachemgr("--home", str(other), "clear", "all", "--trash", "--yes")
    assert "XDG_DATA_HOME" in said.err
    assert not (mine / "Trash").exists()


def test_where_tiktoken_of_another_home_looks_is_nobodys_guess(cachemgr: Program, other: Path) -> None:
    said = cachemgr("--home", str(other), "tiktoken", "warm", "gpt-4o", "--dry-run")
    assert (said.code, said.err) == (
        2,
        "cachemgr: where tiktoken looks in that home is not known here; say where with --dir\n",
    )


def test_the_way_back_that_documents_name_works_as_it_stands(
    cachemgr: Program, other: Path, tmp_path: Path
) -> None:
    home = ("--home", str(other))
    result = json.loads(cachemgr(*home, "clear", "all", "--quarantine", "--yes", "--json").out)
    program, *words = result["undo"]

    (run,) = json.loads(cachemgr(*home, "history", "--json").out)["runs"]
    undone = cachemgr(*words, "--yes")
    events = cachemgr(*home, "clear", "all", "--quarantine", "--yes", "--events").out.splitlines()

    assert (program, run["undo"]) == ("cachemgr", result["undo"])
    assert undone.code == 0
    assert json.loads(events[-1])["undo"][:3] == ["cachemgr", "--home", str(other)]
