"""A demo never shows, reads or writes anything outside of its sample, whatever the environment says."""

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT
from tests.builders import access_times, commit, fingerprint, unread
from tests.caches import HubOnDisk


def demo(*arguments: str, **env: str) -> str:
    argv = [sys.executable, "-m", "cachemgr", "demo", "--status", *arguments]
    done = subprocess.run(
        argv,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **env},
        cwd=os.environ["HOME"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_variables_lead_no_demo_to_a_real_cache(tmp_path: Path) -> None:
    HubOnDisk(tmp_path / "hf" / "hub").download("real/model", commit("real"), {"config.json": b"{}"})
    before, read = fingerprint(tmp_path), unread(tmp_path)

    shown = demo(
        HF_HOME=str(tmp_path / "hf"),
        XDG_CACHE_HOME=str(tmp_path),
        CACHEMGR_STATE_DIR=str(tmp_path / "state"),
        CACHEMGR_CONFIG_DIR=str(tmp_path / "config"),
        CACHEMGR_PROJECT=str(tmp_path / "hf"),
    )

    assert "huggingface-hub@home" in shown
    assert "@env" not in shown
    assert str(tmp_path) not in shown
    assert access_times(tmp_path) == read
    assert fingerprint(tmp_path) == before


def test_a_demo_leaves_nothing_behind(home: Path) -> None:
    demo()
    assert os.listdir(os.environ["TMPDIR"]) == []
    assert os.listdir(home) == []


def test_a_demo_that_is_to_be_kept_stays_where_it_was_named(tmp_path: Path) -> None:
    demo("--dir", str(tmp_path / "sample"), "--keep")
    assert {"home", "project"} <= set(os.listdir(tmp_path / "sample"))
