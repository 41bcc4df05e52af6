"""What the command line writes to a real terminal over hostile names: text, colours, and nothing else."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from filelock import FileLock

from tests.adversary.parade import ROOT_NAME, parade
from tests.adversary.stage import Stage
from tests.adversary.terminal import controls, strange, terminal, unseen

RUN = re.compile(rb"\d{8}-\d{6}-[0-9a-f]{8}")
HOSTILE_WORD = "\x1b]0;Qosc\x07\u202eQbidi"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = parade(tmp_path_factory.mktemp("parade") / "stage", pictures=3000)
    yield stage
    stage.strike()


def said(stage: Stage, *arguments: str, answer: bytes = b"") -> bytes:
    """All that a command wrote, after its question was answered."""
    with terminal(stage, *arguments) as screen:
        if answer:
            question = screen.read(until=b": " if answer == b"delete\n" else b"[y/N]")
            assert b"Traceback" not in question
            os.write(screen.handle, answer)
        screen.read(until=b"\x00never", seconds=60)
        shown = bytes(screen.seen)
    assert not strange(shown), arguments
    assert not controls(shown), arguments
    assert b"Traceback" not in shown
    return shown


def test_tables_show_every_name_as_text(stage: Stage) -> None:
    assert not unseen(said(stage, "ls"))
    assert not unseen(said(stage, "ls", "--quiet"))
    assert not unseen(said(stage, "clear", "tmdb", "--dry-run"))


def test_places_and_findings_are_text(stage: Stage) -> None:
    status = said(stage, "status")

    assert b"\\x1b]0;Qroot\\x07" in status
    assert ROOT_NAME not in status
    assert b"legacy location" in status
    assert b"\\x1b]0;Qroot\\x07" in said(stage, "config", "show") + said(stage, "status", "--csv")


def test_a_question_what_is_done_the_record_and_the_way_back_are_text(stage: Stage) -> None:
    asked = said(stage, "clear", "tmdb", "torch-hub", "--quarantine", answer=b"n\n")
    assert b"not confirmed" in asked
    done = said(stage, "clear", "tmdb", "--quarantine", answer=b"y\n")
    run = RUN.findall(done)[-1].decode()
    # What holds a secret stays, and is said by its hostile name.
    assert not unseen(asked + done)

    assert run.encode() in said(stage, "history")
    assert not unseen(said(stage, "history", run))
    assert b"Brought back" in said(stage, "undo", run, answer=b"y\n")


def test_progress_is_one_line_that_is_written_over(stage: Stage) -> None:
    shown = said(stage, "clear", "pictures", "--quarantine", "--yes")

    assert re.search(rb"\r\x1b\[KStep \d+ of \d+", shown)
    said(stage, "undo", "--yes")


def test_mistakes_repeat_what_was_typed_as_text(stage: Stage) -> None:
    """Words that a person pasted, names of files, and what another process left behind."""
    plan = stage.temp / os.fsdecode(b"\x1b]0;Qosc\x07")
    other = stage.temp / HOSTILE_WORD
    other.mkdir(exist_ok=True)
    mistakes = (
        ("clear", HOSTILE_WORD),
        ("ls", "--where", HOSTILE_WORD),
        ("ls", "--sort", HOSTILE_WORD),
        ("history", HOSTILE_WORD),
        ("undo", HOSTILE_WORD),
        ("apply", str(plan)),
        ("status", "--config", str(plan)),
        ("status", "--home", str(plan)),
        ("status", "--home", str(other)),
        ("clear", "tmdb", "--plan", str(plan)),
        ("clear", "tmdb", "--plan", str(plan)),
        (HOSTILE_WORD,),
        ("status", f"--{HOSTILE_WORD}"),
        ("clear", "tmdb", "--yes", "--force", HOSTILE_WORD),
    )
    for arguments in mistakes:
        assert b"\\x1b]0;Qosc" in said(stage, *arguments), arguments
    assert plan.exists(), "the plan was written under the name it was given"


def test_variables_and_what_a_project_gets_are_text(stage: Stage) -> None:
    """`said` holds all of it against the list of what moves a terminal."""
    own = stage.temp / "own.toml"
    own.write_text(f"[roots]\ntorch_home = {json.dumps(str(stage.project / HOSTILE_WORD))}\n")

    # As bash quotes, zsh does; tests/environment has every shell.
    for shell in ("bash", "fish", "powershell", "systemd", "dotenv", "cmd", "json"):
        assert b"Qosc" in said(stage, "env", "--shell", shell, "--config", str(own)), shell
    assert b"\\x1b]0;Qosc\\x07\\u202eQbidi" in said(stage, "init", "--dry-run", "--config", str(own))


def test_who_holds_the_lock_is_text(stage: Stage) -> None:
    with FileLock(stage.state / "writer.lock", timeout=0):
        (stage.state / "writer.json").write_text('{"pid": 1, "run": "\\u001b]0;Qosc\\u0007"}')
        assert b"\\x1b]0;Qosc" in said(stage, "clear", "tmdb", "--yes")


def test_a_broken_configuration_is_text(stage: Stage, tmp_path: Path) -> None:
    for line in ('"\\u001b]0;Qosc" = 1', '[[cache]]\nname = "\\u001b]0;Qosc"\npath = "/x"'):
        (tmp_path / "c.toml").write_text(line)
        assert b"Qosc" in said(stage, "status", "--config", str(tmp_path / "c.toml"))
