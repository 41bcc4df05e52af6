"""`cachemgr tiktoken warm`: which directory, which names, and from local files."""

import sys
from pathlib import Path

import pytest

from tests.builders import fingerprint, tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid
from tests.encodings import CL100K, HELLO, loads, place


def test_warm_fills_from_local_files_by_either_name(cachemgr: Program, project: Path) -> None:
    place(project / "downloads", name="cl100k_base.tiktoken")
    place(project / "sha1")

    by_hand = cachemgr("tiktoken", "warm", "--from", "downloads", "--dir", "one")
    by_sha1 = cachemgr("tiktoken", "warm", "text-embedding-3-large", "--from", "sha1", "--dir", "two")

    assert (by_hand.code, by_sha1.code) == (0, 0)
    assert loads(project / "one") == loads(project / "two") == HELLO
    assert by_hand.out.splitlines()[-1] == f"TIKTOKEN_CACHE_DIR={project / 'one'}"


def test_warm_from_a_directory_reports_each_file_that_is_not_right(cachemgr: Program, project: Path) -> None:
    place(project / "downloads")
    place(project / "downloads", b"half", "o200k_base.tiktoken")

    said = cachemgr("tiktoken", "warm", "all", "--from", "downloads", "--dir", "one")

    assert said.code == 1
    assert "o200k_base: it was found, and is corrupt" in said.err
    assert "p50k_base, r50k_base, gpt2/vocab.bpe, gpt2/encoder.json: it was not found" in said.err
    assert [file.name for file in (project / "one").iterdir()] == [CL100K.file]
    warm, into = "cachemgr tiktoken warm", f"--dir {project / 'one'}"
    assert said.err.splitlines()[-2:] == [
        f"Fetch it again: {warm} o200k_base {into}",
        f"Fetch it first: {warm} p50k_base r50k_base gpt2 {into}",
    ]


def test_warm_sets_a_wrong_file_aside_and_keeps_it(cachemgr: Program, project: Path) -> None:
    place(project / "good")
    place(project / "cache", b"wrong")

    said = cachemgr("tiktoken", "warm", "--from", "good", "--dir", "cache")

    assert said.code == 0
    assert loads(project / "cache") == HELLO
    (aside,) = [file for file in (project / "cache").iterdir() if file.name != CL100K.file]
    assert aside.read_bytes() == b"wrong"
    assert f"the wrong one is now {aside.name}" in said.out
    assert "unfinished or set aside" in cachemgr("tiktoken", "verify", "--dir", "cache").out


def test_warm_goes_to_the_configured_directory_then_to_tiktokens_own(
    cachemgr: Program, project: Path, tiktoken_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def where() -> str:
        document = valid(cachemgr("tiktoken", "warm", "gpt-4", "--dry-run", "--json").out, "tiktoken-warm")
        return str(document["path"])

    assert where() == str(tiktoken_cache)
    monkeypatch.setenv("DATA_GYM_CACHE_DIR", str(project / "gym"))
    assert where() == str(project / "gym")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(project / "mine"))
    assert where() == str(project / "mine")
    tree(project, {"cachemgr.toml": '[[cache]]\nname = "tiktoken"\npath = "build/encodings"\n'})
    assert where() == str(project / "build" / "encodings")


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("", 2, "turns the cache off"),
        ("~/encodings", 2, "does not expand"),
        ("encodings", 2, "relative path"),
        ("HOME", 4, "home directory"),
    ],
)
def test_a_setting_that_makes_no_sense_is_said_and_not_followed(
    value: str,
    code: int,
    words: str,
    cachemgr: Program,
    home: Path,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place(project / "good")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(home) if value == "HOME" else value)
    before = fingerprint(project.parent, times=False)

    said = cachemgr("tiktoken", "warm", "--from", "good")

    assert said.code == code
    assert said.err.startswith("cachemgr: TIKTOKEN_CACHE_DIR ")
    assert words in said.err
    assert "--dir" in said.err
    assert fingerprint(project.parent, times=False) == before


def test_nothing_goes_into_a_home_or_a_system_directory(cachemgr: Program, home: Path, project: Path) -> None:
    place(project / "good")

    for place_ in (str(home), str(Path(sys.executable).anchor)):
        said = cachemgr("tiktoken", "warm", "--from", "good", "--dir", place_)
        assert said.code == 4, said.err
    assert cachemgr("tiktoken", "bundle", str(home)).code == 4
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "near"), [("cl100k", "cl100k_base"), ("gtp-4o", "gpt-4o"), ("zzz", "encodings are cl100k_base")]
)
def test_a_name_that_is_none_is_told_the_nearest(name: str, near: str, cachemgr: Program) -> None:
    for verb in (("warm",), ("bundle", "bundle")):
        said = cachemgr("tiktoken", *verb, name)
        assert said.code == 2
        assert near in said.err
