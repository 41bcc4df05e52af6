"""`cachemgr tiktoken bundle`: what is right is copied, and the real tiktoken works with it."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.builders import fingerprint
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid
from tests.encodings import CL100K, HELLO, O200K, cl100k, loads, place


def test_real_tiktoken_loads_the_bundle_without_a_network(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)

    said = cachemgr("tiktoken", "bundle", "dist/app/encodings")

    assert (said.code, said.err) == (0, "")
    name, _, directory = said.out.splitlines()[-1].partition("=")
    assert (name, directory) == ("TIKTOKEN_CACHE_DIR", str(project / "dist" / "app" / "encodings"))
    assert loads(directory) == HELLO
    assert [file.name for file in Path(directory).iterdir()] == [CL100K.file]


@pytest.mark.parametrize("wrong", ["flipped", "short", "empty"])
def test_a_corrupt_file_is_reported_and_never_bundled(
    wrong: str, cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    good = cl100k()
    contents = {"flipped": good[:-9] + b"X" + good[-8:], "short": good[:-1], "empty": b""}
    place(tiktoken_cache, contents[wrong])

    verified = cachemgr("tiktoken", "verify")
    bundled = cachemgr("tiktoken", "bundle", "bundle")

    assert (verified.code, bundled.code) == (1, 1)
    assert "corrupt" in verified.out
    assert f"cachemgr tiktoken warm cl100k_base --dir {shlex.quote(str(tiktoken_cache))}" in verified.out
    assert "cl100k_base: it was found, and is corrupt" in bundled.err
    assert not (project / "bundle").exists()
    assert "TIKTOKEN_CACHE_DIR=" not in bundled.out


def test_a_right_copy_is_found_behind_a_corrupt_one(
    cachemgr: Program, project: Path, tiktoken_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(project / "mine"))
    place(project / "mine", b"wrong")
    place(tiktoken_cache)

    said = cachemgr("tiktoken", "bundle", "bundle")

    assert said.code == 0
    assert f"mine/{CL100K.file} is corrupt" in said.err.replace(os.sep, "/")
    assert loads(project / "bundle") == HELLO


def test_a_corrupt_file_in_the_bundle_is_named_and_left_alone(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)
    place(project / "bundle", b"older", O200K.file)
    place(project / "bundle", b"older")
    before = fingerprint(project / "bundle")

    said = cachemgr("tiktoken", "bundle", "bundle", "gpt-4")

    assert said.code == 1
    assert "cl100k_base: something else is there under its name" in said.err
    assert "o200k_base: something else is there under its name" in said.err
    assert fingerprint(project / "bundle") == before


def test_bundling_again_changes_nothing(cachemgr: Program, project: Path, tiktoken_cache: Path) -> None:
    place(tiktoken_cache)
    cachemgr("tiktoken", "bundle", "bundle")
    before = fingerprint(project)

    said = cachemgr("tiktoken", "bundle", "bundle", "cl100k_base")

    assert said.code == 0
    assert "there already" in said.out
    assert said.out.splitlines()[-1] == f"TIKTOKEN_CACHE_DIR={project / 'bundle'}"
    assert fingerprint(project) == before


def test_what_is_named_and_nowhere_is_an_item_that_failed(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)

    said = cachemgr("tiktoken", "bundle", "bundle", "gpt-4", "gpt-4o", "gpt2")

    assert said.code == 1
    assert said.err.startswith("cachemgr: o200k_base, gpt2/vocab.bpe, gpt2/encoder.json: it was not found\n")
    assert loads(project / "bundle") == HELLO


def test_nothing_anywhere_is_no_bundle(cachemgr: Program, project: Path) -> None:
    said = cachemgr("tiktoken", "bundle", "bundle")

    assert said.code == 3
    assert not (project / "bundle").exists()


@pytest.mark.parametrize("verb", ["warm", "bundle"])
def test_a_dry_run_says_it_and_changes_nothing(
    verb: str, cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)
    place(project / "cache", b"wrong")
    arguments = {
        "warm": ("warm", "gpt-4", "gpt-4o", "--from", str(tiktoken_cache), "--dir", "cache"),
        "bundle": ("bundle", "out", "gpt-4", "gpt-4o"),
    }[verb]
    before = fingerprint(project.parent)

    plain = cachemgr("tiktoken", *arguments, "--dry-run")
    document = valid(cachemgr("tiktoken", *arguments, "--dry-run", "--json").out, f"tiktoken-{verb}")

    assert fingerprint(project.parent) == before
    assert plain.code == 0
    assert "copy from" in plain.out
    assert [(file["name"], file["action"]) for file in document["files"]] == [
        ("cl100k_base", "copy"),
        ("o200k_base", "none"),
    ]
    assert document["files"][0]["replaces"] is (verb == "warm")
    assert cachemgr("tiktoken", *arguments, "--json").code == 1


def test_the_documents_of_a_run_say_what_is_there(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)

    for verb, arguments in (
        ("bundle", ("bundle", "out", "gpt-4", "gpt-4o")),
        ("warm", ("warm", "gpt-4", "gpt-4o", "--from", str(tiktoken_cache), "--dir", "two")),
    ):
        document = valid(cachemgr("tiktoken", *arguments, "--json").out, f"tiktoken-{verb}")
        assert [file["status"] for file in document["files"]] == ["done", "failed"]
        assert document["files"][1]["error"]["kind"] == "missing"
        assert document["totals"] == {"there": 1, "size_bytes": CL100K.size, "missing": 1}
        assert loads(document["path"]) == HELLO


def test_read_only_refuses_what_it_would_have_to_write(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)

    said = cachemgr("tiktoken", "bundle", "out", "--read-only")

    assert (said.code, (project / "out").exists()) == (4, False)


@pytest.mark.skipif(sys.platform == "win32", reason="such a name is not possible there")
def test_a_directory_with_a_line_feed_in_its_name_is_for_json_alone(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)

    said = cachemgr("tiktoken", "bundle", "a\nTIKTOKEN_CACHE_DIR=b")

    assert (said.code, said.out) == (2, "")
    document = valid(cachemgr("tiktoken", "bundle", "a\nb", "--json").out, "tiktoken-bundle")
    assert document["path"] == str(project / "a\nb")


def test_quiet_is_the_line_alone_and_it_can_be_evaluated(
    cachemgr: Program, project: Path, tiktoken_cache: Path
) -> None:
    place(tiktoken_cache)

    said = cachemgr("tiktoken", "bundle", "a b/encodings", "--quiet")

    assert said.out == f"TIKTOKEN_CACHE_DIR={project / 'a b' / 'encodings'}\n"
    assert cachemgr("tiktoken", "verify", "--quiet").out == ""
