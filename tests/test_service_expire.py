"""Expiring a response cache: exactly what its own record says is over, in pairs, and nothing refreshed."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.domain.errors import Refused, UsageError
from cachemgr.domain.policy import Policy
from cachemgr.domain.run_event import RunEvent, StepFinished, StepStarted
from cachemgr.domain.terms import Disposal, Intent, Reason, Rule, Status
from cachemgr.service import CacheManager
from tests.answers import DAY, Answers, every_state
from tests.desk import Clock, picture
from tests.managers import carry_out, manager

TTL = Policy(ttl=True)


def service_over(root: Path, home: Path, clock: Callable[[], datetime] | None = None) -> CacheManager:
    home.mkdir(parents=True, exist_ok=True)
    return manager(home, roots={"responses": root}, clock=clock or Clock())


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


def test_ten_gigabytes_stop_it_however_many_entries_there_are(tmp_path: Path) -> None:
    from cachemgr.domain.inventory import Inventory
    from cachemgr.plan.brakes import brakes
    from cachemgr.plan.expire import judge
    from tests.values import NOW, ago, cache, entry, unit

    large = [entry("large", unit("large", size=10 * 1000**3 + 1), modified=ago(days=90))]
    small = [entry(f"e{number}", modified=ago(days=2)) for number in range(9)]
    found = Inventory(NOW, (replace(cache(), registered=True),), (*large, *small))
    made = judge(found, found.entries, Policy(older_than=30 * DAY), NOW)

    (brake,) = brakes(found, made, NOW, attended=False)

    assert (brake.kind, brake.detail) == ("mass", "bytes 10000000001")
    assert not list(brakes(found, made, NOW, attended=True))


def test_a_rule_of_last_use_stops_where_reads_are_not_recorded(tmp_path: Path) -> None:
    from cachemgr.domain.inventory import Inventory, Volume
    from cachemgr.plan.brakes import brakes
    from cachemgr.plan.expire import judge
    from tests.values import NOW, ago, cache, entry

    quiet = Volume("/dev/a", "ext4", 1, 2, records_access=False)
    found = Inventory(
        NOW, (replace(cache(), registered=True, volume=quiet),), (entry("e", modified=ago(days=90)),)
    )

    for policy, kinds in ((Policy(unused_for=DAY), ["no-access-times"]), (Policy(ttl=True), [])):
        made = judge(found, found.entries, policy, NOW)
        assert [brake.kind for brake in brakes(found, made, NOW, attended=True)] == kinds
        assert not made.going


# -- refreshed meanwhile ------------------------------------------------------------------------------------


def watched(
    service: CacheManager, plan: object, act: Callable[[int, Path], None], root: Path
) -> Iterator[RunEvent]:
    for event in service.execute(plan):  # type: ignore[arg-type]
        if isinstance(event, StepStarted):
            act(event.number, root)
        yield event


def one_expired(tmp_path: Path) -> tuple[Answers, str, CacheManager]:
    made = Answers(tmp_path / "answers", datetime.now(UTC))
    key = made.pair("expired", {"timestamp": int(made.stamp) - 9 * DAY, "ttl_seconds": DAY})
    return made, key, service_over(made.root, tmp_path / "home")


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_metadata_that_says_something_else_though_it_looks_the_same_keeps_its_pair(
    disposal: Disposal, tmp_path: Path
) -> None:
    made, key, service = one_expired(tmp_path)
    metadata = made.root / key[:2] / f"{key}.meta.json"
    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)
    before = os.stat(metadata)
    # Refreshed in place: the same inode, size and times, as a tool that restores times would leave it.
    metadata.write_text(metadata.read_text().replace(str(int(made.stamp) - 9 * DAY), str(int(made.stamp))))
    os.utime(metadata, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert os.stat(metadata).st_size == before.st_size
    pictured = picture(made.root)

    outcomes = carry_out(service, plan)

    assert [one.status for one in outcomes[:2]] == [Status.SKIPPED, Status.SKIPPED]
    assert picture(made.root) == pictured


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
@pytest.mark.skipif(os.name == "nt", reason="an open file does not move there")
def test_metadata_that_is_written_through_an_open_file_takes_both_back(
    disposal: Disposal, tmp_path: Path
) -> None:
    made, key, service = one_expired(tmp_path)
    metadata = made.root / key[:2] / f"{key}.meta.json"
    fresh = json.dumps({"expires_at": made.stamp + DAY})
    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)
    with metadata.open("r+") as writer:

        def refresh(number: int, root: Path) -> None:
            if number == 1 and not metadata.exists():
                writer.seek(0)
                writer.truncate()
                writer.write(fresh)
                writer.flush()

        events = list(watched(service, plan, refresh, made.root))

    assert metadata.read_text() == fresh
    assert (made.root / key[:2] / f"{key}.json").exists()
    last = {one.outcome.number: one.outcome.status for one in events if isinstance(one, StepFinished)}
    assert [last[0], last[1]] == [Status.SKIPPED, Status.SKIPPED]
    assert not list(made.root.glob(".cachemgr*"))
    assert not service.run().undoable


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_a_value_whose_metadata_is_written_anew_stays(disposal: Disposal, tmp_path: Path) -> None:
    made, key, service = one_expired(tmp_path)
    value = made.root / key[:2] / f"{key}.json"
    fresh = {"expires_at": made.stamp + DAY}
    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)

    def refresh(number: int, root: Path) -> None:
        if number == 1:
            made.metadata(key, fresh)

    list(watched(service, plan, refresh, made.root))

    assert value.exists()
    assert json.loads((value.parent / f"{key}.meta.json").read_text()) == fresh
    found = service.inventory().entries
    assert [one.expires for one in found] == [datetime.fromtimestamp(made.stamp + DAY, UTC)]


def test_a_pair_that_is_written_anew_behind_its_back_stays_and_the_old_one_goes(tmp_path: Path) -> None:
    made, key, service = one_expired(tmp_path)
    value = made.root / key[:2] / f"{key}.json"
    plan = service.expiring.plan(service.inventory(), TTL, disposal=Disposal.DELETE)

    def refresh(number: int, root: Path) -> None:
        if number == 1:
            made.metadata(key, {"expires_at": made.stamp + DAY})
            value.unlink()
            value.write_text("new")

    list(watched(service, plan, refresh, made.root))

    assert value.read_text() == "new"
    assert len(service.inventory().entries) == 1


def test_a_preview_is_what_the_plan_will_say(answers: Answers, service: CacheManager) -> None:
    inventory = service.inventory()
    for policy in (TTL, Policy(older_than=30 * DAY), Policy(max_size=20_000), Policy(keep_last=1, min_age=0)):
        preview = service.expiring.preview(inventory, policy)
        plan = service.expiring.plan(inventory, policy)
        assert {one.entry for one in preview.going} == {step.entry for step in plan.steps if step.entry}
    assert service.expiring.preview(inventory, Policy()).going == ()
    assert service.expiring.preview(inventory, Policy(ttl=True, targets=("tmdb",))).verdicts == ()
