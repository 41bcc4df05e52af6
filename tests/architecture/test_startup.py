"""Starting up is a feature: a script that asks for the status every hour loads what that needs, no more."""

import re
import sys
from subprocess import run

import pytest

from tests.architecture.source import ROOT

IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s*([\w.]+)$", re.MULTILINE)
HEAVY = {"textual", "rich", "pydantic", "asyncio", "filelock", "send2trash", "yaml", "psutil"}
"""The first four never, the others not without a configuration file or an action that needs them."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The top-level modules that `status --json` loads in an empty home."""
    home = tmp_path_factory.mktemp("home")
    argv = [sys.executable, "-X", "importtime", "-m", "cachemgr", "status", "--json"]
    keep = {"PATH": "", "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(ROOT)}
    done = run(argv, cwd=home, env=keep, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("{")
    return {name.partition(".")[0] for name in IMPORTED.findall(done.stderr)}


@pytest.mark.parametrize("package", sorted(HEAVY))
def test_status_json_does_not_load(package: str, loaded: set[str]) -> None:
    assert "cachemgr" in loaded
    assert package not in loaded
