"""The whole program over a home and a project of the test's own, in this process or in another."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cachemgr.__main__ import main
from tests.builders import tree

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What one invocation left behind."""

    code: int
    out: str
    err: str


Program = Callable[..., Said]


@pytest.fixture
def cachemgr(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """Run the command line in this process, standing in the project, without a terminal."""
    monkeypatch.chdir(project)

    def program(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["cachemgr", *arguments])
        capsys.readouterr()
        code = main()
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return program


@pytest.fixture
def process(project: Path) -> Program:
    """Run the command line as a process of its own, with `input` as bytes on its standard input."""

    def program(*arguments: str, env: Mapping[str, str] | None = None, **settings: Any) -> Said:
        settings.setdefault("stdin", None if "input" in settings else subprocess.DEVNULL)
        done = subprocess.run(
            [sys.executable, "-m", "cachemgr", *arguments],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            capture_output=True,
            check=False,
            timeout=60,
            **{key: value for key, value in settings.items() if value is not None},
        )
        decoded = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
        return Said(done.returncode, *decoded)

    return program


@pytest.fixture
def tiktoken_cache(project: Path) -> Path:
    """Where tiktoken caches when nothing tells it otherwise."""
    return project.parent / "temp" / "data-gym-cache"


@pytest.fixture
def caches(home: Path, project: Path) -> Path:
    """A project with a TMDB cache (costs) and a torch checkpoint at home (downloads); the project."""
    tree(
        project,
        {
            "cachemgr.toml": "",
            "config/hardware_cache.json": '{"cache": {"application_caches": {"tmdb": "out/tmdb"}}}',
            "out/tmdb": {"movie_1.json": "{}" * 900, "movie_2.json": "{}", "\x1b]0;x\x07": "odd"},
        },
    )
    tree(home, {".cache/torch/hub/checkpoints/alexnet.pth": b"\x01" * 9000})
    return project
