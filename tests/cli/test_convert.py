"""`cachemgr responses convert`: the later answer stays, and an interruption is gone on with."""

import subprocess
import sys
from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from cachemgr.responses.format import PACKED, UNFINISHED
from tests.cli.conftest import ROOT, Program
from tests.cli.test_schemas import valid

KILLED = """
import os, sys
from cachemgr.responses.{module} import {store} as Store
whole, left = Store.write_newer, 4
def write_newer(self, *entry):
    global left
    left -= 1
    if not left:
        os._exit(9)
    return whole(self, *entry)
Store.write_newer = write_newer
sys.argv = ["cachemgr", "responses", "convert", "--to", sys.argv[1], "--dir", sys.argv[2]]
from cachemgr.__main__ import main
sys.exit(main())
"""
"""The program, which ends without a farewell at the fourth entry it writes."""


def fill(root: Path, backend: str, answer: str, number: int = 10) -> Path:
    with open_cache({"cache_dir": str(root), "backend": backend, "cleanup_interval_seconds": 0}) as cache:
        for key in range(number):
            cache.set(f"{key}", answer)
    return root


def answers(root: Path, backend: str) -> list[object]:
    with open_cache({"cache_dir": str(root), "backend": backend, "cleanup_interval_seconds": 0}) as cache:
        return [hit and hit.value for key in range(10) if (hit := cache.peek(f"{key}")) or True]


@pytest.mark.parametrize(
    ("source", "target", "module", "store"),
    [("file", "sqlite", "sqlite_store", "SqliteStore"), ("sqlite", "file", "file_store", "FileStore")],
    ids=["to sqlite", "to file"],
)
def test_an_interrupted_one_is_gone_on_with(
    source: str, target: str, module: str, store: str, cachemgr: Program, project: Path
) -> None:
    root = fill(project / "answers", source, "paid")
    code = KILLED.format(module=module, store=store)
    words = [sys.executable, "-c", code, target, str(root)]
    assert subprocess.run(words, cwd=ROOT, check=False, capture_output=True).returncode == 9
    assert answers(root, target).count("paid") == 3
    stats = valid(cachemgr("responses", "stats", "--dir", "answers", "--json").out, "responses-stats")
    assert stats["cache"]["backend"] == source, "half of the answers do not hide the others"
    assert stats["totals"][0]["entries"] == 10
    said = cachemgr("responses", "convert", "--to", target, "--dir", "answers", "--json")
    assert said.code == 0
    document = valid(said.out, "responses-convert")
    assert (document["entries"], document["kept"]) == (7, 3)
    assert answers(root, target) == ["paid"] * 10
    assert not (root / UNFINISHED).exists()


def test_there_and_back_the_later_answer_stays(cachemgr: Program, project: Path) -> None:
    root = fill(project / "answers", "file", "older")
    assert cachemgr("responses", "convert", "--to", "sqlite", "--dir", "answers").code == 0
    assert (root / PACKED).exists()
    fill(root, "file", "newer", 3)
    said = cachemgr("responses", "convert", "--to", "file", "--dir", "answers")
    assert said.code == 0
    assert "0 entries copied" in said.out
    assert "10 kept that are as new" in said.out
    assert answers(root, "file") == ["newer"] * 3 + ["older"] * 7


@pytest.mark.parametrize("to", ["file", "sqlite"])
def test_another_one_does_not_end_one_that_was_interrupted(to: str, cachemgr: Program, project: Path) -> None:
    root = fill(project / "answers", "file", "paid")
    code = KILLED.format(module="sqlite_store", store="SqliteStore")
    words = [sys.executable, "-c", code, "sqlite", str(root)]
    assert subprocess.run(words, cwd=ROOT, check=False, capture_output=True).returncode == 9
    fill(project / "others", "file", "another", 1)
    assert cachemgr("responses", "convert", "--to", to, "--dir", "others", "--out", "answers").code == 0
    stats = valid(cachemgr("responses", "stats", "--dir", "answers", "--json").out, "responses-stats")
    assert (stats["cache"]["backend"], stats["totals"][0]["entries"]) == ("file", 10)
    assert cachemgr("responses", "convert", "--to", "sqlite", "--dir", "answers").code == 0
    assert len(answers(root, "sqlite")) == 10
    assert True not in answers(root, "sqlite")
    assert not (root / UNFINISHED).exists()


def test_one_from_elsewhere_is_gone_on_with(cachemgr: Program, project: Path) -> None:
    root = fill(project / "answers", "file", "paid", 3)
    fill(project / "others", "file", "another")
    code = KILLED.format(module="sqlite_store", store="SqliteStore").replace(
        "sys.argv[2]]", "sys.argv[2], '--out', sys.argv[3]]"
    )
    words = [sys.executable, "-c", code, "sqlite", str(project / "others"), str(root)]
    assert subprocess.run(words, cwd=ROOT, check=False, capture_output=True).returncode == 9
    assert (root / UNFINISHED).exists()
    assert cachemgr("responses", "convert", "--to", "sqlite", "--dir", "others", "--out", "answers").code == 0
    assert not (root / UNFINISHED).exists()
