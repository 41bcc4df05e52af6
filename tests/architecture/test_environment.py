"""Environment, home, working directory and clock are handed in; only the places listed here ask for them."""

import ast

import pytest

from tests.architecture.source import mentions, modules

ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv"}
WHERE = {"os.getcwd", "os.getcwdb", "os.path.expanduser", "os.path.expandvars", "Path.home", "Path.cwd",
         "pathlib.Path.home", "pathlib.Path.cwd", "tempfile.gettempdir"}  # fmt: skip
CLOCK = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "datetime.datetime.now",
         "datetime.datetime.today", "datetime.datetime.utcnow", "datetime.date.today"}  # fmt: skip
ASKING = ENVIRONMENT | WHERE | CLOCK
ALLOWED: dict[str, set[str]] = {
    # applications open a cache without handing anything in, so the library asks the system itself
    "responses/clock.py": {"time.time", "time.time_ns"},
    "responses/config_variables.py": {"os.environ"},
    "__main__.py": {"datetime.datetime.now"},
    "domain/machine.py": {"os.environ", "pathlib.Path.home", "pathlib.Path.cwd"},
}


def questions(module: ast.Module) -> set[str]:
    """What a module asks the process for."""
    return {name for name, _ in mentions(module) if name in ASKING}


@pytest.mark.parametrize("path", list(modules()))
def test_nothing_asks_the_process_outside_of_the_composition_root(path: str) -> None:
    found = questions(modules()[path]) - ALLOWED.get(path, set())
    assert not found, f"cachemgr/{path}: take a Machine, a clock or `now` as an argument"


def test_every_permission_is_needed() -> None:
    unneeded = {path: names - questions(modules()[path]) for path, names in ALLOWED.items()}
    assert not {path: names for path, names in unneeded.items() if names}


@pytest.mark.parametrize(
    "line",
    [
        "import os; os.environ['HOME']",
        "from os import getenv; getenv('HOME')",
        "from pathlib import Path; Path.home()",
        "import time; time.time()",
        "from datetime import datetime, UTC; datetime.now(UTC)",
        "import datetime as dt; dt.datetime.now()",
    ],
)
def test_a_question_is_recognised_however_it_is_asked(line: str) -> None:
    assert questions(ast.parse(line))
