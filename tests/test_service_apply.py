"""A saved plan: applied as it stands, skipped where the world changed, refused where it asks for more."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from cachemgr.domain.action import Remove
from cachemgr.domain.errors import Refused, UnknownTarget, UsageError
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.terms import Disposal, Intent, Status
from cachemgr.execute.sample import SampleHome, build
from cachemgr.journal.codec import digest
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import Clock, Done, carry_out, clear, identity, picture, root_of, sample_manager, utc_now

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pictures are made of POSIX facts")


@pytest.fixture
def sample(tmp_path: Path) -> SampleHome:
    return build(tmp_path / "sample", utc_now())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(sample: SampleHome, clock: Clock) -> CacheManager:
    return sample_manager(sample, clock)


def saved(service: CacheManager, plan: Plan) -> bytes:
    return json.dumps(service.encode_plan(plan)).encode()


def apply(service: CacheManager, plan: Plan) -> Done:
    """Through the file and back."""
    return carry_out(service, service.decode_plan(saved(service, plan)), saved=True)


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_a_plan_that_is_still_right_is_carried_out_to_the_last_step(
    disposal: Disposal, service: CacheManager
) -> None:
    plan = clear(service, disposal=disposal)
    done = apply(service, plan)
    assert set(done.statuses) == {Status.DONE}
    assert len(done.outcomes) == len(plan.steps)


def test_an_undo_and_a_purge_can_be_saved_too(sample: SampleHome, service: CacheManager) -> None:
    before = picture(sample.home, sample.project)
    carry_out(service, clear(service, disposal=Disposal.QUARANTINE))
    assert set(apply(service, service.plan_undo()).statuses) == {Status.DONE}
    assert picture(sample.home, sample.project) == before
    carry_out(service, clear(service, disposal=Disposal.QUARANTINE))
    assert set(apply(service, service.plan_purge()).statuses) == {Status.DONE}


def test_what_changed_since_stays_and_the_rest_goes(sample: SampleHome, service: CacheManager) -> None:
    plan = clear(service, lambda entry, _: entry.cache == "tmdb@project", Disposal.DELETE)
    root = plan.roots[0].path
    first = next(path for path in sorted(root.iterdir()) if path.is_file())
    first.write_text("written after the plan was saved")
    done = apply(service, plan)
    assert done.kinds.count("changed") == 1
    assert done.statuses.count(Status.DONE) == len(plan.steps) - 1
    assert first.read_text() == "written after the plan was saved"


def test_an_entry_that_came_later_keeps_what_it_shares(sample: SampleHome, service: CacheManager) -> None:
    hub = sample.home / ".cache" / "huggingface" / "hub"
    plan = clear(service, lambda entry, _: "openai/whisper-large-v3@" in entry.id, Disposal.DELETE)
    repo = hub / "models--openai--whisper-large-v3"
    snapshot = next((repo / "snapshots").iterdir())
    newer = tree(repo / "snapshots" / ("b" * 40), {})
    for pointer in snapshot.iterdir():
        (newer / pointer.name).symlink_to(pointer.readlink())
    apply(service, plan)
    assert all(pointer.exists() for pointer in newer.iterdir())


@pytest.mark.parametrize("seconds", [11, -3600])
def test_a_plan_that_somebody_read_for_a_while_is_looked_at_again(
    seconds: float, sample: SampleHome, service: CacheManager, clock: Clock
) -> None:
    """A download may share by now what was about to go; or the clock was set back, and nobody knows."""
    hub = sample.home / ".cache" / "huggingface" / "hub"
    plan = clear(service, lambda entry, _: "openai/whisper-large-v3@" in entry.id, Disposal.DELETE)
    repo = hub / "models--openai--whisper-large-v3"
    snapshot = next((repo / "snapshots").iterdir())
    newer = tree(repo / "snapshots" / ("b" * 40), {})
    for pointer in snapshot.iterdir():
        (newer / pointer.name).symlink_to(pointer.readlink())
    clock.ahead = max(seconds, 0)
    if seconds < 0:
        plan = replace(plan, scanned_at=plan.created_at - timedelta(seconds=seconds))
    assert "changed" in carry_out(service, plan).kinds
    assert all(pointer.exists() for pointer in newer.iterdir())


def test_after_fifteen_minutes_it_is_too_old(service: CacheManager, clock: Clock) -> None:
    plan = clear(service)
    clock.ahead = 15 * 60 - 30
    assert service.decode_plan(saved(service, plan))
    clock.ahead = 15 * 60 + 2
    with pytest.raises(Refused, match="15 minutes"):
        apply(service, plan)
    with pytest.raises(Refused, match="15 minutes"):
        carry_out(service, plan)


def test_no_plan_may_say_itself_how_long_it_lasts(service: CacheManager, clock: Clock) -> None:
    plan = clear(service)
    clock.ahead = 3600
    with pytest.raises(Refused, match="15 minutes"):
        apply(service, replace(plan, expires_at=plan.expires_at + timedelta(days=9999)))
    later = plan.created_at + timedelta(days=9998)
    with pytest.raises(Refused, match="15 minutes"):
        apply(service, replace(plan, created_at=later, expires_at=later + timedelta(days=1)))


def test_an_edited_file_is_refused(service: CacheManager) -> None:
    document = json.loads(saved(service, clear(service)))
    document["steps"][0]["path"] += "x"
    with pytest.raises(UsageError, match="changed after it was written"):
        service.decode_plan(json.dumps(document).encode())


def step_for(path: Path, cache: str) -> Step:
    return Step(Remove((path.name,), Disposal.DELETE), cache, None, identity(path), 4096)


def targets(sample: SampleHome) -> dict[str, Path]:
    """What nobody ever showed; the sample's own credentials, and what a person has beside the caches."""
    home = sample.home
    tree(home, {".ssh": {"config": "mine"}, "Documents": {"thesis": {"1": "mine"}}, "notes.txt": "mine"})
    tree(home / ".cache" / "huggingface" / "hub", {"precious.txt": "mine"})
    tree(sample.project / "src", {"main.py": "mine"})
    return {
        "ssh": home / ".ssh" / "config",
        "document": home / "Documents" / "thesis",
        "home": home / "notes.txt",
        "documents": home / "Documents",
        "token": home / ".cache" / "huggingface" / "token",
        "unknown": home / ".cache" / "huggingface" / "hub" / "precious.txt",
        "source": sample.project / "src" / "main.py",
        "root": home / ".cache" / "huggingface" / "hub",
        "store": home / ".cache" / "huggingface" / "hub" / "blobs",
        "state": sample.directory / "state",
    }


