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
from tests.nobody import as_nobody, needs_permissions, public_directory


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
        ({".cache": "a file"}, 2, "is no directory"),
        ({".gitignore": {}}, 2, "is no regular file"),
        ({".gitignore": "é\n".encode("utf-16")}, 4, "is UTF-16"),
        ({".gitignore": b"x\n" * 600_000}, 2, "is longer than"),
        ({"cachemgr.toml": "wrong ="}, 2, "cachemgr.toml: not TOML"),
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


@needs_permissions
def test_a_directory_that_cannot_be_written_is_said_before_anything_is_made(home: Path) -> None:
    with public_directory() as top:
        (top / "project").mkdir(mode=0o555)
        (top / "home").mkdir(mode=0o777)
        (top / "home").chmod(0o777)

        def attempt() -> list[object]:
            from cachemgr.domain.errors import Unavailable
            from tests.managers import manager

            try:
                list(manager(top / "home", top / "project").setup.carry_out())
            except Unavailable as problem:
                return [problem.exit_code, str(problem)]
            return []

        said = as_nobody(attempt)

        assert said == [8, f"{top / 'project'} cannot be written by you, so nothing was made there"]
        assert os.listdir(top / "project") == []


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
