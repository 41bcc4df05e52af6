"""Rules meet entries: what goes, what stays, and which rule says so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cachemgr.domain.inventory import Cache, Entry, Inventory, Volume
from cachemgr.domain.policy import Criterion, Pin, Policy, Source
from cachemgr.domain.terms import Disposal, Record
from cachemgr.domain.unit import Linked, Tally
from cachemgr.domain.verdict import EntryState, Judgement
from cachemgr.plan.expire import judge
from tests.values import NOW, ago, cache, entry, inventory, unit

DAY = 86_400.0
BOX = "tmdb@project"


def judged(policy: Policy, *entries: Entry, pins: tuple[Pin, ...] = (), **how: object) -> Judgement:
    found = inventory([replace(cache(BOX), registered=True, tally=Tally())], entries)
    return judge(found, found.entries, policy, NOW, pins=pins, **how)  # type: ignore[arg-type]


def told(judgement: Judgement) -> dict[str, tuple[bool, Criterion]]:
    return {one.entry.partition(":")[2]: (one.goes, one.criterion) for one in judgement.verdicts}


def going(judgement: Judgement) -> list[str]:
    return [one.entry.partition(":")[2] for one in judgement.going]


def test_one_rule_is_enough_to_go_and_the_surest_is_named() -> None:
    made = judged(
        Policy(ttl=True, older_than=30 * DAY, unused_for=60 * DAY),
        entry("expired", expires=ago(hours=1), modified=ago(days=2)),
        entry("old", modified=ago(days=31), used=ago(days=1)),
        entry("unused", modified=ago(days=70), used=ago(days=61)),
        entry("fresh", expires=ago(days=-3), modified=ago(days=2), used=ago(days=1)),
        entry("unread", modified=ago(days=2)),
    )

    assert told(made) == {
        "expired": (True, Criterion.TTL),
        "old": (True, Criterion.OLDER_THAN),
        "unused": (True, Criterion.OLDER_THAN),
        "fresh": (False, Criterion.NO_RULE),
        "unread": (False, Criterion.NO_CLOCK),
    }
    assert dict(made.expiry.states) == {"expired": 1, "live": 1, "unrecorded": 3}


def test_a_time_that_is_barely_over_may_be_another_machines_clock() -> None:
    over = entry("over", expires=NOW - timedelta(seconds=300), modified=ago(days=1))
    barely = entry("barely", expires=NOW - timedelta(seconds=299), modified=ago(days=1))

    assert going(judged(Policy(ttl=True), over, barely)) == ["over"]


@pytest.mark.parametrize("record", [Record.UNKNOWN, Record.ORPHAN])
def test_the_last_are_counted_among_what_can_be_believed(record: Record) -> None:
    """Neither a half nor a time that is yet to come takes the place of the newest real entry."""
    made = judged(
        Policy(keep_last=1, min_age=0),
        replace(entry("strange", modified=ago(days=1)), record=record),
        entry("future", modified=ago(days=-1000)),
        entry("newest", modified=ago(days=2)),
        entry("older", modified=ago(days=3)),
    )

    assert going(made) == ["older"]


@pytest.mark.parametrize("record", [Record.UNKNOWN, Record.ORPHAN])
def test_what_cannot_be_believed_stays_under_every_rule(record: Record) -> None:
    doubtful = replace(entry("x", modified=ago(days=900), record=record), doubt="conflict")
    everything = Policy(ttl=True, older_than=1, max_size=0, free=10**12)

    (verdict,) = judged(everything, doubtful).verdicts

    assert (verdict.goes, verdict.criterion, verdict.detail) == (False, Criterion.UNKNOWN, "conflict")
    assert verdict.state == record.value


def test_nothing_young_goes_by_a_guess_and_a_recorded_time_is_none() -> None:
    young = entry("young", modified=ago(hours=23))
    over = entry("over", modified=ago(hours=2), expires=ago(hours=1))

    made = judged(Policy(ttl=True, older_than=3600, max_size=0), young, over)

    assert told(made) == {"over": (True, Criterion.TTL), "young": (False, Criterion.MIN_AGE)}
    assert told(judged(Policy(ttl=True, min_age=DAY), over)) == {"over": (False, Criterion.MIN_AGE)}
    assert going(judged(Policy(older_than=3600, min_age=0), young)) == ["young"]


def test_what_comes_from_the_future_is_new() -> None:
    future = entry("future", modified=ago(days=-400))

    assert told(judged(Policy(older_than=DAY, max_size=0), future, entry("b", modified=ago(days=9)))) == {
        "b": (True, Criterion.OLDER_THAN),
        "future": (False, Criterion.MIN_AGE),
    }


def test_a_pin_holds_until_its_day_and_says_why() -> None:
    entries = [entry(name, modified=ago(days=90)) for name in ("a", "b", "c")]
    pins = (
        Pin(f"{BOX}:a", "a talk"),
        Pin(f"{BOX}:b", until=ago(days=1)),
        Pin("nothing-of-that-name"),
    )

    made = judged(Policy(older_than=DAY), *entries, pins=pins)

    assert told(made) == {
        "a": (False, Criterion.PIN),
        "b": (True, Criterion.OLDER_THAN),
        "c": (True, Criterion.OLDER_THAN),
    }
    assert [one.detail for one in made.verdicts if not one.goes] == ["a talk"]
    assert made.expiry.idle_pins == ("nothing-of-that-name",)


def test_a_pin_holds_in_whichever_cache() -> None:
    mine, theirs = entry("a", modified=ago(days=9)), entry("b", cache="tmdb@home", modified=ago(days=9))
    found = inventory([replace(cache(id_), registered=True) for id_ in (BOX, "tmdb@home")], [mine, theirs])

    made = judge(found, found.entries, Policy(older_than=DAY), NOW, pins=(Pin("all"),))

    assert made.going == ()


def test_the_last_of_each_group_stay_and_alone_the_rule_takes_the_rest() -> None:
    entries = [
        entry(f"{group}{day}", group=group, modified=ago(days=day)) for group in "ab" for day in (2, 3, 4)
    ]

    assert going(judged(Policy(keep_last=2), *entries)) == ["a4", "b4"]
    assert sorted(going(judged(Policy(keep_last=1, older_than=DAY), *entries))) == ["a3", "a4", "b3", "b4"]
    assert told(judged(Policy(keep_last=1, older_than=DAY), *entries))["a2"] == (False, Criterion.KEEP_LAST)


def test_a_size_rule_takes_what_is_over_first_then_the_oldest_and_no_more_than_it_needs() -> None:
    live = [entry(f"d{day}", unit(f"d{day}", size=1000), modified=ago(days=day)) for day in (2, 3, 4, 5)]
    over = entry("over", unit("over", size=1000), modified=ago(days=1.5), expires=ago(hours=1))

    made = judged(Policy(max_size=2500), *live, over)

    assert going(made) == ["over", "d5", "d4"]
    assert made.expiry.unmet == ()
    assert made.expiry.order is Source.MODIFIED


def test_where_all_reads_are_known_the_least_recently_used_goes_first() -> None:
    entries = [
        entry("read", unit("r", size=1000), modified=ago(days=90), used=ago(days=2)),
        entry("left", unit("l", size=1000), modified=ago(days=5), used=ago(days=5)),
    ]

    made = judged(Policy(max_size=1000), *entries)

    assert (going(made), made.expiry.order) == (["left"], Source.ACCESSED)


def test_a_cap_that_is_not_met_says_what_is_in_its_way() -> None:
    pinned, young = entry("p", unit("p", size=3000), modified=ago(days=9)), entry("y", modified=ago(hours=1))
    last = entry("z", unit("z", size=500), modified=ago(days=8))

    made = judged(Policy(max_size=1000), pinned, young, last, pins=(Pin(f"{BOX}:p"),))

    assert going(made) == ["z"]
    (short,) = made.expiry.unmet
    assert (short.criterion, short.missing) == (Criterion.MAX_SIZE, 3000 + 4096 - 1000)
    assert dict(short.kept) == {Criterion.PIN: 3000, Criterion.MIN_AGE: 4096}


def test_one_that_is_larger_than_the_limit_does_not_go_for_being_the_only_one() -> None:
    alone = entry("a", unit("a", size=9000), modified=ago(days=9))

    assert told(judged(Policy(max_size=1000), alone)) == {"a": (False, Criterion.ALONE)}


def on_disk(free: int) -> Cache:
    return replace(cache(BOX), registered=True, volume=Volume("/dev/a", "ext4", free, 10**9))


def test_space_is_made_until_so_much_is_free_and_only_by_what_frees_something() -> None:
    entries = [entry(f"d{day}", unit(f"d{day}", size=1000), modified=ago(days=day)) for day in (2, 3, 4)]
    found = inventory([on_disk(free=500)], entries)

    enough = judge(found, found.entries, Policy(free=400), NOW)
    some = judge(found, found.entries, Policy(free=2000), NOW)
    aside = judge(found, found.entries, Policy(free=2000), NOW, disposal_of=lambda _: Disposal.QUARANTINE)

    assert going(enough) == []
    assert going(some) == ["d4", "d3"]
    assert {one.criterion for one in aside.verdicts} == {Criterion.SET_ASIDE}
    assert [short.missing for short in aside.expiry.unmet] == [1500]


def test_each_file_system_is_asked_once_by_whichever_mount_and_an_unknown_one_gives_nothing() -> None:
    ids = ("tmdb@project", "tmdb@home", "tmdb@legacy", "tmdb@custom")
    entries = [entry("e", unit("e", size=1000), cache=id_, modified=ago(days=9)) for id_ in ids]
    one = Volume("/dev/a", "ext4", 500, 10**9, mount="/")
    rooms = (one, replace(one, mount="/bind", free=one.free - 7), Volume("tmpfs", "tmpfs", 100, 10**6), None)
    caches = [replace(cache(id_), registered=True, volume=room) for id_, room in zip(ids, rooms, strict=True)]
    found = inventory(caches, entries)

    made = judge(found, found.entries, Policy(free=1500), NOW)

    assert len([verdict for verdict in made.going if verdict.cache in ids[:2]]) == 1
    assert [verdict.goes for verdict in made.verdicts if verdict.cache == ids[2]] == [True]
    assert [verdict.goes for verdict in made.verdicts if verdict.cache == ids[3]] == [False]
    assert {(short.where, short.missing) for short in made.expiry.unmet} == {("tmpfs", 400), ("", 1500)}


def test_what_a_later_rule_takes_counts_for_an_earlier_one() -> None:
    one = entry("e", unit("e", size=1000), modified=ago(days=9))
    room = replace(cache(BOX), registered=True, volume=Volume("/dev/a", "ext4", 0, 10**9))

    made = judge(inventory([room], [one]), [one], Policy(max_size=0, free=1), NOW)

    assert [verdict.entry for verdict in made.going] == [one.id]
    assert made.expiry.unmet == ()


def test_bytes_that_another_name_keeps_alive_make_no_space() -> None:
    linked = Tally(size=1000, linked={(1, 7): Linked(1000, 1000, 2, 1)})
    outside = replace(unit("out"), tally=linked)
    found = inventory(
        [on_disk(free=0)],
        [
            entry("out", outside, modified=ago(days=9)),
            entry("own", unit("own", size=1000), modified=ago(days=2)),
        ],
    )

    made = judge(found, found.entries, Policy(free=1000), NOW)

    assert going(made) == ["out", "own"]
    assert made.expiry.unmet == ()


def test_what_is_shared_leaves_the_size_with_the_last_that_holds_it() -> None:
    blob = unit("blob", size=5000)
    entries = [
        entry(name, blob, pointers=(unit(f"ref-{name}", size=100),), modified=ago(days=day))
        for name, day in (("a", 5), ("b", 4), ("c", 3))
    ]

    assert going(judged(Policy(max_size=5100), *entries)) == ["a", "b"]


def test_what_would_stay_if_it_were_cleared_stays_and_is_told_with_its_reason() -> None:
    strange = replace(cache(BOX), evident=False)
    found: Inventory = inventory([strange], [entry("a", modified=ago(days=90))])

    (verdict,) = judge(found, found.entries, Policy(older_than=DAY), NOW).verdicts

    assert (verdict.goes, verdict.criterion, verdict.reason) == (False, Criterion.OBSTACLE, "not-recognised")


def test_what_nobody_knows_the_age_of_stays() -> None:
    undated, unread = entry("undated"), entry("unread", modified=ago(days=90))

    assert told(judged(Policy(older_than=DAY), undated)) == {"undated": (False, Criterion.NO_CLOCK)}
    assert told(judged(Policy(unused_for=DAY), unread)) == {"unread": (False, Criterion.NO_CLOCK)}


def test_rules_are_spelled_as_they_are_written() -> None:
    policy = Policy(
        ttl=True, older_than=30 * DAY, min_age=5400, keep_last=3, max_size=20 * 1024**3, free=12 * 10**9
    )

    assert dict(policy.rules) == {
        "ttl": "",
        "older-than": "30d",
        "keep-last": "3",
        "max-size": "20GiB",
        "free": "12GB",
        "min-age": "90min",
    }
    assert not policy.empty
    assert Policy(name="x", targets=("all",), min_age=5).empty


def test_states_count_what_is_no_entry_too() -> None:
    strangers = replace(cache(BOX), registered=True, unknown=(unit("link"), unit("other")))
    found = inventory([strangers], [entry("a", modified=ago(days=2), record=Record.NEVER)])

    made = judge(found, found.entries, Policy(ttl=True), NOW)

    assert dict(made.expiry.states) == {EntryState.NEVER: 1, EntryState.NOT_RECOGNISED: 2}
