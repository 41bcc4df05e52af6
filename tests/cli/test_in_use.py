"""What is in use, said to people and scripts; and how it is overridden."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import fingerprint
from tests.cli.conftest import ROOT, Program
from tests.cli.test_schemas import valid
from tests.holders import OPEN, Hold

MOVIE = "tmdb@project:movie_1.json"
RENAMED = (
    "import ctypes; ctypes.CDLL(None).prctl(15, b'\\x1b]0;x\\x07\\xe2\\x80\\xaex'); held = open(sys.argv[1])"
)


@pytest.fixture
def movie(caches: Path) -> Path:
    return caches / "out" / "tmdb" / "movie_1.json"


@pytest.mark.parametrize("how", [(), ("--quarantine",), ("--trash",), ("--delete",)])
def test_when_all_that_was_named_is_in_use_it_is_busy_and_says_who(
    how: tuple[str, ...], cachemgr: Program, movie: Path, hold: Hold
) -> None:
    pid = hold(OPEN, movie)
    said, as_json = cachemgr("clear", MOVIE, "--yes", *how), cachemgr("clear", MOVIE, "--yes", "--json", *how)
    assert (said.code, as_json.code) == (5, 5)
    assert f"{MOVIE}: in use by python" in said.err
    assert f"({pid})" in said.err
    document = valid(as_json.out, "error")
    assert (document["kind"], f"({pid})" in document["message"]) == ("busy", True)
    assert movie.exists()


def test_a_wide_word_is_busy_only_when_there_is_nothing_else(
    cachemgr: Program, caches: Path, movie: Path, hold: Hold
) -> None:
    hold(OPEN, movie)
    assert cachemgr("clear", "apps", "--yes").code == 0
    assert [path.name for path in movie.parent.glob("movie*")] == ["movie_1.json"]
    assert cachemgr("clear", "apps", "--yes").code == 5


def test_a_plan_says_who_and_its_document_too(cachemgr: Program, movie: Path, hold: Hold) -> None:
    pid = hold(OPEN, movie)
    before = fingerprint(movie.parent)
    shown = cachemgr("clear", "tmdb", "--dry-run")
    document = valid(cachemgr("clear", "tmdb", "--dry-run", "--json").out, "plan")
    assert f"({pid})" in next(line for line in shown.out.splitlines() if line.startswith(MOVIE))
    (held,) = (one for one in document["exclusions"] if one["entry"] == MOVIE)
    assert (held["reason"], held["detail"].endswith(f"({pid})")) == ("in-use", True)
    assert document["forced"] == []
    assert fingerprint(movie.parent) == before


@pytest.mark.skipif(sys.platform != "linux", reason="renames itself by prctl(2)")
def test_a_process_with_a_hostile_name_is_only_a_name(process: Program, movie: Path, hold: Hold) -> None:
    pid = hold(RENAMED, movie)
    for said in (
        process("clear", MOVIE, "--yes"),
        process("clear", MOVIE, "--yes", "--json"),
        process("clear", "tmdb", "--dry-run"),
        process("clear", "tmdb", "--dry-run", "--json"),
    ):
        assert str(pid) in said.out + said.err
        assert not [char for char in said.out + said.err if not char.isprintable() and char != "\n"]
    assert f"in use by \\x1b]0;x\\x07\\u202ex ({pid})" in process("clear", MOVIE, "--yes").err


def test_a_rule_is_overridden_by_its_name_and_the_plan_says_so(
    cachemgr: Program, caches: Path, movie: Path, hold: Hold
) -> None:
    hold(OPEN, movie)
    shown = cachemgr("clear", MOVIE, "--force", "in-use", "--dry-run")
    document = valid(cachemgr("clear", MOVIE, "--force", "in-use", "--dry-run", "--json").out, "plan")
    assert "what running processes use goes as well" in shown.out
    assert document["forced"] == ["in-use"]
    assert movie.exists()
    assert cachemgr("clear", MOVIE, "--force", "in-use", "--yes").code == 0
    assert not movie.exists()


@pytest.mark.parametrize("when", ["saved", "applied", "never"])
def test_a_saved_plan_is_forced_when_it_is_saved_or_when_it_is_applied(
    when: str, cachemgr: Program, movie: Path, hold: Hold
) -> None:
    forced = ("--force", "in-use")
    saved = cachemgr("clear", MOVIE, "--plan", "plan.json", *(forced if when == "saved" else ()))
    hold(OPEN, movie)
    applied = cachemgr("apply", "plan.json", "--yes", "--json", *(forced if when == "applied" else ()))
    assert (saved.code, applied.code) == (0, 5 if when == "never" else 0)
    assert movie.exists() is (when == "never")
    (outcome, *_) = valid(applied.out, "result")["outcomes"]
    assert outcome["status"] == ("skipped" if when == "never" else "done")
    assert when != "never" or "it is in use by python" in outcome["error"]["message"]


def test_a_plan_of_an_earlier_version_is_forced_by_nothing(cachemgr: Program, caches: Path) -> None:
    from cachemgr.journal.codec import digest

    cachemgr("clear", MOVIE, "--plan", "plan.json")
    document = json.loads((caches / "plan.json").read_text())
    for key in ("forced", "unseen_processes", "digest"):
        del document[key]
    (caches / "plan.json").write_text(json.dumps({**document, "digest": digest(document)}))
    assert cachemgr("apply", "plan.json", "--yes").code == 0


@pytest.mark.parametrize("wrong", ['["in-us"]', '"in-use"', "[1]", "7"])
def test_a_plan_that_forces_what_is_no_rule_is_no_plan(wrong: str, cachemgr: Program, caches: Path) -> None:
    from cachemgr.journal.codec import digest

    cachemgr("clear", MOVIE, "--plan", "plan.json")
    document = {**json.loads((caches / "plan.json").read_text()), "forced": json.loads(wrong)}
    (caches / "plan.json").write_text(json.dumps({**document, "digest": digest(document)}))
    said = cachemgr("apply", "plan.json", "--yes")
    assert (said.code, said.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("command", ["clear all", "apply plan.json", "undo", "purge", "clear-models"])
def test_an_unknown_rule_is_a_mistake_that_names_those_there_are(
    command: str, cachemgr: Program, caches: Path
) -> None:
    said = cachemgr(*command.split(), "--force", "in-us", "--yes")
    assert said.code == 2
    assert "'in-us'" in said.err
    assert "there is: in-use" in said.err


@pytest.mark.parametrize("command", ["clear", "apply", "undo", "purge"])
def test_help_says_what_can_be_overridden_and_what_can_not(command: str, cachemgr: Program) -> None:
    said = " ".join(cachemgr(command, "--help").out.split())
    assert "--force RULE Override one rule by name: in-use" in said
    assert "lock still counts" in said


def test_undo_and_purge_take_it_as_well(cachemgr: Program, movie: Path, hold: Hold) -> None:
    assert cachemgr("clear", MOVIE, "--quarantine", "--yes").code == 0
    assert cachemgr("undo", "--force", "in-use", "--yes").code == 0
    assert cachemgr("clear", MOVIE, "--quarantine", "--yes").code == 0
    (aside,) = movie.parent.glob(".cachemgr-quarantine-*/0")
    pid = hold(OPEN, aside)
    busy = cachemgr("purge", "--yes")
    assert (busy.code, f"({pid})" in busy.err) == (5, True)
    assert cachemgr("purge", "--force", "in-use", "--yes").code == 0
    assert not aside.exists()


def test_while_another_cachemgr_writes_it_is_busy_and_says_which(
    cachemgr: Program, process: Program, caches: Path, home: Path
) -> None:
    """Two of the real thing: the first stops in the middle, because nobody reads what it says."""
    for number in range(900):
        (caches / "out" / "tmdb" / f"more_{number}.json").write_text("{}")
    argv = [sys.executable, "-m", "cachemgr", "clear", "tmdb", "--yes", "--events"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, cwd=caches, env=env, stdin=subprocess.DEVNULL, stdout=-1) as first:
        assert first.stdout is not None
        run = json.loads(first.stdout.readline())["run"]
        second = process("clear", "torch-hub", "--yes")
        as_json = process("clear", "torch-hub", "--yes", "--json")
        first.kill()
        first.communicate()
    assert (second.code, as_json.code) == (5, 5)
    assert f"another cachemgr is writing (process {first.pid}, run {run})" in second.err
    assert valid(as_json.out, "error")["kind"] == "busy"
    # It was killed; the next one is not told that it still writes.
    assert process("clear", "torch-hub", "--yes").code == 0
