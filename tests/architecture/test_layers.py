"""The storeys of the house: the import contracts in pyproject.toml hold, and they can be broken."""

import re
import shutil
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT, CompletedProcess, run

import pytest

from tests.architecture.source import PACKAGE, ROOT

LINT = (
    "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as lint; lint()"
)


def test_nothing_reaches_upstairs() -> None:
    report = _lint(ROOT)
    assert report.returncode == 0, report.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("kitchen.py", ""),
        ("domain/plan.py", "import cachemgr.disk"),
        ("domain/plan.py", "import msgspec"),
        ("plan/__init__.py", "import cachemgr.execute"),
        ("environment/gitignore.py", "import cachemgr.execute"),
        ("cli/__init__.py", "import cachemgr.tui"),
        ("cli/__init__.py", "import cachemgr.execute"),
        ("present/__init__.py", "import rich"),
    ],
)
def test_a_wall_stands_where_the_picture_shows_one(file: str, line: str, tmp_path: Path) -> None:
    """A module without a storey, a step upstairs, a step next door: each breaks a contract."""
    shutil.copytree(PACKAGE, tmp_path / "cachemgr", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "cachemgr" / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    report = _lint(tmp_path)
    assert report.returncode == 1, report.stdout
    assert re.search(r"1 broken|Undeclared modules:\s+- cachemgr.kitchen", report.stdout), report.stdout


def _lint(directory: Path) -> CompletedProcess[str]:
    argv = [sys.executable, "-P", "-c", LINT, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    return run(argv, cwd=directory, stdout=PIPE, stderr=STDOUT, encoding="utf-8", check=False)
