"""Expiring a response cache: exactly what its own record says is over, in pairs, and nothing refreshed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.domain.errors import Refused, UsageError
from cachemgr.domain.policy import Policy
from cachemgr.domain.run_event import StepFinished, StepStarted
from cachemgr.domain.terms import Disposal, Intent, Reason, Rule, Status
from cachemgr.domain.unit import Draft
from cachemgr.scan.scanner import entry
from cachemgr.service import CacheManager
from tests.answers import DAY, Answers, every_state, service_over
from tests.desk import Clock, picture
from tests.managers import carry_out
from tests.values import unit

TTL = Policy(ttl=True)


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir() or path.is_symlink()}


def of(keys: list[str]) -> set[str]:
    return {f"{key[:2]}/{key}{suffix}" for key in keys for suffix in (".json", ".meta.json")}


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return every_state(tmp_path / "answers", datetime.now(UTC), tmp_path / "elsewhere")


@pytest.fixture
def service(answers: Answers, tmp_path: Path) -> CacheManager:
    return service_over(answers.root, tmp_path / "home")


@pytest.mark.parametrize("disposal", [None, Disposal.DELETE])
def test_exactly_the_unanimous_expired_pairs_go_and_each_state_is_counted(
    disposal: Disposal | None, answers: Answers, service: CacheManager, tmp_path: Path
) -> None:
    before, outside = files(answers.root), picture(tmp_path / "elsewhere")

    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)
    outcomes = carry_out(service, plan)

    assert {one.status for one in outcomes} == {Status.DONE}
    left = {name for name in files(answers.root) if not name.startswith(".cachemgr")}
    assert before - left == of(answers.states["expired"])
    assert left <= before
    assert plan.expiry is not None
    counted = dict(plan.expiry.states)
    assert counted.pop("not-recognised") == len(answers.strangers)
    assert counted == {state: len(keys) for state, keys in answers.states.items()}
    assert picture(tmp_path / "elsewhere") == outside


def test_every_entry_has_the_rule_that_takes_or_keeps_it(answers: Answers, service: CacheManager) -> None:
    inventory = service.inventory()

    plan = service.expiring.plan(inventory, TTL)

    taken = {step.entry for step in plan.steps if step.because.startswith("ttl ")}
    kept = {one.entry: one.detail for one in plan.exclusions if one.reason is Reason.KEPT_BY_POLICY}
    assert len(taken) == len(answers.states["expired"])
    assert taken | kept.keys() == {entry.id for entry in inventory.entries}
    doubted = [detail for detail in kept.values() if detail.startswith("unknown ")]
    assert len(doubted) == len(answers.states["unknown"]) + len(answers.states["orphan"])
    assert {detail.split()[1] for detail in doubted} == {
        *(
            "not-finite",
            "not-json",
            "type",
            "range",
            "conflict",
            "twice",
            "incomplete",
            "unreadable",
            "orphan",
        ),
    }


def test_what_an_expiry_set_aside_comes_back(answers: Answers, service: CacheManager) -> None:
    before = picture(answers.root)

    carry_out(service, service.expiring.plan(service.inventory(), TTL))
    assert picture(answers.root) != before
    (run, *_) = service.runs()
    assert run.plan.intent is Intent.EXPIRE
    carry_out(service, service.plan_undo())

    assert picture(answers.root) == before


def test_the_record_of_a_run_does_not_repeat_what_no_rule_took(
    answers: Answers, service: CacheManager
) -> None:
    plan = service.expiring.plan(service.inventory(), TTL)
    carry_out(service, plan)

    kept = service.run().plan.exclusions

    assert len(kept) < len(plan.exclusions)
    assert all(one.asked for one in kept)
    assert service.run().plan.expiry == plan.expiry


def test_no_rule_is_no_wish_for_everything(service: CacheManager) -> None:
    with pytest.raises(UsageError, match="never means everything"):
        service.expiring.plan(service.inventory(), Policy(min_age=5))


# -- brakes -----------------------------------------------------------------------------------------------


def held(
    service: CacheManager, policy: Policy, *, attended: bool = False, force: tuple[Rule, ...] = ()
) -> str:
    """What stops it; empty where it was carried out."""
    before = service.runs()
    plan = service.expiring.plan(service.inventory(), policy, attended=attended, force=force)
    assert plan.steps
    try:
        carry_out(service, plan)
    except Refused as refused:
        assert service.runs() == before
        return str(refused)
    return ""


def test_a_guess_that_would_take_more_than_half_stops_while_nobody_watches(
    answers: Answers, service: CacheManager
) -> None:
    for key in answers.states.pop("unknown"):
        for suffix in (".json", ".meta.json"):
            (answers.root / key[:2] / (key + suffix)).unlink()
    guess = Policy(older_than=DAY)

    assert "--force mass-expiry" in held(service, guess)
    assert held(service, guess, attended=True) == ""


def test_what_the_cache_recorded_is_no_guess_whatever_share_it_is(tmp_path: Path) -> None:
    made = Answers(tmp_path / "answers", datetime.now(UTC))
    for _ in range(20):
        made.pair("expired", {"expires_at": made.stamp - DAY})
    service = service_over(made.root, tmp_path / "home")

    assert held(service, TTL) == ""


@pytest.mark.parametrize("attended", [False, True])
def test_a_clock_two_years_ahead_stops_whatever_the_rule(
    attended: bool, answers: Answers, service: CacheManager, tmp_path: Path
) -> None:
    before = picture(answers.root)
    ahead = replace(service, clock=Clock(2 * 365 * DAY))

    for policy in (TTL, Policy(older_than=30 * DAY), Policy(max_size=10_000)):
        assert "more than a year after the newest file" in held(ahead, policy, attended=attended)
    assert picture(answers.root) == before

    assert held(ahead, TTL, force=(Rule.MASS_EXPIRY,)) == ""


def test_a_clock_before_the_last_run_or_before_most_files_stops(
    answers: Answers, service: CacheManager
) -> None:
    two_years_back = replace(service, clock=Clock(-2 * 365 * DAY))
    assert held(service, TTL) == ""
    # It is new to nobody that everything there was written two years later.
    answers.pair("expired", {"expires_at": answers.stamp - 3 * 365 * DAY})

    assert "before the last run" in held(two_years_back, TTL)


def test_files_from_after_the_clock_stop_it_without_any_run(answers: Answers, service: CacheManager) -> None:
    answers.pair("expired", {"expires_at": answers.stamp - 3 * 365 * DAY})

    assert "most of the files are from after" in held(replace(service, clock=Clock(-2 * 365 * DAY)), TTL)


def test_what_every_scan_reads_does_not_count_as_a_use() -> None:
    value, metadata = (
        replace(unit(name), tally=replace(unit(name).tally, accessed=seconds))
        for name, seconds in (("value", 1000), ("metadata", 9_000_000))
    )

    made = entry("box", Draft("x", pointers=(metadata,), payload=(value,)), None)

    assert made.used == datetime.fromtimestamp(1000, UTC)


@pytest.mark.parametrize("disposal", [None, Disposal.DELETE])
def test_an_expiry_that_was_cut_off_is_finished_or_rolled_back(
    disposal: Disposal | None, answers: Answers, service: CacheManager
) -> None:
    before = contents(answers.root)
    gone = {answers.root / name for name in of(answers.states["expired"])}

    for back in (True, False):
        plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)
        events = service.execute(plan)
        # In the middle of pairs: metadata has left, and no value has.
        while not isinstance(event := next(events), StepFinished | StepStarted) or event_number(event) < 3:
            pass
        events.close()
        (run,) = service.interrupted()
        assert run.plan.intent is Intent.EXPIRE
        if back:
            carry_out(service, service.plan_roll_back(run.id))
            assert contents(answers.root) == before
        else:
            carry_out(service, service.plan_finish(run.id))
            assert not [path for path in gone if path.exists()]


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def event_number(event: StepFinished | StepStarted) -> int:
    return event.number if isinstance(event, StepStarted) else event.outcome.number


def test_a_preview_is_what_the_plan_will_say(answers: Answers, service: CacheManager) -> None:
    inventory = service.inventory()
    for policy in (TTL, Policy(older_than=30 * DAY), Policy(max_size=20_000), Policy(keep_last=1, min_age=0)):
        preview = service.expiring.preview(inventory, policy)
        plan = service.expiring.plan(inventory, policy)
        assert {one.entry for one in preview.going} == {step.entry for step in plan.steps if step.entry}
    assert service.expiring.preview(inventory, Policy()).going == ()
    assert service.expiring.preview(inventory, Policy(ttl=True, targets=("tmdb",))).verdicts == ()
