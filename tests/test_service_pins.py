"""What is pinned stays: revisions by any of their names, and what was pinned after a run was cut short."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.domain.policy import Criterion, Pin, Policy
from cachemgr.domain.run_event import Announced, Phase, StepStarted
from cachemgr.domain.terms import Disposal, Intent, Reason, Rule
from cachemgr.service import CacheManager
from tests.answers import DAY, Answers, every_state, service_over
from tests.caches import HubOnDisk
from tests.desk import Clock, drop
from tests.managers import carry_out, manager

FIRST, TWIN, OTHER = "a" * 40, "a" * 7 + "b" * 33, "c" * 40
TTL = Policy(ttl=True)


def with_pins(service: CacheManager, *targets: str) -> CacheManager:
    return replace(
        service, settings=replace(service.settings, pins=tuple(Pin(target, "paid") for target in targets))
    )


@pytest.mark.parametrize(
    ("word", "held"),
    [
        ("aaaaaaa", {FIRST, TWIN}),
        (FIRST, {FIRST}),
        (TWIN[:9], {TWIN}),
        ("main", {OTHER}),
        ("refs/pr/1", {FIRST}),
        (OTHER[:7], {OTHER}),
        (OTHER, {OTHER}),
    ],
)
def test_a_revision_is_pinned_by_any_of_its_names(word: str, held: set[str], tmp_path: Path) -> None:
    """Also when a download has made the name that was shown the beginning of two."""
    hub = HubOnDisk(tmp_path / "hub")
    for commit, refs in ((FIRST, ("refs/pr/1",)), (TWIN, ()), (OTHER, ("main",))):
        hub.download("org/m", commit, {"config.json": commit.encode()}, refs=refs)
        hub.download("org/n", commit, {"config.json": commit.encode()}, refs=refs)
    (tmp_path / "home").mkdir()
    service = manager(tmp_path / "home", roots={"huggingface-hub": hub.root}, clock=Clock(90 * DAY))
    inventory = service.inventory()
    (cache,) = {entry.cache for entry in inventory.entries}
    judged = with_pins(service, f"{cache}:models/org/m@{word}").expiring.preview(
        inventory, Policy(older_than=30 * DAY)
    )
    pinned = {one.entry for one in judged.verdicts if one.criterion is Criterion.PIN}
    assert {inventory.entry_by_id[entry].version for entry in pinned} == held
    assert {inventory.entry_by_id[entry].group for entry in pinned} == {"models/org/m"}
    assert not judged.expiry.idle_pins


def interrupt(service: CacheManager, disposal: Disposal | None, after: int) -> str:
    """An expiry that was cut short at its step of that number, or while it deleted what it had set aside."""
    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)
    events = service.execute(plan)
    for event in events:
        if isinstance(event, StepStarted) and event.number == after:
            break
        if isinstance(event, Announced) and event.phase is Phase.PURGING:
            break
    drop(events)
    return service.interrupted()[0].id


def entries(root: Path) -> int:
    """Pairs that are whole and at their place."""
    names = {path.name for path in root.glob("??/*.json")}
    return sum(name.replace(".meta", "") in names for name in names if ".meta" in name)


@pytest.mark.parametrize(
    ("disposal", "after"),
    [(None, 3), (Disposal.DELETE, 3), (Disposal.DELETE, 11)],
    ids=["quarantine", "delete", "all but one set aside"],
)
@pytest.mark.parametrize(
    "targets", [["responses"], ["responses@home*"], ["all"]], ids=["type", "glob", "all"]
)
def test_what_was_pinned_since_stays_when_a_run_is_finished(
    targets: Sequence[str], disposal: Disposal | None, after: int, tmp_path: Path
) -> None:
    answers: Answers = every_state(tmp_path / "answers", datetime.now(UTC), tmp_path / "elsewhere")
    service = service_over(answers.root, tmp_path / "home")
    (cache,) = {entry.cache for entry in service.inventory().entries}
    targets = [f"{cache}:*" if target.endswith("*") else target for target in targets]
    before = entries(answers.root)
    run = interrupt(service, disposal, after)
    assert entries(answers.root) < before
    held = with_pins(service, *targets)
    plan = held.recovery.plan(run, Intent.FINISH, held.inventory)
    carry_out(held, plan)
    open_now = [exclusion for exclusion in plan.exclusions if exclusion.reason is Reason.PINNED]
    assert {exclusion.detail for exclusion in open_now} <= {"paid"}
    assert entries(answers.root) == before, "what was on its way, or only set aside so far, is back"
    assert not service.interrupted()


def test_a_pin_that_is_not_about_it_changes_nothing(tmp_path: Path) -> None:
    answers = every_state(tmp_path / "answers", datetime.now(UTC), tmp_path / "elsewhere")
    service = service_over(answers.root, tmp_path / "home")
    run = interrupt(service, None, 3)
    held = with_pins(service, "tmdb", "nothing-of-that-name")
    plans = [one.recovery.plan(run, Intent.FINISH, one.inventory) for one in (service, held)]
    assert plans[0].steps == plans[1].steps


@pytest.mark.parametrize(
    ("word", "held"),
    [("@main", True), (f"@{FIRST}", True), ("@refs/pr/1", True), ("", True), (f"@{OTHER}", False)],
    ids=["main", "commit", "another ref", "group", "another commit"],
)
@pytest.mark.parametrize("after", [1, 6, 99])
def test_a_pin_holds_a_revision_that_has_left_its_place(
    word: str, held: bool, after: int, tmp_path: Path
) -> None:
    """Where a revision was killed in the middle, its refs are gone as well: a ref may have been its own."""
    hub = HubOnDisk(tmp_path / "hub")
    for name in ("org/m", "org/n"):
        hub.download(name, FIRST, {"config.json": name.encode(), "model.bin": b"m" * 99}, refs=("main",))
    (tmp_path / "home").mkdir()
    service = manager(tmp_path / "home", roots={"huggingface-hub": hub.root}, clock=Clock(90 * DAY))
    cache = service.inventory().caches[0].id
    plan = service.expiring.plan(
        service.inventory(),
        Policy(older_than=30 * DAY),
        disposal=Disposal.DELETE,
        force=(Rule.MASS_EXPIRY,),
    )
    events = service.execute(plan)
    for event in events:
        if isinstance(event, StepStarted) and event.number == min(after, len(plan.steps) - 1):
            break
    drop(events)
    (run,) = service.interrupted()
    held_by = with_pins(service, f"{cache}:models/org/m{word}")
    carry_out(held_by, held_by.recovery.plan(run.id, Intent.FINISH, held_by.inventory))
    left = {path.parents[2].name for path in hub.root.glob("models--*/snapshots/*/model.bin")}
    assert left == ({"models--org--m"} if held else set())
