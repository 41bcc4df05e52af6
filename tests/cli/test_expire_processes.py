"""`cachemgr expire` as a process: the dry run's set, the empty policy, and a clock that is ahead."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from cachemgr.responses.clock import Clock
from tests.answers import Answers, every_state
from tests.builders import tree
from tests.cli.conftest import ROOT, Program, Said
from tests.cli.test_schemas import valid
from tests.desk import picture

AHEAD = """
import datetime, sys, time
ahead = float(sys.argv.pop(1)) * 86_400
for name, unit in (("time", 1), ("time_ns", 10**9)):
    setattr(time, name, lambda real=getattr(time, name), unit=unit: real() + type(unit)(ahead * unit))
class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
datetime.datetime = Later
sys.argv[0] = "cachemgr"
from cachemgr.__main__ import main
sys.exit(main())
"""
"""The program, on a machine whose clock is so many days ahead from the start."""


@pytest.fixture
def answers(project: Path, tmp_path: Path) -> Answers:
    tree(project, {"cachemgr.toml": "", ".questfoundry/config.yml": "caching:\n  enabled: true\n"})
    return every_state(project / ".questfoundry/cache", datetime.now(UTC), tmp_path / "elsewhere")


@pytest.fixture
def later(project: Path) -> Program:
    """Run it with its clock ahead, by days."""

    def program(days: float, *arguments: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-c", AHEAD, str(days), *arguments],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return program


def test_the_dry_runs_set_is_the_runs(process: Program, answers: Answers) -> None:
    before = picture(answers.root)
    said = process("expire", "--policy", "responses-ttl", "--dry-run", "--json")
    assert said.code == 0
    planned = {step["entry"].partition(":")[2] for step in valid(said.out, "plan")["steps"] if step["entry"]}
    assert picture(answers.root) == before
    there = {path.name for path in answers.root.glob("??/*")}
    done = process("expire", "--policy", "responses-ttl", "--yes", "--json")
    assert done.code == 0
    gone = there - {path.name for path in answers.root.glob("??/*")}
    assert gone == {f"{key}{ending}" for key in planned for ending in (".json", ".meta.json")}
    assert len(planned) == len(answers.states["expired"]) > 0
    outcomes = valid(done.out, "result")["outcomes"]
    assert {one["status"] for one in outcomes} == {"done"}


def test_a_policy_without_a_rule_never_means_everything(
    process: Program, answers: Answers, project: Path
) -> None:
    before = picture(answers.root)
    saved = '[policies.nothing]\ntargets = ["responses"]\n'
    for words, config in (((), ""), (("responses",), ""), (("--policy", "nothing"), saved)):
        (project / "cachemgr.toml").write_text(config)
        said = process("expire", *words, "--yes")
        assert said.code == 2
        assert "never means everything" in said.err
    assert picture(answers.root) == before


def test_a_clock_two_years_ahead_stops_with_the_brake(later: Program, answers: Answers) -> None:
    before = picture(answers.root)
    for rule in (("--policy", "responses-ttl"), ("--older-than", "30d")):
        said = later(730, "expire", *rule, "--yes")
        assert said.code == 4
        assert "more than a year after the newest file" in said.err
        assert "--force mass-expiry" in said.err
        assert picture(answers.root) == before
    assert later(730, "expire", "--policy", "responses-ttl", "--force", "mass-expiry", "--yes").code == 0
    assert picture(answers.root) != before


def test_one_file_of_2099_does_not_vouch_for_it(later: Program, answers: Answers, project: Path) -> None:
    tree(project, {"cachemgr.toml": '[roots.applications]\ntmdb = "tmdb"\n', "tmdb/1.json": "{}"})
    os.utime(project / "tmdb" / "1.json", (4_070_908_800, 4_070_908_800))
    before = picture(answers.root)
    said = later(3650, "expire", "responses", "--ttl", "--yes")
    assert said.code == 4
    assert "more than a year after the newest file" in said.err
    assert picture(answers.root) == before


@pytest.mark.parametrize("backend", ["file", "sqlite"])
def test_responses_expire_stops_as_well(
    backend: str, later: Program, process: Program, project: Path
) -> None:
    settings = {"cache_dir": str(project / "kept"), "backend": backend, "cleanup_interval_seconds": 0}
    with open_cache(settings, clock=Clock()) as cache:
        for number in range(6):
            cache.set(f"{number}", "paid")
    words = ("responses", "expire", "--dir", "kept", "--yes")
    said = later(730, *words)
    assert said.code == 4
    assert "nothing was removed" in said.err
    with open_cache(settings) as cache:
        assert cache.status()[0].entries == 6
    assert later(730, *words, "--force").code == 0
    assert "0 entries" in process("responses", "stats", "--dir", "kept").out
