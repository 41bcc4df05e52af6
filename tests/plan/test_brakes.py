"""What stops an expiry while nobody watches, and what stops it in any case."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cachemgr.domain.inventory import Inventory, Volume
from cachemgr.domain.policy import Policy
from cachemgr.plan.brakes import brakes
from cachemgr.plan.expire import judge
from tests.values import NOW, ago, cache, entry, unit

DAY = 86_400
TEN_YEARS = timedelta(days=3650)


def test_ten_gigabytes_stop_it_however_many_entries_there_are() -> None:
    large = [entry("large", unit("large", size=10 * 1000**3 + 1), modified=ago(days=90))]
    small = [entry(f"e{number}", modified=ago(days=2)) for number in range(9)]
    found = Inventory(NOW, (replace(cache(), registered=True),), (*large, *small))
    made = judge(found, found.entries, Policy(older_than=30 * DAY), NOW)

    (brake,) = brakes(found, made, NOW, attended=False)

    assert (brake.kind, brake.detail) == ("mass", "bytes 10000000001")
    assert not list(brakes(found, made, NOW, attended=True))


def test_a_rule_of_last_use_stops_where_reads_are_not_recorded() -> None:
    quiet = Volume("/dev/a", "ext4", 1, 2, records_access=False)
    found = Inventory(
        NOW, (replace(cache(), registered=True, volume=quiet),), (entry("e", modified=ago(days=90)),)
    )

    for policy, kinds in ((Policy(unused_for=DAY), ["no-access-times"]), (Policy(ttl=True), [])):
        made = judge(found, found.entries, policy, NOW)
        assert [brake.kind for brake in brakes(found, made, NOW, attended=True)] == kinds
        assert not made.going


def kinds(changes: Sequence[datetime], now: datetime, last_run: datetime | None = None) -> list[str]:
    entries = [entry(f"e{number}", modified=modified) for number, modified in enumerate(changes)]
    found = Inventory(now, (replace(cache(), registered=True),), tuple(entries))
    made = judge(found, found.entries, Policy(older_than=30 * DAY), now)
    return [str(brake.kind) for brake in brakes(found, made, now, attended=True, last_run=last_run)]


@pytest.mark.parametrize(
    ("usual", "strange"),
    [
        (6, [NOW + timedelta(days=26_000)]),
        (20, [NOW + TEN_YEARS - timedelta(days=9)]),
        (300, [NOW + TEN_YEARS - timedelta(days=9)] * 2 + [NOW + timedelta(days=26_000)] * 9),
    ],
    ids=["one from the far future", "one just before it", "several"],
)
def test_no_single_file_vouches_for_a_clock(usual: int, strange: list[datetime]) -> None:
    """Ten years ahead; without the strange ones that is noticed anyway."""
    changes = [ago(days=number % 90) for number in range(usual)]
    assert kinds(changes, NOW + TEN_YEARS) == ["clock"]
    assert kinds([*changes, *strange], NOW + TEN_YEARS) == ["clock"]


@pytest.mark.parametrize("old", [1, 2, 8, 200])
def test_old_things_beside_what_is_in_use_are_no_clock(old: int) -> None:
    in_use = [ago(days=number) for number in range(3 if old > 8 else 1)]
    assert kinds([*in_use, *[ago(days=900)] * old], NOW) == []


def test_a_run_contradicts_a_clock_that_is_behind_and_vouches_for_none() -> None:
    """The journal's time is that of the clock in question: one run of anything would switch the brake off."""
    changes = [ago(days=40 + number) for number in range(6)]
    ahead = NOW + TEN_YEARS
    assert kinds(changes, ahead, last_run=ahead - timedelta(minutes=1)) == ["clock"]
    assert kinds(changes, NOW, last_run=ago(days=1)) == []
    assert kinds(changes, NOW, last_run=NOW + timedelta(days=1)) == ["clock"]
