"""`--trash` from the plan to the result: what cannot go there is said before the question."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.builders import fingerprint, tree
from tests.cli.conftest import Program
from tests.execute.other_trash import restore

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the freedesktop.org trash")


def test_a_plan_shows_what_cannot_go_to_the_trash(cachemgr: Program, caches: Path, home: Path) -> None:
    long = f"{'x' * 246}.json"
    tree(caches / "out" / "tmdb", {long: "1"})
    before = fingerprint(home), fingerprint(caches)
    shown = cachemgr("clear", "tmdb", "--trash", "--dry-run")
    document = json.loads(cachemgr("clear", "tmdb", "--trash", "--dry-run", "--json").out)

    assert "cannot go to the system trash (its name is too long for the trash)" in shown.out
    assert "from the trash" in shown.out
    assert "when the trash is emptied" in shown.out
    assert [(out["reason"], out["detail"]) for out in document["exclusions"]] == [
        ("no-trash", "name-too-long")
    ]
    assert {step["action"] for step in document["steps"]} <= {"trash", "tidy"}
    assert (fingerprint(home), fingerprint(caches)) == before


def test_a_trash_that_leads_elsewhere_is_refused_before_the_question(
    cachemgr: Program, caches: Path, home: Path, tmp_path: Path
) -> None:
    tree(home / ".local" / "share", {})
    (home / ".local" / "share" / "Trash").symlink_to(tmp_path)
    before = fingerprint(caches)
    for options in ((), ("--yes",), ("--dry-run",)):
        said = cachemgr("clear", "tmdb", "--trash", *options)
        assert "the trash is not a directory" in said.out
        assert said.code == (0 if options == ("--dry-run",) else 4)
        if said.code:
            assert said.err.endswith("see `cachemgr clear tmdb --trash --dry-run`\n")
    assert cachemgr("clear", "tmdb", "--quarantine", "--dry-run").out.count("set aside") == 3
    assert fingerprint(caches) == before
    assert os.listdir(tmp_path) == []


def test_what_went_to_the_trash_comes_back_from_there_and_by_no_undo(
    cachemgr: Program, caches: Path, home: Path
) -> None:
    folder = caches / "out" / "tmdb"
    before, names = fingerprint(folder), os.listdir(folder)
    done = cachemgr("clear", "tmdb", "--trash", "--yes")

    assert done.code == 0
    assert "to the trash in 3 entries." in done.out
    assert "To have it back, restore it from the trash" in done.out
    undone = cachemgr("undo", "--yes")
    assert undone.code == 4
    assert "restore it from the trash" in undone.err
    assert json.loads(cachemgr("history", "--json").out)["runs"][0]["undo"] is None
    for name in names:
        restore(home, folder / name)
    after = fingerprint(folder)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] in ([], [""], ["."])
