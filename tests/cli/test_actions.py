"""Clear, apply, undo and purge: what was shown is done, and nothing else."""

import json
import os
from pathlib import Path

import pytest

from tests.builders import fingerprint
from tests.cli.conftest import Program


def test_a_dry_run_and_an_unconfirmed_action_change_nothing_at_all(
    cachemgr: Program, caches: Path, home: Path
) -> None:
    before = fingerprint(home), fingerprint(caches)

    dry, unconfirmed = cachemgr("clear", "all", "--dry-run"), cachemgr("clear", "all")

    assert (dry.code, unconfirmed.code) == (0, 7)
    assert "tmdb@project:movie_1.json" in dry.out
    assert dry.out == unconfirmed.out
    assert unconfirmed.err.endswith("run: cachemgr clear all --yes\n")
    assert (fingerprint(home), fingerprint(caches)) == before


def test_undo_brings_back_every_byte_and_time(cachemgr: Program, caches: Path) -> None:
    before = fingerprint(caches)

    cleared = cachemgr("clear", "apps", "--yes")
    assert not (caches / "out" / "tmdb" / "movie_1.json").exists()
    undone = cachemgr("undo", "--yes")

    assert (cleared.code, undone.code) == (0, 0)
    assert "cachemgr undo " in cleared.out
    assert fingerprint(caches) == before


def test_deleting_says_beforehand_that_it_cannot_be_undone(cachemgr: Program, caches: Path) -> None:
    shown = cachemgr("clear", "tmdb", "--delete", "--force", "in-use", "--dry-run")
    done = cachemgr("clear", "tmdb", "--delete", "--force", "in-use", "--yes")

    assert "This deletes 3 entries for good; that cannot be undone." in shown.out
    assert "cannot be undone" in done.out.split("Freed ")[0]
    assert "cachemgr undo" not in done.out
    assert cachemgr("undo", "--yes").code == 4


def test_quarantine_frees_its_bytes_at_the_purge(cachemgr: Program, caches: Path) -> None:
    cachemgr("clear", "torch-hub", "--quarantine", "--yes")
    due, purged = cachemgr("purge", "--due", "--yes"), cachemgr("purge", "--yes", "--json")

    assert due.out == "Purge: nothing to do.\n"
    assert json.loads(purged.out)["totals"]["freed_bytes"] >= 9000
    assert cachemgr("undo", "--yes").code == 4


def test_a_saved_plan_does_exactly_what_it_says_once(cachemgr: Program, caches: Path) -> None:
    saved = cachemgr("clear", "tmdb@project:movie_1.json", "--plan", "plan.json")
    (caches / "out" / "tmdb" / "movie_3.json").write_text("new")

    applied, again = cachemgr("apply", "plan.json", "--yes"), cachemgr("apply", "plan.json", "--yes")

    assert "cachemgr apply plan.json" in saved.out
    assert (applied.code, again.code) == (0, 4)
    assert "was carried out already, by run " in again.err
    assert sorted(path.name for path in (caches / "out" / "tmdb").glob("movie*")) == [
        "movie_2.json",
        "movie_3.json",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"schema": "cachemgr.plan/1"}']
)
def test_what_is_no_plan_is_refused_with_a_sentence(content: bytes, cachemgr: Program, caches: Path) -> None:
    (caches / "plan.json").write_bytes(content)

    said = cachemgr("apply", "plan.json", "--yes")

    assert said.code == 2
    assert said.err.count("\n") == 1


def test_a_plan_that_was_edited_is_refused(cachemgr: Program, caches: Path) -> None:
    cachemgr("clear", "tmdb@project:movie_1.json", "--plan", "plan.json")
    text = (caches / "plan.json").read_text()
    (caches / "plan.json").write_text(text.replace("movie_1", "movie_2"))

    assert cachemgr("apply", "plan.json", "--yes").code == 2
    assert (caches / "out" / "tmdb" / "movie_2.json").exists()


