"""A published copy is in everybody's sight: what comes into it is never deleted with it as if it was ours."""

import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from huggingface_hub.utils._fixes import WeakFileLock

from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import STAGING
from cachemgr.domain.action import Publish
from cachemgr.domain.event import Gauge
from cachemgr.domain.run_event import RunEvent, StepFinished
from cachemgr.execute import copies, system, withdrawal
from cachemgr.execute.compare import Compared, compare
from cachemgr.execute.withdrawal import picture
from tests.builders import tree
from tests.desk import carry_out
from tests.migration.ground import Ground, ground, look
from tests.migration.killing import ours, repos

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


def published(there: Path) -> Path:
    return next(path for path in there.glob("models--*"))


@pytest.mark.parametrize("end", ["stopped", "failed"])
@pytest.mark.parametrize("what", ["added", "grown", "rewritten"])
def test_what_came_into_a_published_copy_stays_when_the_run_gives_up(
    found: Ground, elsewhere: Path, end: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, gauge = look(found.hub.root), Gauge()
    there = elsewhere / "hub"
    plan = found.plan(to=there)
    last = [step.action.names[-1] for step in plan.steps if isinstance(step.action, Publish)][-1]
    used: list[Path] = []

    def use(event: RunEvent) -> None:
        if not (isinstance(event, StepFinished) and not used):
            return
        action = plan.steps[event.outcome.number].action
        if isinstance(action, Publish):
            blobs = there / action.names[-1] / "blobs"
            used.append(blobs / "NEW" if what == "added" else next(path for path in blobs.iterdir()))
            new = b"precious" if what != "rewritten" else b"\0" * used[0].stat().st_size
            with used[0].open("ab" if what != "rewritten" else "r+b") as file:
                file.write(new)
            gauge.stopped = end == "stopped"

    def full(source: Handle, name: str, target: Handle, other: str) -> None:
        if end == "failed" and other == last:
            raise OSError(28, "No space left on device")
        move(source, name, target, other)

    move: Callable[[Handle, str, Handle, str], None] = system.move
    monkeypatch.setattr(system, "move", full)
    done = carry_out(found.service, plan, gauge=gauge, during=use)

    assert used[0].read_bytes().endswith(b"precious" if what != "rewritten" else b"\0")
    assert [path.name for path in there.glob("models--*")] == [used[0].parents[1].name]
    assert "changed" in done.kinds
    assert look(found.hub.root) == before
    assert ours(elsewhere, found.home) == []


def test_what_is_made_again_meanwhile_keeps_both(
    found: Ground, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, gauge = elsewhere / "hub", Gauge()
    plan = found.plan(to=there)
    move: Callable[[Handle, str, Handle, str], None] = system.move

    def stop(event: RunEvent) -> None:
        if isinstance(event, StepFinished) and isinstance(plan.steps[event.outcome.number].action, Publish):
            published(there).joinpath("refs", "new").write_text("precious")
            gauge.stopped = True

    def again(source: Handle, name: str, target: Handle, other: str) -> None:
        move(source, name, target, other)
        if name.startswith("models--") and gauge.stopped:
            tree(there / name, {"refs": {"newer": "precious too"}})

    monkeypatch.setattr(system, "move", again)
    done = carry_out(found.service, plan, gauge=gauge, during=stop)

    (newer,), (kept,) = there.glob("*/refs/newer"), there.glob("*/refs/new")
    assert newer.read_text() == "precious too"
    assert kept.read_text() == "precious"
    (trouble,) = [one.trouble for one in done.outcomes if one.trouble and one.trouble.kind == "beside"]
    assert trouble.detail == str(kept.parents[1])
    assert ours(elsewhere, found.home) == []


@pytest.mark.parametrize("what", ["blobs/NEW", "refs/v2", "snapshots/9"])
def test_what_comes_into_a_copy_behind_its_comparison_stays_in_an_undo(
    found: Ground, elsewhere: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, before = elsewhere / "hub", look(found.hub.root)
    carry_out(found.service, found.plan(to=there))
    new = there / found.hub.folder("ada/two").name / what

    def compared(*asked: object) -> Generator[int, None, Compared]:
        done = yield from compare(*asked)  # type: ignore[arg-type]
        if not new.exists() and found.hub.folder("ada/two").name in asked[1]:  # type: ignore[operator]
            new.mkdir() if what.endswith("9") else new.write_text("precious")
        return done

    monkeypatch.setattr(copies, "compare", compared)
    done = carry_out(found.service, found.service.plan_undo())

    assert [kind for kind in done.kinds if kind not in (None, "needs", "not-empty")] == ["changed"]
    assert new.exists()
    assert [path.name for path in there.glob("models--*")] == [found.hub.folder("ada/two").name]
    assert look(found.hub.root) == before
    assert ours(elsewhere, found.home) == []


def test_a_copy_that_somebody_downloads_into_stays_in_an_undo(found: Ground, elsewhere: Path) -> None:
    there, name = elsewhere / "hub", found.hub.folder("ada/two").name
    before = look(found.hub.root)
    carry_out(found.service, found.plan(to=there))
    lock = there / ".locks" / name / "x.lock"
    lock.parent.mkdir(exist_ok=True)

    with WeakFileLock(lock):
        plan = found.service.plan_undo()
        done = carry_out(found.service, plan)

    assert [plan.steps[one.number].action.names for one in done.outcomes  # type: ignore[union-attr]
            if one.trouble and one.trouble.kind == "in-use"] == [("hub", name)]  # fmt: skip
    assert [path.name for path in there.glob("models--*")] == [name]
    assert look(found.hub.root) == before
    again = carry_out(found.service, found.service.plan_undo(plan.reverses))
    assert list(there.glob("models--*")) == []
    assert "in-use" not in again.kinds


class Killed(BaseException):
    """Nothing is caught, and nothing is said any more."""


@pytest.mark.parametrize("end", ["finish", "undo"])
def test_what_came_into_a_copy_survives_a_kill_right_after_it_was_taken_away(
    found: Ground, elsewhere: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, before = elsewhere / "hub", repos(found.hub.root)
    first = carry_out(found.service, found.plan(to=there)).run
    new = there / found.hub.folder("ada/two").name / "refs" / "new"

    def compared(*asked: object) -> Generator[int, None, Compared]:
        done = yield from compare(*asked)  # type: ignore[arg-type]
        if new.parents[1].name in asked[1]:  # type: ignore[operator]
            new.write_text("precious")
        return done

    def killed(folder: Handle, name: str) -> bytes:
        if new.parents[1].exists():
            return picture(folder, name)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(copies, "compare", compared)
        patch.setattr(withdrawal, "picture", killed)
        with pytest.raises(Killed):
            carry_out(found.service, found.service.plan_undo())
    assert not new.exists()

    (run,) = found.service.interrupted()
    again = found.service.plan_finish(run.id) if end == "finish" else found.service.plan_undo(first)
    carry_out(found.service, again)

    assert new.read_text() == "precious"
    assert repos(found.hub.root) == before
    assert ours(elsewhere, found.home) == []


@pytest.mark.parametrize("new", [True, False], ids=["used", "unused"])
@pytest.mark.parametrize("end", ["finish", "rollback"])
def test_a_run_that_is_killed_while_it_gives_up_loses_nothing_either(
    found: Ground, elsewhere: Path, end: str, new: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, before, gauge = elsewhere / "hub", repos(found.hub.root), Gauge()
    plan = found.plan(to=there)
    used: list[Path] = []

    def use(event: RunEvent) -> None:
        if isinstance(event, StepFinished) and isinstance(plan.steps[event.outcome.number].action, Publish):
            used.append(published(there) / "refs" / "new")
            if new:
                used[0].write_text("precious")
            gauge.stopped = True

    def killed(folder: Handle, name: str) -> bytes:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(withdrawal, "picture", killed)
        with pytest.raises(Killed):
            carry_out(found.service, plan, gauge=gauge, during=use)
    name = used[0].parents[1].name
    assert not used[0].parents[1].exists()

    (run,) = found.service.interrupted()
    service = found.service
    again = service.plan_finish(run.id) if end == "finish" else service.plan_roll_back(run.id)
    kinds = carry_out(service, again).kinds

    if not new:
        assert kinds.count(None) == len(kinds)
        assert ours(elsewhere) == []
        assert (repos(there) if end == "finish" else repos(found.hub.root)) == before
    elif end == "rollback":
        assert used[0].read_text() == "precious"
        assert repos(found.hub.root) == before
        assert ours(elsewhere) == []
    else:
        # Its source stays, and what nobody knows the worth of stays where it is.
        assert repos(found.hub.root) == {name: before[name]}
        (kept,) = there.glob(f"{STAGING}*/*/refs/new")
        assert kept.read_text() == "precious"
        carry_out(service, service.plan_undo(run.id))
        assert used[0].read_text() == "precious"
        assert repos(found.hub.root) == before
        assert ours(elsewhere) == []
