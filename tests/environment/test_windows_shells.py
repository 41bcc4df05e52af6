"""PowerShell and cmd themselves read the lines, where they are installed; elsewhere see `readers`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cachemgr.domain.environment import Shell
from tests.environment.test_quoting import CONTROLS, HARD, differing, told, written

DUMP = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps(dict(os.environ)))"
POWERSHELL = shutil.which("pwsh") or shutil.which("powershell")


def seen(argv: list[str], answer: Path) -> dict[str, bytes]:
    """What a child of the shell sees: it writes its environment down."""
    subprocess.run(argv, cwd=answer.parent, stdout=subprocess.DEVNULL, check=True, timeout=120)
    return {name: os.fsencode(value) for name, value in json.loads(answer.read_text()).items()}


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    file = tmp_path / "dump.py"
    file.write_text(DUMP)
    return file


@pytest.mark.skipif(POWERSHELL is None, reason="PowerShell is not installed")
def test_powershell_itself_gets_the_exact_path(dump: Path, tmp_path: Path) -> None:
    assert POWERSHELL is not None
    values = HARD + CONTROLS
    answer, batch = tmp_path / "answer.json", tmp_path / "lines.ps1"
    child = f"& '{sys.executable}' '{dump}' '{answer}'\n"
    batch.write_bytes(os.fsencode(written(Shell.POWERSHELL, values) + child))

    found = seen([POWERSHELL, "-NoProfile", "-ExecutionPolicy", "Bypass", "-File", str(batch)], answer)

    assert not differing(told(found), values)


@pytest.mark.skipif(sys.platform != "win32", reason="cmd is a part of Windows")
def test_cmd_itself_gets_the_exact_path(dump: Path, tmp_path: Path) -> None:
    values = [value for value in HARD if '"' not in value]
    answer, batch = tmp_path / "answer.json", tmp_path / "lines.cmd"
    child = f'"{sys.executable}" "{dump}" "{answer}"\r\n'
    batch.write_bytes(os.fsencode(written(Shell.CMD, values) + child))

    found = seen(["cmd", "/d", "/c", "call", str(batch)], answer)

    assert not differing(told(found), values)
