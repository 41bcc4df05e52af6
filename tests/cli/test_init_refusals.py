"""Where `cachemgr init` says no, and that nothing is half done then."""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from tests.builders import Link, Node, fingerprint, tree
from tests.cli.conftest import Program
from tests.cli.test_init import posix, states
from tests.nobody import NOBODY, as_nobody, give_away, needs_permissions, public_directory


@pytest.mark.parametrize("where", ["home", "above", "root", "system", "personal"])
def test_no_project_is_made_of_somebodys_home_or_of_the_system(
    where: str, process: Program, home: Path
) -> None:
    (home / "Documents").mkdir()
    places = {
        "home": home,
        "above": home.parent,
        "root": Path(home.anchor),
        "system": Path("/usr" if sys.platform != "win32" else "C:\\Windows"),
        "personal": home / "Documents",
    }
    before = fingerprint(home)

    said = process("init", "--project", str(places[where]))

    assert (said.code, said.out) == (4, "")
    assert said.err.count("\n") == 1
    assert "--project" in said.err
    assert fingerprint(home) == before


@posix
@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        ({".gitignore": Link("../outside/file")}, 4, "is a link that leads out of the project"),
        ({".cache": Link("../outside")}, 4, "is a link that leads out of the project"),
        ({".gitignore": Link("nowhere")}, 2, "is a link to nothing"),
        ({".cache": Link("nowhere")}, 2, "is a link to nothing"),
        ({".cache": Link(".cache")}, 2, "is a link to nothing"),
        ({"cachemgr.toml": Link("../outside/nothing")}, 2, "is a link to nothing"),
        ({".cache": "a file"}, 2, "is no directory"),
        ({".gitignore": {}}, 2, "is no regular file"),
        ({".gitignore": "é\n".encode("utf-16")}, 4, "is UTF-16"),
        ({".gitignore": b"x\n" * 600_000}, 2, "is longer than"),
        ({"cachemgr.toml": "wrong ="}, 2, "cachemgr.toml: not TOML"),
        ({"cachemgr.toml": '[roots]\ntorch_home = "a\\nb"\n'}, 2, "holds a line end"),
    ],
    ids=str,
)
def test_what_is_in_the_way_is_a_sentence_and_nothing_is_touched(
    spoil: dict[str, Node], code: int, says: str, cachemgr: Program, project: Path
) -> None:
    tree(project.parent / "outside", {"file": "theirs\n"})
    tree(project, spoil)
    before = fingerprint(project.parent)

    for arguments in (("init",), ("init", "--dry-run")):
        said = cachemgr(*arguments)
        assert (said.code, said.out) == (code, "")
        assert says in said.err
        assert said.err.count("\n") == 1
    assert fingerprint(project.parent) == before


@posix
@pytest.mark.parametrize("name", [".gitignore", ".cache", ".cache/torch", "cachemgr.toml"])
def test_a_pipe_is_not_waited_for(name: str, process: Program, project: Path) -> None:
    place = project / name
    place.parent.mkdir(exist_ok=True)
    os.mkfifo(place)
    before = fingerprint(project)

    said = process("init")

    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert place.name in said.err
    assert fingerprint(project) == before


@needs_permissions
@pytest.mark.parametrize("shut", [".", ".gitignore", ".cache"])
def test_what_cannot_be_written_is_said_before_anything_is_made(shut: str, home: Path) -> None:
    with public_directory() as top:
        project = tree(top / "project", {".gitignore": "x\n", ".cache": {}})
        tree(top / "home", {})
        give_away(top)
        (project / shut).chmod(0o555 if (project / shut).is_dir() else 0o444)
        before = fingerprint(project)

        def attempt() -> list[object]:
            from cachemgr.domain.errors import CacheMgrError
            from tests.managers import manager

            try:
                list(manager(top / "home", project).setup.carry_out())
            except CacheMgrError as problem:
                return [problem.exit_code, str(problem)]
            return []

        assert as_nobody(attempt) == [8, f"{project / shut} cannot be written by you, so nothing was made"]
        assert fingerprint(project) == before


@posix
@pytest.mark.parametrize("theirs", [".", ".gitignore", ".cache"])
def test_what_belongs_to_somebody_else_is_left_alone_without_the_word_for_it(
    theirs: str, process: Program, project: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    tree(project, {".gitignore": "x\n", ".cache": {}})
    os.chown(project / theirs, NOBODY, NOBODY)
    before = fingerprint(project)

    for arguments in (("init",), ("init", "--dry-run")):
        said = process(*arguments)
        assert (said.code, said.out) == (4, "")
        assert f"{project / theirs} belongs to another user" in said.err
        assert "--allow-root" in said.err
    assert fingerprint(project) == before
    assert process("init", "--allow-root").code == 0
    # What is whole needs nothing of anybody.
    assert process("init").code == 0


@posix
def test_a_disk_that_runs_full_leaves_no_half_file_and_the_report_says_which(
    process: Program, project: Path
) -> None:
    """A limit of a file's size says no in the middle of a write, as a full disk does."""
    import resource

    mine = "# mine\n" * 40
    tree(project, {".gitignore": mine})

    said = process("init", "--json", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)))

    made = states(said.out)
    assert said.code == 1
    assert (made[".gitignore"], made["cachemgr.toml"], made[".cache/torch"]) == (
        "failed",
        "failed",
        "created",
    )
    assert {item["error"]["errno"] for item in json.loads(said.out)["items"] if item["error"]} == {
        errno.EFBIG
    }
    assert (project / ".gitignore").read_text() == mine
    assert not (project / "cachemgr.toml").exists()
    assert states(process("init", "--json").out)["cachemgr.toml"] == "created"


def test_read_only_changes_nothing(cachemgr: Program, project: Path) -> None:
    said = cachemgr("init", "--read-only")

    assert (said.code, os.listdir(project)) == (4, [])


@posix
def test_under_sudo_it_is_refused_without_the_word_for_it(process: Program, project: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be under sudo")
    refused = process("init", env={"SUDO_UID": "1000"})
    assert (refused.code, os.listdir(project)) == (4, [])

    assert process("init", "--allow-root", env={"SUDO_UID": "1000"}).code == 0


@posix
def test_lines_are_not_added_to_a_file_that_has_a_name_elsewhere(
    cachemgr: Program, project: Path, tmp_path: Path
) -> None:
    tree(tmp_path / "outside", {"file": "x\n"})
    (project / ".gitignore").hardlink_to(tmp_path / "outside" / "file")
    before = fingerprint(project)

    said = cachemgr("init")

    assert said.code == 4
    assert "is also called something else (a hard link)" in " ".join(said.err.split())
    assert fingerprint(project) == before
