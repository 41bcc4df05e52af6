"""Every action of the command line over the whole stage: only what may go goes, and all of it is said."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from cachemgr.catalogue import all_types
from tests.adversary.build import build
from tests.adversary.judge import broken_promises, look, not_accounted_for, take, trespasses, unsaid
from tests.adversary.picture import Picture
from tests.adversary.stage import Stage
from tests.adversary.visit import FORCED, Said, ids, visit

LOOKS = (
    (("status",), 0),
    (("status", "--json"), 0),
    (("ls", "--json"), 0),
    (("clear", "all", "--dry-run"), 0),
    (("clear", "all", "--json"), 7),
    (("purge", "--dry-run"), 0),
    (("recover", "--json"), 0),
    (("init", "--dry-run"), 0),
)
MORE_LOOKS = (
    (("clear", "all", "--plan", "-", "--trash"), 0),
    (("history", "--json"), 0),
    (("status", "--csv"), 0),
    (("status", "--quiet"), 0),
    (("ls",), 0),
    (("ls", "--quiet", "--sort", "name"), 0),
    (("ls", "--where", "name~*Q*", "--limit", "5"), 0),
    (("history",), 0),
    (("history", "20260101"), 3),
    (("clear", "all", "--dry-run", "--quiet"), 0),
    (("clear", "all", "--yes", "--read-only"), 4),
    (("clear", "no\x1b]0;Qosc\x07such", "--yes"), 3),
    (("undo", "--dry-run"), 3),
    (("undo",), 3),
    (("purge",), 0),
    (("purge", "x"), 3),
    (("recover",), 0),
    (("recover", "--finish", "--yes"), 0),
    (("recover", "x", "--rollback", "--yes"), 3),
    (("apply", "no-such-plan.json"), 2),
    (("types",), 0),
    (("config", "show"), 0),
    (("env", "--shell", "sh"), 0),
    (("env", "--json"), 0),
    (("run", "--", "true"), 0),
    ((), 0),
)
SAME = ("kind", "mode", "owner", "modified", "links", "size", "content")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that every test leaves as it was."""
    stage = build(tmp_path_factory.mktemp("stage") / "kept")
    yield stage
    stage.strike()


def carried_out(stage: Stage, targets: Sequence[str], disposal: str, given: bytes = b"") -> Said:
    """Plan, apply, and compare three things: what was asked for, what was said, and what was done.

    With --force in-use: on a busy machine its programs cannot be asked in time, and then what costs money
    would stay.
    """
    named = ids(stage, targets, given)
    file = stage.temp / f"plan-{len(list(stage.temp.iterdir()))}.json"
    how = (f"--{disposal}", *FORCED, "--plan", str(file), "--json")
    planned = visit(stage, "clear", *targets, *how, given=given)
    assert planned.code == 0, planned
    before = take(stage)
    said = visit(stage, "apply", str(file), "--yes", "--json")
    assert said.code in (0, 1), said
    assert not trespasses(stage, before, take(stage), stage.may)
    assert not not_accounted_for(named, said.document)
    assert not broken_promises(json.loads(file.read_text()), said.document)
    return said


def assert_undone(stage: Stage, before: Picture) -> None:
    """Bring the last run back, and see that nothing is different from what was there before it."""
    said = visit(stage, "undo", "--yes", "--json")
    assert said.code == 0, said
    after = take(stage)
    assert not before.changes(after, *SAME)
    copies = [path for path, facts in before.entries.items() if facts.inode != after.entries[path].inode]
    assert not [path for path in copies if not before.entries[path].directory]


def test_every_cache_type_is_on_the_stage_with_something_that_may_go(kept: Stage) -> None:
    kinds = set(kept.may.values())

    caches = visit(kept, "status", "--json").document["caches"]

    # `custom` is the type of names that only a configuration knows.
    # Of other libraries' databases each is one file, which tests/catalogue has.
    databases = {"diskcache", "gptcache", "instructor", "langchain", "litellm", "requests-cache"}
    assert {kind.id for kind in all_types()} - {"custom", "models-dir"} - databases <= kinds
    assert {"pictures", "nested"} <= kinds
    there = {cache["path"] for cache in caches if cache["state"] == "ok"}
    assert {str(root) for root in kept.roots} <= there


