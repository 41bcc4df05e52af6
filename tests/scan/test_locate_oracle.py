"""What the tools themselves say about their caches, in a process with exactly that environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cachemgr.catalogue import all_types
from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.settings import Settings
from cachemgr.scan.locate import locate

ORACLE = """
import contextlib, io, json, os, tempfile
import pip
from huggingface_hub import constants
from pip._internal.cli.main_parser import parse_command
from pip._internal.commands import create_command
command = create_command("cache")
options, _ = command.parse_args(["dir"])
torch = os.path.join(os.path.expanduser(os.getenv(
    "TORCH_HOME", os.path.join(os.getenv("XDG_CACHE_HOME", "~/.cache"), "torch"))), "hub")
default = os.path.join(os.path.expanduser("~"), ".cache")
whisper = os.path.join(os.getenv("XDG_CACHE_HOME", default), "whisper")
import tiktoken.load
asked = []
tiktoken.load.read_file = lambda path: asked.append(path) or b""
made = []
os.makedirs = lambda path, exist_ok=False: made.append(path) or (_ for _ in ()).throw(OSError())
with contextlib.suppress(OSError):
    tiktoken.load.read_file_cached("https://example.invalid/x")
answers = {
    "huggingface-hub": constants.HF_HUB_CACHE,
    "huggingface-xet": constants.HF_XET_CACHE,
    "huggingface-assets": constants.HF_ASSETS_CACHE,
    "pip": os.path.realpath(options.cache_dir),
    "torch-hub": torch,
    "openai-whisper": whisper,
    "tiktoken": made[0] if made else None,
}
# Earlier releases take a relative XDG_CACHE_HOME at its word, and none at all on macOS.
if "XDG_CACHE_HOME" in os.environ and [int(part) for part in pip.__version__.split(".")[:2]] < [26, 3]:
    del answers["pip"]
print(json.dumps(answers))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the environments below are written for POSIX")
@pytest.mark.parametrize(
    "env",
    [
        {},
        {"HF_HOME": "/big/hf", "TORCH_HOME": "/big/t", "TIKTOKEN_CACHE_DIR": "/big/k", "PIP_CACHE_DIR": "/p"},
        {"HF_HOME": "", "TORCH_HOME": "", "TIKTOKEN_CACHE_DIR": "", "PIP_CACHE_DIR": ""},
        {"HF_HOME": "~/hf", "TORCH_HOME": "~/t", "TIKTOKEN_CACHE_DIR": "~/k", "PIP_CACHE_DIR": "~/p"},
        {"HF_HOME": "hf", "TORCH_HOME": "t", "TIKTOKEN_CACHE_DIR": "k", "PIP_CACHE_DIR": "p"},
        {"HF_HOME": "~", "TORCH_HOME": "~", "PIP_CACHE_DIR": "~"},
        {"HF_HOME": "$D/hf", "TORCH_HOME": "$D/t", "TIKTOKEN_CACHE_DIR": "$D/k", "D": "/d"},
        {"HF_HUB_CACHE": "$HOME", "HF_ASSETS_CACHE": "$HOME/a", "HF_XET_CACHE": "$HOME/x"},
        {"HF_HUB_CACHE": "", "HF_XET_CACHE": "", "HF_ASSETS_CACHE": ""},
        {"HUGGINGFACE_HUB_CACHE": "/old", "HUGGINGFACE_ASSETS_CACHE": "/olda", "HF_HOME": "/h"},
        {"XDG_CACHE_HOME": "/x"},
        {"XDG_CACHE_HOME": ""},
        {"XDG_CACHE_HOME": "~/x"},
        {"XDG_CACHE_HOME": "x"},
        {"TIKTOKEN_CACHE_DIR": "", "DATA_GYM_CACHE_DIR": "/d"},
        {"DATA_GYM_CACHE_DIR": "/d"},
    ],
    ids=lambda env: " ".join(f"{name}={value}" for name, value in env.items()) or "nothing set",
)
def test_the_tools_themselves_agree(env: Mapping[str, str], tmp_path: Path) -> None:
    home, cwd = tmp_path / "home", tmp_path / "cwd"
    home.mkdir()
    cwd.mkdir()
    whole = {"HOME": str(home), "PATH": os.defpath, "TMPDIR": str(tmp_path), **env}
    platform = Platform.MACOS if sys.platform == "darwin" else Platform.LINUX
    machine = Machine(platform, home, whole, cwd)

    answer = subprocess.run(
        [sys.executable, "-I", "-c", ORACLE], env=whole, cwd=cwd, check=True, capture_output=True, text=True
    )

    ours = {
        candidate.type.id: candidate.path
        for candidate in locate(all_types(), machine, Settings(), None)
        if candidate.active
    }
    for kind, theirs in json.loads(answer.stdout).items():
        assert ours[kind] == (None if theirs is None else cwd / theirs), kind
