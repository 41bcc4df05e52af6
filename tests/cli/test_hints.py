"""What was meant, what is missing, where to go on: the smaller sentences."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cachemgr.domain.plan import Exclusion, Plan
from cachemgr.domain.terms import Intent, Reason
from cachemgr.present.plan_rows import kept_rows
from tests.builders import tree
from tests.cli.conftest import ROOT, Program
from tests.cli.test_processes import on_a_terminal
from tests.values import NOW


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ls", "--where", "size>3 bananas"), "a number and its unit are one word, such as 3GB or 30d"),
        (("ls", "tmdb@project:nope"), "tmdb@project holds no entry 'tmdb@project:nope'; "),
        (("ls", "tmdb@project:movie_11.json"), "did you mean tmdb@project:movie_1.json?"),
        (("ls", "TMDB"), "did you mean tmdb?"),
        (("ls", "/home/ada/.cache/pip"), "is a path; a target is an id"),
        (("help", "clear"), "Write `cachemgr clear --help`."),
        (("clear", "tmdb", "-y"), "Did you mean --yes?"),
        (("clear", "tmdb", "--where", "size>9TB", "--dry-run"), "no entry matches 'size>9TB'"),
    ],
)
def test_what_was_meant(arguments: tuple[str, ...], says: str, cachemgr: Program, caches: Path) -> None:
    said = cachemgr(*arguments)
    assert says in said.err
    assert said.err.count("\n") == 1


def test_a_part_of_a_plan_that_is_deleted_for_good_is_counted(cachemgr: Program, caches: Path) -> None:
    said = cachemgr("clear", "all", "--dry-run")
    assert "This deletes 1 of these 4 entries for good; that cannot be undone." in said.out


def test_a_saved_plan_says_how_it_is_read(cachemgr: Program, caches: Path) -> None:
    said = cachemgr("clear", "tmdb", "--plan", "plan.json")
    assert said.out.startswith("Wrote 3 entries to plan.json; ")
    assert said.out.endswith("To read it first: cachemgr apply plan.json --dry-run\n")


def test_a_dry_run_of_events_is_one_object_a_line(cachemgr: Program, caches: Path) -> None:
    (line,) = cachemgr("clear", "tmdb", "--dry-run", "--events").out.splitlines()
    assert json.loads(line)["schema"] == "cachemgr.plan/1"


def test_no_description_of_a_command_is_cut(process: Program) -> None:
    said = process("--help", env={"COLUMNS": "80"})
    assert "..." not in said.out.partition("Commands:")[2].partition("Examples:")[0]
    assert "◆ costs money or time" in said.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_that_cannot_be_written_is_no_bug(option: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cachemgr", option],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"cachemgr: cannot write to standard output: No space left on device\n"


def test_what_a_run_set_aside_is_one_finding_on_the_screen_with_both_ways_on(
    cachemgr: Program, caches: Path
) -> None:
    cachemgr("clear", "all", "--quarantine", "--yes")
    (run,) = cachemgr("history", "--quiet").out.split()

    said = cachemgr("status").out

    assert said.count(f"cachemgr purge {run}") == said.count(f"cachemgr undo {run}") == 1
    assert f"run {run} set aside what was in 2 caches  " in said
    document = json.loads(cachemgr("status", "--json").out)
    assert [finding["code"] for finding in document["findings"]] == ["quarantine", "quarantine"]


def test_a_sample_that_is_there_already_says_how_to_go_on(cachemgr: Program, tmp_path: Path) -> None:
    once = cachemgr("demo", "--dir", str(tmp_path / "sample"), "--status")
    again = cachemgr("demo", "--dir", str(tmp_path / "sample"), "--status")

    assert (once.code, again.code) == (0, 4)
    assert f"go on with it (--home {tmp_path}/sample/home --project {tmp_path}/sample/project)" in again.err


def test_an_expired_entry_says_so(cachemgr: Program, project: Path) -> None:
    key = "ab" + "0" * 62
    meta = {"expires_at": 1_700_000_000}
    place = project / ".questfoundry"
    tree(place, {"config.yml": "caching:\n  backend: file\n  cache_dir: .questfoundry/cache\n"})
    tree(place, {f"cache/ab/{key}.json": "{}", f"cache/ab/{key}.meta.json": json.dumps(meta)})

    said = cachemgr("ls", "--where", "expired")
    assert said.out.splitlines()[1].endswith("  expired")


def test_what_stays_for_several_reasons_is_one_line() -> None:
    """An Ollama model whose blobs belong to somebody else has an obstacle for each of them."""
    entry = "torch-hub@home:checkpoints/alexnet.pth"
    exclusions = [
        Exclusion(Reason.FOREIGN_OWNER, "torch-hub@home", entry, size=9, detail=f"blobs/{number}")
        for number in range(4)
    ]

    (row,) = kept_rows(Plan("p-1", Intent.CLEAR, NOW, NOW, exclusions=tuple(exclusions)))

    assert (row.id, row.size) == (entry, 9)
    assert row.why == "belongs to another user (blobs/0), and 3 more reasons"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_columns_that_do_not_fit_are_named(caches: Path) -> None:
    code, said = on_a_terminal(caches, ("status",), b"")
    assert code == 0
    assert b"(no room for " in said


@pytest.mark.parametrize("group", [("tiktoken",), ("config",)])
def test_no_description_in_a_group_of_commands_is_cut(group: tuple[str, ...], cachemgr: Program) -> None:
    assert "..." not in cachemgr(*group, "--help").out.split("Commands:")[1].split("\n\n")[0]
