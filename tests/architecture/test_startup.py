"""Starting up is a feature: a script that asks for the status every hour loads what that needs, no more."""

import re
import sys
from subprocess import run

import pytest

from tests.architecture.source import ROOT
from tests.builders import tree

IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s*([\w.]+)$", re.MULTILINE)
LIGHT = {"cachemgr.responses", "cachemgr.responses.format"}
"""All that anything but `cachemgr responses` may load of the library: its names for files."""
HEAVY = {"textual", "rich", "pydantic", "asyncio", "filelock", "send2trash", "yaml", "psutil",
         "subprocess", "sqlite3"}  # fmt: skip
"""The first four never, the others not without a configuration file, a cache or an action that needs them."""


@pytest.fixture(scope="module", params=["status --json", "ls --json"])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that a command which only looks loads, in a home with something to clear."""
    home = tree(tmp_path_factory.mktemp("home"), {".cache/torch/hub/checkpoints/alexnet.pth": "weights"})
    argv = [sys.executable, "-X", "importtime", "-m", "cachemgr", *request.param.split()]
    keep = {"PATH": "", "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(ROOT)}
    done = run(argv, cwd=home, env=keep, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "torch-hub@home" in done.stdout
    return set(IMPORTED.findall(done.stderr))


@pytest.mark.parametrize("package", sorted(HEAVY))
def test_a_command_that_only_looks_does_not_load(package: str, loaded: set[str]) -> None:
    assert "cachemgr" in loaded
    assert package not in {name.partition(".")[0] for name in loaded}


def test_the_library_for_applications_is_not_loaded(loaded: set[str]) -> None:
    assert {name for name in loaded if name.startswith("cachemgr.responses")} <= LIGHT
