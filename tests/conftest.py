"""A home and a project of one's own for every test, and a wall before the real one."""

import os
from pathlib import Path

import pytest

MOVES_A_CACHE = ("HF_", "HUGGINGFACE_", "TORCH_", "XDG_", "TIKTOKEN_", "DATA_GYM_", "OLLAMA_", "PIP_", "UV_")
"""Beginnings of variables that would lead a test to this machine's own caches."""
GOES_AWAY = ("CACHEMGR_", "TRANSFORMERS_CACHE", "MLX_CACHE_DIR", "NO_COLOR", "FORCE_COLOR")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home directory; HOME and USERPROFILE point at it."""
    return _made(tmp_path / "home")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project directory."""
    return _made(tmp_path / "project")


@pytest.fixture(autouse=True)
def _not_the_real_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that a test starts, and libraries that it calls, see a temporary home only."""
    for name in list(os.environ):
        if name.startswith(MOVES_A_CACHE + GOES_AWAY):
            monkeypatch.delenv(name)
    home = _made(tmp_path / "home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("APPDATA", str(home / "AppData" / "Roaming"))
    monkeypatch.setenv("LOCALAPPDATA", str(home / "AppData" / "Local"))
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(_made(tmp_path / "temp")))


def _made(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path