WHAT = ["ssh", "document", "home", "documents", "token", "unknown", "source", "root", "store", "state"]


@pytest.mark.parametrize("what", WHAT)
def test_a_crafted_plan_removes_nothing_that_clearing_would_not(
    what: str, sample: SampleHome, service: CacheManager, tmp_path: Path
) -> None:
    """Its digest is right, its identities are right, and it names a root of its own or one of ours."""
    path = targets(sample)[what]
    carry_out(service, clear(service, lambda entry, _: entry.cache == "tmdb@project", Disposal.QUARANTINE))
    before = picture(sample.home, sample.project)
    state = sample.directory / "state"
    shutil.copytree(state, tmp_path / "state")
    for intent, cache in product(Intent, ("huggingface-hub@home", "mine@home")):
        # The last run of the record is the one that can be taken back, each time.
        for place in state.iterdir():
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        shutil.copytree(tmp_path / "state", state, dirs_exist_ok=True)
        root = root_of(path.parent, cache=cache, third_party=True)
        now = utc_now()
        plan = Plan("p-1", intent, now, now + timedelta(minutes=9), (root,), (step_for(path, cache),))
        if intent in (Intent.FINISH, Intent.ROLL_BACK):
            with pytest.raises(UnknownTarget):  # it is about no run
                apply(service, plan)
        else:
            assert Status.DONE not in apply(service, plan).statuses, (intent, cache)
        assert picture(sample.home, sample.project) == before, (intent, cache)


def digested(document: dict[str, object]) -> bytes:
    document["digest"] = digest(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "path", ["../../token", "../hub/../../token", "/etc/passwd", "snapshots/../../../token", "nul\0"]
)
def test_a_path_that_climbs_removes_nothing(path: str, sample: SampleHome, service: CacheManager) -> None:
    plan = clear(service, lambda entry, _: entry.cache == "huggingface-hub@home", Disposal.DELETE)
    document = json.loads(saved(service, plan))
    document["steps"] = document["steps"][:1]
    document["steps"][0]["path"] = path if path[0] == "/" else f"{document['roots'][0]['path']}/{path}"
    before = picture(sample.home, sample.project)
    try:
        done = carry_out(service, service.decode_plan(digested(document)), saved=True)
    except UsageError:
        pass
    else:
        assert Status.DONE not in done.statuses
    assert picture(sample.home, sample.project) == before


def half(plan: Plan, keep: Callable[[Step], bool]) -> Plan:
    """Some steps of a plan, without what they need."""
    return replace(plan, steps=tuple(replace(step, needs=()) for step in plan.steps if keep(step)))


def test_a_plan_for_half_of_an_entry_leaves_it_whole(sample: SampleHome, service: CacheManager) -> None:
    plan = clear(service, lambda entry, _: entry.cache == "huggingface-hub@home", Disposal.DELETE)
    blobs = half(plan, lambda step: isinstance(step.action, Remove) and "blobs" in step.action.names)
    before = picture(sample.home / ".cache" / "huggingface" / "hub")
    kinds = apply(service, blobs).kinds
    assert kinds.count("changed") > 10
    after = picture(sample.home / ".cache" / "huggingface" / "hub")
    gone = set(before) - set(after)
    # A partial download is nobody's half.
    assert all("incomplete" in name for name in gone)
