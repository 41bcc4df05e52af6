"""The exit code says what a script has to know, whatever was asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import tree
from tests.cli.conftest import Program
from tests.nobody import needs_permissions


@pytest.mark.parametrize("command", [("status",), ("ls",), (), ("clear", "all", "--dry-run")])
def test_a_root_that_is_out_of_reach_is_never_a_silent_0(
    command: tuple[str, ...], cachemgr: Program, caches: Path, home: Path
) -> None:
    (home / ".cache").mkdir(exist_ok=True)
    # A link that leads in a circle is out of reach for everybody, root included.
    (home / ".cache" / "uv").symlink_to(home / ".cache" / "uv")

    said = cachemgr(*command)

    assert said.code == 8
    assert ".cache/uv" in said.out + said.err


@needs_permissions
@pytest.mark.parametrize("home", ["/no/such/home", ""])
def test_a_home_that_is_not_there_is_an_error(home: str, process: Program) -> None:
    said = process("status", env={"HOME": home})
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("name one with --home\n")


def test_what_stays_of_what_was_named_is_1_and_said_last(
    cachemgr: Program, caches: Path, hold: Callable[..., int]
) -> None:
    hold("file = open(sys.argv[1])", caches / "out" / "tmdb" / "movie_1.json")

    said = cachemgr("clear", "tmdb", "--yes")

    assert said.code == 1
    assert "; 1 entry stays.\n" in said.out


@pytest.mark.parametrize("targets", [(), ("models",), ("torch-hub@home",)])
def test_what_has_another_content_at_the_destination_is_never_a_silent_0(
    targets: tuple[str, ...], cachemgr: Program, home: Path, project: Path
) -> None:
    tree(
        project,
        {
            "cachemgr.toml": '[roots]\ntorch_home = ".cache/torch"\n',
            ".cache/torch/hub/checkpoints/a.pth": b"theirs, and longer",
        },
    )
    old = tree(home, {".cache/torch/hub/checkpoints": {"a.pth": b"ours", "b.pth": b"more"}})

    said = cachemgr("migrate", *targets, "--yes", "--force", "in-use")
    again = cachemgr("migrate", *targets, "--yes", "--force", "in-use")

    assert said.code == 1
    assert "; 1 entry stays.\n" in said.out
    assert again.code == (4 if targets == ("torch-hub@home",) else 1)
    assert (old / ".cache/torch/hub/checkpoints/a.pth").read_bytes() == b"ours"


def test_a_place_that_must_not_be_used_says_why(cachemgr: Program, project: Path, tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"thumb.png": "x"})
    toml = f"[[cache]]\nname = 'thumbs'\npath = '{outside.as_posix()}'\n"
    (project / "cachemgr.toml").write_text(toml, encoding="utf-8")

    said = cachemgr("clear", "thumbs", "--dry-run")

    assert (said.code, said.out) == (4, "")
    assert "names a place outside the project; `cachemgr config trust` allows it" in said.err


def test_trust_is_asked_for_and_says_which_places_it_is_about(
    cachemgr: Program, project: Path, tmp_path: Path
) -> None:
    outside = tree(tmp_path / "outside", {"thumb.png": "x"})
    toml = f"[[cache]]\nname = 'thumbs'\npath = '{outside.as_posix()}'\n"
    (project / "cachemgr.toml").write_text(toml, encoding="utf-8")

    asked = cachemgr("config", "trust")
    kept = cachemgr("config", "trust", "--yes", "--read-only")
    still = cachemgr("status", "thumbs").out
    agreed = cachemgr("config", "trust", "--yes")

    assert (asked.code, kept.code) == (7, 4)
    assert f"Outside the project: {outside} (cachemgr.toml:3)\n" in asked.out
    assert "run: cachemgr config trust --yes" in asked.err
    assert "names a place outside the project" in still
    assert agreed.code == 0
    assert "names a place outside the project" not in cachemgr("status", "thumbs").out
