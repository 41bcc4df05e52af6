"""A home and a project of one's own for every test, and a wall before the real one."""

import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cachemgr.disk import win32
from tests.holders import Hold

MOVES_A_CACHE = tuple(
    "HF_ HUGGINGFACE_ TRANSFORMERS_ TORCH_ XDG_ TIKTOKEN_ CUSTOM_TIKTOKEN_ DATA_GYM_"
    " OLLAMA_ MLX_ PIP_ UV_".split()
)
"""Beginnings of variables that would lead a test to this machine's own caches."""
CHANGES_OUTPUT = ("CACHEMGR_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
TEMP = tempfile.gettempdir()
"""Asked before any test says otherwise."""

# Who runs tests in the background may ignore these, and every program that a test starts would, too.
for _number in (getattr(signal, _name, signal.SIGINT) for _name in ("SIGINT", "SIGHUP", "SIGQUIT")):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage. Walking over them each time that some hundred objects are
    made took a quarter of the time of all tests; cycles that a test leaves may wait for some more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture
def home(_own_machine: Path) -> Path:
    """An empty home directory; HOME and USERPROFILE point at it. `tmp_path` is somewhere else, and empty."""
    return _own_machine / "home"


@pytest.fixture
def project(_own_machine: Path) -> Path:
    """An empty project directory."""
    return _own_machine / "project"


@pytest.fixture(autouse=True)
def _own_machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that a test starts, and libraries that it calls, see a temporary home only."""
    top = tmp_path_factory.mktemp("machine")
    for name in ("home", "project", "temp"):
        (top / name).mkdir()
    for name in list(os.environ):
        if name.startswith(MOVES_A_CACHE + CHANGES_OUTPUT):
            monkeypatch.delenv(name)
    home = top / "home"
    for name, place in (
        ("HOME", home),
        ("USERPROFILE", home),
        ("APPDATA", home / "AppData" / "Roaming"),
        ("LOCALAPPDATA", home / "AppData" / "Local"),
        ("TMPDIR", top / "temp"),
        ("TEMP", top / "temp"),
        ("TMP", top / "temp"),
    ):
        monkeypatch.setenv(name, str(place))
    # Whether this machine records accesses is its own affair.
    monkeypatch.setattr(win32, "access_setting", lambda: 0)
    return top


@pytest.fixture
def abyss() -> Iterator[Path]:
    """An empty directory for trees of thousands of levels. Not one of pytest's own: those it deletes
    recursively, so that what a killed run left in one would fail every later run."""
    place = tempfile.mkdtemp(prefix="cachemgr-abyss-", dir=TEMP)
    yield Path(place)
    subprocess.run(["rm", "-rf", place], check=True)


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Programs that hold something as long as the test runs."""
    with ExitStack() as stack:

        def start(code: str, *arguments: os.PathLike[str] | str) -> int:
            program = f"import mmap, os, sys\n{code}\nprint(flush=True); sys.stdin.read()"
            argv = [sys.executable, "-c", program, *(os.fspath(each) for each in arguments)]
            child = stack.enter_context(subprocess.Popen(argv, stdin=-1, stdout=-1))
            assert child.stdin is not None
            assert child.stdout is not None
            stack.callback(child.stdin.close)
            assert child.stdout.readline(), "it could not do that; see its traceback"
            return child.pid

        yield start
