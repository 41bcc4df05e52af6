"""Trying things as somebody who is not root."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount and become somebody else"
)
USER = 12345


def as_other_user(box: Path, code: str, imports: str = "") -> str:
    """What a program prints that owns `box` and all in it, and has no other rights; `service` works there.

    What it imports it imports before, since it may not be able to read this interpreter afterwards.
    """
    for place, folders, files in os.walk(box):
        for name in (*folders, *files, "."):
            os.chown(os.path.join(place, name), USER, USER, follow_symlinks=False)
    before = (
        "import os, sys; from pathlib import Path; from tests.desk import *;"
        "from cachemgr.execute import system, trash; import filelock, ctypes, psutil;"
        f"{imports}\n"
        f"os.setgroups([]); os.setgid({USER}); os.setuid({USER});"
        "box = Path(sys.argv[1]); service = manager(box.parent / 'home', state=box.parent / 'state')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", before + code, str(box)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
