"""After `eval "$(cachemgr env --shell bash)"` the tools themselves find what lies in the project, offline."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import commit, tree
from tests.caches import HubOnDisk
from tests.cli.conftest import ROOT, Program

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="bash is not installed"
)
TIKTOKEN = '\n[[cache]]\nname = "tiktoken"\npath = ".cache/tik token"\n'
URL = "https://example.invalid/o.tiktoken"
RESOLVE = """
import huggingface_hub
print(huggingface_hub.hf_hub_download("org/name", "model.bin"), huggingface_hub.get_token())
"""
READ = f"""
from tiktoken.load import read_file_cached
print(read_file_cached({URL!r}))
"""
TORCH = """
import torch.hub
print(torch.hub.get_dir())
"""


@pytest.fixture
def films(cachemgr: Program, project: Path, home: Path) -> Path:
    """A project that `init` set up, with a model, an encoding and, at home, the token."""
    assert cachemgr("init").code == 0
    with (project / "cachemgr.toml").open("a", encoding="utf-8") as file:
        file.write(TIKTOKEN)
    HubOnDisk(project / ".cache/huggingface/hub").download("org/name", commit("a"), {"model.bin": b"weights"})
    tree(project / ".cache/tik token", {hashlib.sha1(URL.encode()).hexdigest(): "encoding"})
    tree(home, {".cache/huggingface/token": "secret"})
    return project


def told(code: str, films: Path, home: Path, *, led: bool = True) -> "subprocess.CompletedProcess[str]":
    """What a program says that a bash in the project starts, after it took the lines in."""
    lead = f'eval "$("{sys.executable}" -m cachemgr env --shell bash)"; ' if led else ""
    return subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", f'{lead}exec "{sys.executable}" -c "$0"', code],
        cwd=films,
        env={"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_huggingface_hub_resolves_in_the_project_and_has_its_token(films: Path, home: Path) -> None:
    said = told(RESOLVE, films, home)

    snapshot = films / ".cache/huggingface/hub/models--org--name/snapshots" / commit("a")
    assert said.stdout.split() == [str(snapshot / "model.bin"), "secret"], said.stderr
    assert "LocalEntryNotFoundError" in told(RESOLVE, films, home, led=False).stderr


def test_tiktoken_reads_in_the_project(films: Path, home: Path) -> None:
    assert told(READ, films, home).stdout == "b'encoding'\n"


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_torch_looks_in_the_project(films: Path, home: Path) -> None:
    assert told(TORCH, films, home).stdout == f"{films / '.cache/torch/hub'}\n"
