"""The world went on while a run was interrupted: what is new stays, and no entry is left half."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.errors import Refused
from cachemgr.journal.codec import digest
from cachemgr.service import CacheManager
from tests.builders import commit
from tests.desk import carry_out, picture
from tests.journal.ground import Ground, check, hub_of, is_there, look, plan, quarantines
from tests.journal.recovering import before_step, interrupt

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


def test_a_download_that_came_back_meanwhile_is_left_whole(found: Ground) -> None:
    """Its ref and its snapshot are new; its blobs are those that the run had not come to."""
    run = interrupt(found.service, "delete", before_step(8))
    content = {"a.json": b"3", "s.bin": b"t" * 7000}
    hub_of(found.home).download("bob/all", commit("3"), content, refs=("main", "v1"), xet=("s.bin",))
    done = carry_out(found.service, found.service.plan_finish(run.id))
    assert set(done.kinds) == {None}
    (repo,) = (repo for repo in found.hub.scan().repos if repo.repo_id == "bob/all")
    (revision,) = (one for one in repo.revisions if one.commit_hash == commit("3"))
    assert {file.file_name: file.blob_path.read_bytes() for file in revision.files} == content
    assert [warning for warning in found.hub.scan().warnings if OURS not in str(warning)] == []
    assert quarantines(found) == set()


@pytest.mark.parametrize("what", ["delete", "quarantine"])
def test_an_entry_of_which_something_has_changed_comes_back_whole(what: str, found: Ground) -> None:
    """Its refs were moved already; its snapshot got another file since. What shares blobs with it goes."""
    run = interrupt(found.service, what, before_step(5))
    snapshot = found.hub.folder("bob/all") / "snapshots" / commit("3")
    (snapshot / "mine.txt").write_text("mine")
    planned = found.service.plan_finish(run.id)
    reasons = {one.entry: one.reason for one in planned.exclusions}
    changed, other = (f"huggingface-hub@env:models/bob/all@{commit(label)[:7]}" for label in ("3", "4"))
    assert (reasons[changed], reasons[other]) == ("changed", "shared")
    assert set(carry_out(found.service, planned).kinds) == {None}
    assert (snapshot / "mine.txt").read_text() == "mine"
    now = look(found.home)
    kept = {str(place) for place in found.entries[changed]} - {str(snapshot)}
    assert {name: found.before[name] for name in kept if len(found.before[name]) > 2}.items() <= now.items()
    (repo,) = (repo for repo in found.hub.scan().repos if repo.repo_id == "bob/all")
    assert {revision.commit_hash for revision in repo.revisions} == {commit("3")}
    assert [warning for warning in found.hub.scan().warnings if OURS not in str(warning)] == []
    gone = {name for name in found.before if "/answers/" in name}
    assert not gone & set(now)


def test_without_the_configuration_that_knew_the_cache_nothing_at_its_place_is_removed(found: Ground) -> None:
    run = interrupt(found.service, "delete", before_step(9))
    elsewhere = replace(found.service, settings=replace(found.service.settings, roots=()))
    before = picture(found.home)
    with pytest.raises(Refused, match="none of the caches that are looked at here"):
        elsewhere.plan_finish(run.id)
    assert picture(found.home) == before
    carry_out(elsewhere, elsewhere.plan_roll_back(run.id))
    assert is_there(found)


def apply(service: CacheManager, run: str, change: Callable[[dict[str, object]], object]) -> None:
    """A saved plan to finish a run, with something added to it."""
    document = service.encode_plan(service.plan_finish(run))
    change(document)
    document["digest"] = digest(document)
    carry_out(service, service.decode_plan(json.dumps(document).encode()), saved=True)


def test_a_saved_plan_to_finish_may_ask_for_no_more_than_the_journal_would(found: Ground) -> None:
    service = found.service
    run = interrupt(service, "delete", before_step(9))
    kept = next(iter(found.hub.folder("ada/two").glob(f"snapshots/{commit('2')}")))

    def add(document: dict[str, object]) -> None:
        steps = document["steps"]
        assert isinstance(steps, list)
        facts = os.lstat(kept)
        steps.append(
            steps[0]
            | {
                "n": len(steps),
                "path": str(kept),
                "needs": [],
                "identity": steps[0]["identity"] | {"ino": facts.st_ino, "mtime_ns": facts.st_mtime_ns},
            }
        )

    with pytest.raises(Refused, match="plan again"):
        apply(service, run.id, add)
    assert kept.is_dir()


def test_a_saved_plan_without_its_order_is_not_carried_out(found: Ground) -> None:
    service = found.service
    run = interrupt(service, "delete", before_step(3))

    def only_blobs(document: dict[str, object]) -> None:
        steps = document["steps"]
        assert isinstance(steps, list)
        chosen = [step | {"needs": []} for step in steps if "/blobs/" in str(step["path"])]
        assert chosen
        document["steps"] = [step | {"n": number} for number, step in enumerate(chosen)]

    with pytest.raises(Refused, match="plan again"):
        apply(service, run.id, only_blobs)
    apply(service, run.id, lambda document: None)
    assert service.interrupted() == ()
    check(found)


def test_a_plan_that_only_closes_a_run_does_not_recover_it(found: Ground) -> None:
    service = found.service
    run = interrupt(service, "delete", before_step(3))

    def only_close(document: dict[str, object]) -> None:
        steps = document["steps"]
        assert isinstance(steps, list)
        document["steps"] = [step for step in steps if step["action"] == "close"]

    with pytest.raises(Refused, match="plan again"):
        apply(service, run.id, only_close)
    carry_out(service, replace(service.plan_finish(run.id), steps=()))
    assert service.interrupted() == (service.run(run.id),)
    carry_out(service, service.plan_roll_back(run.id))


@pytest.mark.parametrize("theirs", [True, False])
def test_a_directory_in_which_something_lies_keeps_its_mode(theirs: bool, found: Ground) -> None:
    """Somebody made it for himself before the undo that was interrupted came to make it again. An empty one
    may be what that undo had just made, and gets the mode it was to have."""
    carry_out(found.service, plan(found.service, "quarantine"))
    folder = found.hub.folder("bob/all")
    assert not folder.exists()
    run = interrupt(found.service, "undo", before_step(0))
    folder.mkdir(mode=0o700)
    if theirs:
        (folder / "diary").write_text("mine")
    carry_out(found.service, found.service.plan_finish(run.id))
    assert folder.stat().st_mode & 0o777 == (0o700 if theirs else 0o755)
    assert (folder / "snapshots" / commit("3")).is_dir()