@pytest.mark.parametrize(("option", "text"), [((), b"%s\n\r\n"), (("-0",), b"%s\0")])
def test_ids_come_from_standard_input(
    option: tuple[str, ...], text: bytes, cachemgr: Program, process: Program, caches: Path
) -> None:
    ids = cachemgr("ls", "tmdb", "--where", "name~'movie*'", "-q").out.split()

    said = process(
        "clear", "-", *option, "--yes", "--json", input=b"".join(text % id_.encode() for id_ in ids)
    )

    assert json.loads(said.out)["totals"]["done"] == 2
    assert [path.name for path in (caches / "out" / "tmdb").iterdir() if path.is_file()] == ["\x1b]0;x\x07"]


@pytest.mark.parametrize("command", [("clear", "-", "--yes"), ("ls", "-", "-q"), ("status", "-", "-q")])
def test_an_empty_standard_input_never_means_everything(
    command: tuple[str, ...], process: Program, caches: Path, home: Path
) -> None:
    before = fingerprint(caches)

    said = process(*command, input=b"\n")

    assert (said.code, fingerprint(caches)) == (0, before)
    assert "movie" not in said.out
    assert "@" not in said.out


@pytest.mark.parametrize(
    ("alias", "target"), [("clear-models", "models"), ("clear-app", "apps"), ("clear-all", "all")]
)
def test_the_names_of_the_old_shell_manager_still_work(
    alias: str, target: str, cachemgr: Program, caches: Path
) -> None:
    assert cachemgr(alias, "--dry-run").out == cachemgr("clear", target, "--dry-run").out
    assert alias not in cachemgr("--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("clear", "all", "--delete", "--trash"),
        ("clear", "all", "--json", "--events"),
        ("clear", "all", "--force", "credentials"),
        ("purge", "RUN", "--due"),
        ("status", "--json", "--csv"),
        ("statsu",),
        ("ls", "--limit", "-3"),
        ("--color", "blue"),
    ],
)
def test_a_contradiction_is_a_usage_error_before_anything_happens(
    arguments: tuple[str, ...], cachemgr: Program, caches: Path
) -> None:
    before = fingerprint(caches)

    said = cachemgr(*arguments)

    assert (said.code, said.out if "--json" not in arguments else "") == (2, "")
    assert said.err.count("\n") == 1
    assert fingerprint(caches) == before


def test_a_misspelt_command_names_the_nearest(cachemgr: Program) -> None:
    assert "Did you mean status?" in cachemgr("statsu").err


def test_nothing_to_do_is_no_error_for_a_wide_word(cachemgr: Program, caches: Path) -> None:
    cachemgr("clear", "all", "--yes")

    again = cachemgr("clear", "all", "--yes")

    assert (again.code, again.err) == (0, "")


def test_quiet_prints_the_ids_that_are_gone(cachemgr: Program, caches: Path) -> None:
    said = cachemgr("clear", "torch-hub", "--yes", "--quiet")

    assert said.out == "torch-hub@home:checkpoints/alexnet.pth\n"


def test_a_misconfiguration_is_found_before_anything_is_read(cachemgr: Program, caches: Path) -> None:
    (caches / "cachemgr.toml").write_text("disposl = 'trash'\n")

    for arguments in (("status",), ("clear", "all", "--yes"), ("config", "validate"), ()):
        said = cachemgr(*arguments)
        assert (said.code, said.out) == (2, "")
        assert "cachemgr.toml" in said.err
        assert "disposal" in said.err


def test_the_command_for_a_yes_is_quoted_for_a_shell(cachemgr: Program, caches: Path) -> None:
    odd = caches / "out" / "tmdb" / "two words; $(x)"
    odd.write_text("{}")

    said = cachemgr("clear", "--", "tmdb@project:two words; $(x)")

    assert said.err.endswith("run: cachemgr clear --yes -- 'tmdb@project:two words; $(x)'\n")
    assert os.path.exists(odd)
