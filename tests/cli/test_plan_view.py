"""Nobody is asked about what was not shown, and what was shown adds up."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.cli.output import Output
from cachemgr.cli.plan_view import failures, show_result
from cachemgr.cli.running import Execution
from cachemgr.domain.outcome import Outcome, Trouble
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Status
from cachemgr.present.plan_rows import emptied, plan_rows
from tests.builders import tree
from tests.cli.conftest import Program
from tests.desk import plan_of, removal
from tests.managers import manager


@pytest.fixture
def many(caches: Path) -> Path:
    """More entries than a screen has lines."""
    return tree(caches, {"out/tmdb": {f"many_{number:02}.json": "{}" for number in range(60)}})


@pytest.mark.parametrize("how", [("--dry-run",), ()])
def test_before_a_question_every_line_is_there(how: tuple[str, ...], cachemgr: Program, many: Path) -> None:
    said = cachemgr("clear", "tmdb", "--delete", "--force", "in-use", *how)

    assert said.out.count("tmdb@project:many_") == 60
    assert "more line" not in said.out


def test_what_nobody_decides_on_is_cut_and_says_what_has_the_rest(cachemgr: Program, many: Path) -> None:
    said = cachemgr("clear", "tmdb", "--yes")
    assert "and 23 more lines, which --dry-run shows" in said.out


def test_directories_that_go_when_they_are_empty_are_a_line_that_makes_the_sum(
    cachemgr: Program, home: Path
) -> None:
    tree(home, {".cache/torch/hub": {"checkpoints/a.pth": b"x" * 9000, "checkpoints/b.pth": b"y" * 9000}})
    service = manager(home)
    inventory = service.inventory()
    made = service.plan_clear(inventory, set(inventory.entry_by_id))

    said = cachemgr("clear", "torch-hub", "--dry-run").out

    assert re.search(r"remove +\S+ \S+ +\S+ \S+ +1 emptied directory$", said, re.MULTILINE), said
    assert _sum(made) == made.frees > sum(row.frees for row in plan_rows(made))


def _sum(plan: Plan) -> int:
    directories = emptied(plan)
    assert directories is not None
    return sum(row.frees for row in plan_rows(plan)) + directories.frees


def test_a_purge_names_every_entry_that_goes_with_it_and_what_that_costs(
    cachemgr: Program, caches: Path
) -> None:
    cachemgr("clear", "tmdb", "--yes")
    cachemgr("purge", "--plan", "purge.json")

    for shown in (cachemgr("purge", "--dry-run"), cachemgr("apply", "purge.json", "--dry-run")):
        assert "tmdb@project:movie_1.json\n" in shown.out
        assert "tmdb@project:\\x1b]0;x\\x07\n" in shown.out
        assert re.search(r"quarantine of \S+: 3 entries  costs money or time\n", shown.out), shown.out
        assert "12.0 KiB of it costs money or time.\n" in shown.out


def test_a_purge_of_what_costs_is_asked_as_seriously_as_its_deletion(cachemgr: Program, caches: Path) -> None:
    cachemgr("clear", "all", "--quarantine", "--yes")

    costs = {
        step["cache"]: step["rebuild"]
        for step in json.loads(cachemgr("purge", "--dry-run", "--json").out)["steps"]
    }

    assert costs == {"tmdb@project": "costs", "torch-hub@home": "downloads"}


def test_what_only_waited_for_a_failed_step_of_its_entry_is_told_once(tmp_path: Path) -> None:
    box = tree(tmp_path / "box", {"a": "1", "b": "2"})
    steps = [replace(removal(box, name), entry=entry) for name, entry in (("a", "x"), ("b", "x"), ("b", "y"))]
    failed = (
        Outcome(0, Status.SKIPPED, trouble=Trouble("damaged", "blobs/1")),
        Outcome(1, Status.SKIPPED, trouble=Trouble("needs", "0")),
        Outcome(2, Status.SKIPPED, trouble=Trouble("needs", "0")),
    )
    lines = failures(plan_of(box, *steps, steps[2]), (*failed, replace(failed[2], number=3)))
    assert [line.split(":")[1].strip() for line in lines] == ["x", "y"]
    assert "blobs/1" in lines[0]


def test_a_run_that_was_stopped_names_few_of_those_it_did_not_come_to(tmp_path: Path) -> None:
    """What failed is told first, and in full as far as it was before."""
    names = [f"{number:02}" for number in range(60)]
    tree(tmp_path, dict.fromkeys(names, "x"))
    plan = plan_of(tmp_path, *(removal(tmp_path, name) for name in names))
    kinds = ["changed"] * 2 + ["stopped"] * 58
    outcomes = tuple(
        Outcome(number, Status.SKIPPED, trouble=Trouble(kind)) for number, kind in enumerate(kinds)
    )
    out, err = io.StringIO(), io.StringIO()
    show_result(Output(out, err), plan, Execution("run", outcomes), "undo")
    lines = err.getvalue().splitlines()
    assert lines[-1] == "and 53 more"
    assert [line.endswith("the run was stopped before it") for line in lines] == [
        *[False] * 2,
        *[True] * 5,
        False,
    ]
