"""The command line over a stage, each invocation a process of its own, and what holds for all of them."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.adversary.build import environment
from tests.adversary.names import HOSTILE
from tests.adversary.stage import SECRET, Stage

ROOT = Path(__file__).resolve().parents[2]
FORCED = ("--force", "in-use")
"""Whoever else runs here, and may not be looked at, is no reason to spare what an attack is tried on."""
DOCUMENTED = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 8, 130))
"""`domain.errors` and the contract of the command line."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one invocation left behind."""

    arguments: tuple[str, ...]
    code: int
    out: bytes
    err: bytes

    @property
    def document(self) -> dict[str, Any]:
        assert self.out.isascii()
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


def settings(stage: Stage) -> dict[str, str]:
    """The environment of a program on the stage."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environment(stage)


def visit(stage: Stage, *arguments: str, given: bytes = b"") -> Said:
    """Run it in the project, without a terminal. Whatever was asked: the code is one of the contract's, no
    traceback is shown, nothing hostile is written raw, no secret is printed and nothing was called."""
    done = subprocess.run(
        # Without -P the interpreter itself looks into the project.
        [sys.executable, "-P", "-m", "cachemgr", *arguments],
        cwd=stage.project,
        env=settings(stage),
        input=given,
        capture_output=True,
        check=False,
        timeout=300,
    )
    said = Said(arguments, done.returncode, done.stdout, done.stderr)
    both = said.out + said.err
    assert said.code in DOCUMENTED, said
    assert b"Traceback" not in both, said
    assert b"a bug:" not in both, said
    assert SECRET.encode() not in both, said
    assert not raw(both), said
    assert not (stage.project / "pwned").exists(), said
    return said


def raw(text: bytes) -> list[bytes]:
    """Which hostile names stand in it as they are on the disk."""
    return [bare for hostile in HOSTILE for bare in hostile.raw if bare in text]


def ids(stage: Stage, targets: Sequence[str], given: bytes = b"") -> tuple[str, ...]:
    """The entries that some targets name, as `ls --json` writes them."""
    said = visit(stage, "ls", *targets, "--json", given=given)
    if said.code:
        return ()
    return tuple(entry["id"] for entry in said.document["entries"])
