"""Lines for a `.gitignore`: git itself says whether they do what they should."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cachemgr.domain.errors import UsageError
from cachemgr.environment.gitignore import addition
from tests.builders import tree

SEED = ["models", ".cache", "shared/model-cache", "out/tmdb_cache", "out/musicbrainz_cache", "glossary/cache"]
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def ignored(repository: Path, below: str) -> bool:
    """Whether git sees nothing of a directory's content."""
    tree(repository, {below: {"file": "x"}})
    said = subprocess.run(
        ["git", "-C", str(repository), "check-ignore", "-q", "--", f"{below}/file"], check=False
    )
    return said.returncode == 0


@pytest.fixture
def repository(project: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    return project


def write(repository: Path, existing: bytes, wanted: list[str]) -> None:
    made = addition(existing, wanted)
    (repository / ".gitignore").write_bytes(existing + made.content)


HARD = ["a b", "#x", "!x", "café", "deep/a/b", "a/#b", "~x", "-x", "[ab]"]
HARD += ["x ", "a*b", "a?", "back\\slash"] if os.name == "posix" else []


@needs_git
@pytest.mark.parametrize("below", [*SEED, *HARD])
def test_git_ignores_each_directory_and_nothing_like_it(below: str, repository: Path) -> None:
    write(repository, b"", [below])

    assert ignored(repository, below)
    assert not ignored(repository, f"{below.strip()}x")
    assert not ignored(repository, "axb")
    assert not ignored(repository, "a")


@needs_git
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"*.pyc"])
def test_lines_are_added_behind_what_is_there_in_its_own_line_ends(
    end: bytes, last: bytes, repository: Path
) -> None:
    existing = b"build/" + end + b"# mine" + end + last
    made = addition(existing, SEED)
    whole = existing + made.content

    assert whole.startswith(existing)
    assert b"\r" not in whole.replace(b"\r\n", b"") if end == b"\r\n" else b"\r" not in whole
    assert whole.count(b"\n") == whole.count(end)
    assert whole.endswith(end)
    write(repository, existing, SEED)
    assert all(ignored(repository, below) for below in [*SEED, "build"])
    assert ignored(repository, "x.pyc") is bool(last)


@pytest.mark.parametrize(
    "line",
    [
        "models",
        "/models",
        "models/",
        "/models/",
        "models/  ",
        "**/models/",
        "!models/",
        "!/models",
    ],
)
def test_a_line_that_is_there_in_any_spelling_is_not_added_again(line: str) -> None:
    assert addition(f"{line}\n".encode(), ["models"]).lines == ()


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("out/", ()),
        ("out/tmdb_cache", ()),
        ("tmdb_cache/", ()),
        ("!out/tmdb_cache/keep.json", ()),
        ("out/tmdb", ("out/tmdb_cache/",)),
        ("/tmdb_cache/", ("out/tmdb_cache/",)),
        ("out/tmdb_cache/deeper/", ("out/tmdb_cache/",)),
        ("# out/tmdb_cache/", ("out/tmdb_cache/",)),
        ("\\#out/", ("out/tmdb_cache/",)),
        ("out/*", ("out/tmdb_cache/",)),
    ],
)
def test_what_is_above_covers_what_is_below_and_an_exception_is_somebodys_wish(
    line: str, missing: tuple[str, ...]
) -> None:
    assert addition(f"{line}\n".encode(), ["out/tmdb_cache"]).lines == missing


def test_a_second_time_adds_nothing_and_a_third_directory_no_second_heading() -> None:
    first = addition(b"", SEED).content
    again = addition(first, SEED)
    more = addition(first, [*SEED, "thumbnails"])

    assert (again.lines, again.content) == ((), b"")
    assert (more.lines, more.content) == (("thumbnails/",), b"thumbnails/\n")


def test_one_line_covers_directories_below_it() -> None:
    assert addition(b"", [".cache", ".cache/huggingface", ".cache/torch"]).lines == (".cache/",)


@needs_git
def test_a_projects_own_directory_is_meant_at_the_top(repository: Path) -> None:
    made = addition(b"", ["data", "a/b"], {"data", "a/b"})
    (repository / ".gitignore").write_bytes(made.content)

    assert made.lines == ("/data/", "a/b/")
    assert ignored(repository, "data")
    assert not ignored(repository, "src/data")


@pytest.mark.parametrize("name", ["a\nb", "a\rb"])
def test_a_name_that_no_line_can_hold_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="holds a line end"):
        addition(b"", ["c", name])
