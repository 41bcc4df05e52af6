"""How far a run is, on a terminal: also while a single large entry is removed."""

import io
import re
import sys
import time
from pathlib import Path

import pytest

from cachemgr.execute import system
from tests.builders import tree
from tests.cli.conftest import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_moves_on_while_one_entry_is_deleted(
    cachemgr: Program, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{n:02d}": {f"{m:03d}": "x" * 5000 for m in range(100)} for n in range(30)}
    root = tree(project / "cache", {"large": files})
    tree(project, {"mine.toml": f'[[cache]]\nname = "mine"\npath = "{root}"\n'})
    unlink = system.unlink

    def slow(parent: int, name: str) -> None:
        time.sleep(0.001)
        unlink(parent, name)

    monkeypatch.setattr(system, "unlink", slow)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    cachemgr("clear", "mine", "--delete", "--force", "in-use", "--yes", "--json", "--config", "mine.toml")

    assert not (root / "large").exists()
    lines = re.findall(r"Step 0 of 1, freed ([\d.]+) MiB", terminal.getvalue())
    assert len(set(lines)) >= 3
    assert [float(line) for line in lines] == sorted(map(float, lines))
