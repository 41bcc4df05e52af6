"""`cachemgr tiktoken verify`: every place, every file, and what is only a name."""

import os
import sys
from pathlib import Path

import pytest

from cachemgr.catalogue.tiktoken import FILES
from tests.builders import tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid
from tests.encodings import CL100K, O200K, place


def test_a_directory_that_is_not_there_is_no_empty_one(cachemgr: Program, project: Path) -> None:
    (project / "file").write_text("x")

    for arguments in (("verify", "--dir"), ("warm", "--dir", "x", "--from")):
        for wrong in ("nowhere", "file"):
            said = cachemgr("tiktoken", *arguments, wrong)
            assert said.code == 2
            assert wrong in said.err
    assert not (project / "x").exists()


def test_verify_looks_into_every_place_and_at_every_file(
    cachemgr: Program, project: Path, tiktoken_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR", "CUSTOM_TIKTOKEN_CACHE_DIR"):
        monkeypatch.setenv(name, str(project / name.lower()))
        place(project / name.lower())
    tree(project, {"cachemgr.toml": ""})
    half = f"{CL100K.file}.0b8f3d3e-7f0a-4a5e-9a55-0a6c1d8a3f11.tmp"
    place(tiktoken_cache, b"half", half)
    place(tiktoken_cache, b"wrong", O200K.file)
    place(project / "dist" / "tiktoken-cache", b"", "notes.txt")
    place(project / "dist" / "tiktoken-cache-temp")

    said = cachemgr("tiktoken", "verify", "--json")

    document = valid(said.out, "tiktoken-verify")
    found = {
        (Path(cache["path"]).name, file["file"]): file["state"]
        for cache in document["caches"]
        for file in cache["files"]
        if cache["path"].startswith(str(project.parent))
    }
    assert found == {
        ("tiktoken_cache_dir", CL100K.file): "ok",
        ("data_gym_cache_dir", CL100K.file): "ok",
        ("custom_tiktoken_cache_dir", CL100K.file): "ok",
        ("data-gym-cache", half): "incomplete",
        ("data-gym-cache", O200K.file): "corrupt",
        ("tiktoken-cache", "notes.txt"): "unknown",
        ("tiktoken-cache-temp", CL100K.file): "ok",
    }
    assert [Path(one["path"]).name for one in document["caches"] if one["current"]] == ["tiktoken_cache_dir"]
    assert document["totals"]["corrupt"] == 1
    assert said.code == 1
    assert cachemgr("tiktoken", "verify", "--dir", "tiktoken_cache_dir").code == 0


def test_where_tiktoken_looks_is_said_though_nothing_is_there(
    cachemgr: Program, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(project / "mine"))

    said = cachemgr("tiktoken", "verify")

    assert said.code == 0
    assert "mine (TIKTOKEN_CACHE_DIR): where tiktoken looks now; not there" in said.out


def test_what_lies_there_by_a_hostile_name_is_only_a_name(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    odd = "[@click=app.quit]x" if sys.platform == "win32" else "\x1b]0;x\x07"
    tree(tiktoken_cache, {odd: "x", O200K.file: {"inside": "x"}})
    if sys.platform != "win32":
        (tiktoken_cache / FILES[2].file).symlink_to(place(project / "elsewhere", b"secret"))
        os.mkfifo(tiktoken_cache / FILES[3].file)
    place(tiktoken_cache)

    verified = cachemgr("tiktoken", "verify")
    document = valid(cachemgr("tiktoken", "verify", "--json").out, "tiktoken-verify")
    bundled = cachemgr("tiktoken", "bundle", "out")

    assert "\x1b" not in verified.out + bundled.out + bundled.err
    assert verified.code == 0
    states = [file["state"] for file in document["caches"][0]["files"]]
    assert sorted(states) == ["ok"] + ["unknown"] * (len(states) - 1)
    assert len(states) == (3 if sys.platform == "win32" else 5)
    assert bundled.code == 1
    assert [file.name for file in (project / "out").iterdir()] == [CL100K.file]


def test_a_bundle_with_nothing_of_tiktokens_is_not_verified(cachemgr: Program, project: Path) -> None:
    (project / "bundle").mkdir()
    for _ in range(2):
        for more in ((), ("--json",)):
            said = cachemgr("tiktoken", "verify", "--dir", "bundle", *more)
            assert said.code == 3
            assert "bundle holds no file of tiktoken's" in said.err
        # As a browser names it: tiktoken would not find it.
        (project / "bundle" / "o200k_base.tiktoken").write_text("x")


def test_what_cannot_be_had_has_no_size(cachemgr: Program, project: Path) -> None:
    tree(project, {"cachemgr.toml": ""})
    place(project / "mine", b"xx", CL100K.file)
    said = cachemgr("tiktoken", "warm", "cl100k_base", "--dir", "into", "--from", "mine", "--dry-run")
    assert "MiB" not in said.out
    assert "corrupt" in said.out