@pytest.mark.parametrize("looks", [LOOKS, pytest.param(MORE_LOOKS, marks=pytest.mark.soak)], ids=["", "more"])
def test_looking_and_planning_change_nothing_at_all(
    looks: tuple[tuple[tuple[str, ...], int], ...], kept: Stage
) -> None:
    before = take(kept)
    for arguments, code in looks:
        said = visit(kept, *arguments)

        assert said.code == code, said
        after = take(kept)
        assert not trespasses(kept, before, after, (), reading=True), arguments
        before = after


TARGETS = ("legacy", "-0")
MORE_TARGETS = (
    "uv@home:*Q*",
    "models",
    "apps",
    "responses",
    "packages",
    "tmdb",
    "torch-hub@project",
    "nested",
    "-",
    "mlx@project:models/ada/clean",
)


@pytest.mark.parametrize(
    "target", [*TARGETS, *(pytest.param(name, marks=pytest.mark.soak) for name in MORE_TARGETS)]
)
def test_what_any_target_sets_aside_comes_back_as_it_was(target: str, kept: Stage) -> None:
    targets: Sequence[str] = (target,)
    given = b""
    if target.startswith("-"):
        known = ids(kept, ("tmdb", "torch-hub@home", "ollama@env"))[:40]
        # On a line of its own a name with a line feed is written as it is shown.
        lines = known if target == "-0" else visit(kept, "ls", "tmdb", "--quiet").out.decode().splitlines()
        given = ("\0" if target == "-0" else "\n").join(lines).encode()
        targets = ("-", "-0") if target == "-0" else ("-",)
        assert ids(kept, targets, given)
    before = take(kept)

    carried_out(kept, targets, "quarantine", given)

    assert_undone(kept, before)


def test_what_everything_sets_aside_comes_back_as_it_was(kept: Stage) -> None:
    before = take(kept)

    carried_out(kept, ("all",), "quarantine")

    assert not [path for path in kept.must if path.exists()]
    assert_undone(kept, before)


def test_what_goes_is_what_may_go_whichever_way_it_goes(stage: Stage) -> None:
    thrown = carried_out(stage, ("apps", "responses"), "trash")
    assert in_the_trash(stage) == sum(one["does"] == "trash" for one in done(thrown))

    run = carried_out(stage, ("packages", "legacy"), "quarantine").document["run"]
    waiting = [root / f".cachemgr-quarantine-{run}" for root in stage.roots]
    before = take(stage)
    purged = visit(stage, "purge", run, "--yes", "--json")
    assert not trespasses(stage, before, take(stage), waiting)
    assert not [path for path in waiting if path.exists()] or purged.code == 1

    inventory = look(stage)
    deleted = carried_out(stage, ("all",), "delete")
    assert not [path for path in stage.must if path.exists()]
    assert not unsaid(stage, inventory, deleted.document)


def done(said: Said) -> list[dict[str, Any]]:
    return [one for one in said.document["outcomes"] if one["status"] == "done"]


def in_the_trash(stage: Stage) -> int:
    return len(os.listdir(stage.trash / "files"))


@pytest.mark.soak
@pytest.mark.parametrize("disposal", ["delete", "quarantine", "trash"])
def test_everything_at_once(disposal: str, stage: Stage) -> None:
    inventory = look(stage)

    said = carried_out(stage, ("all",), disposal)

    assert disposal == "trash" or not [path for path in stage.must if path.exists()]
    assert not unsaid(stage, inventory, said.document)


@pytest.mark.parametrize("place", ["Trash", "Trash/files", "Trash/info"])
def test_a_trash_that_is_a_link_gets_nothing(place: str, kept: Stage) -> None:
    link, bin_ = kept.trash.parent / place, kept.outside / "bin"
    link.parent.mkdir(exist_ok=True)
    bin_.mkdir()
    link.symlink_to(bin_)
    before = take(kept)

    try:
        said = visit(kept, "clear", "responses", "tmdb", "--trash", "--yes", "--json")

        assert said.code in (1, 4)
        assert not before.changes(take(kept), "kind", "mode", "owner", "inode", "size", "content")
        assert not os.listdir(bin_)
    finally:
        link.unlink()
        shutil.rmtree(kept.trash, ignore_errors=True)
        bin_.rmdir()
