"""For any entries and rules: what must stay stays, caps are met or say why not, and the order is whole."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cachemgr.domain.inventory import Entry, Inventory, Volume
from cachemgr.domain.policy import DEFAULT_FLOOR, Criterion, Pin, Policy
from cachemgr.domain.terms import Disposal, Record
from cachemgr.domain.verdict import Judgement
from cachemgr.plan.expire import judge
from tests.values import NOW, cache, entry, inventory, unit

BOX, HUB = "tmdb@project", "huggingface-hub@home"
DAY = 86_400
SECONDS = st.one_of(st.integers(-40 * DAY, 400 * DAY), st.sampled_from([0, 1, DAY - 1, DAY, DAY + 1]))
AMOUNTS = st.one_of(st.none(), st.integers(0, 90 * DAY).map(float))
SIZES = st.one_of(st.none(), st.integers(0, 40_000))

policies = st.builds(
    Policy,
    ttl=st.booleans(),
    older_than=AMOUNTS,
    unused_for=AMOUNTS,
    keep_last=st.one_of(st.none(), st.integers(1, 3)),
    max_size=SIZES,
    free=SIZES,
    min_age=AMOUNTS,
)


@st.composite
def worlds(draw: st.DrawFn) -> Inventory:
    """Up to a dozen entries in two caches, some of which share units, of every age and record."""
    entries: list[Entry] = []
    shared = [unit("blobs", name, size=draw(st.integers(0, 9000))) for name in "xyz"]
    for number in range(draw(st.integers(0, 12))):
        box = draw(st.sampled_from([BOX, HUB]))
        own = unit(f"u{number}", size=draw(st.integers(0, 9000)))
        others = (
            draw(st.lists(st.sampled_from(shared), unique_by=lambda one: one.names, max_size=2))
            if box == HUB
            else []
        )
        modified = draw(st.one_of(st.none(), SECONDS))
        used = draw(st.one_of(st.none(), SECONDS))
        record = draw(st.sampled_from(Record))
        expires = draw(SECONDS) if record is Record.DATED else None
        made = entry(
            f"e{number}",
            *others,
            cache=box,
            pointers=(own,),
            group=draw(st.sampled_from(["", "a", "b"])),
            modified=None if modified is None else NOW - timedelta(seconds=modified),
            used=None if used is None else NOW - timedelta(seconds=used),
            expires=None if expires is None else NOW - timedelta(seconds=expires),
            record=record,
        )
        # An entry without others would get a unit of its name; the own one is enough.
        entries.append(made if others else replace(made, payload=(), pointers=(own,), tally=own.tally))
    room = Volume("/dev/a", "ext4", draw(st.integers(0, 20_000)), 10**9)
    caches = [replace(cache(box), registered=True, volume=room) for box in (BOX, HUB)]
    return inventory(caches, entries)


def disposals(seed: int) -> dict[str, Disposal]:
    chance = Random(seed)
    return {box: chance.choice([Disposal.DELETE, Disposal.QUARANTINE]) for box in (BOX, HUB)}


@settings(max_examples=400, deadline=None)
@given(worlds(), policies, st.data(), st.integers(0, 3))
def test_whatever_the_rules_are(found: Inventory, policy: Policy, data: st.DataObject, seed: int) -> None:
    names = [one.id for one in found.entries]
    pinned = data.draw(st.sets(st.sampled_from(names), max_size=3)) if names else set()
    how = disposals(seed)

    def run(entries: tuple[Entry, ...]) -> Judgement:
        pins = tuple(map(Pin, sorted(pinned)))
        return judge(found, entries, policy, NOW, pins=pins, disposal_of=lambda one: how[one.cache])

    made = run(found.entries)
    going = {one.entry: one.criterion for one in made.going}

    assert not pinned & going.keys()
    for one in found.entries:
        if one.id in going:
            assert one.record not in (Record.UNKNOWN, Record.ORPHAN)
            assert one.modified is not None or (going[one.id] is Criterion.TTL and not policy.min_age)
            assert not _too_young(one, policy, going[one.id])
            _assert_asked_for(one, policy, going[one.id])
    _assert_caps(found, policy, made, how)
    # Total and stable: the same whatever order the entries came in, each entry once.
    shuffled = tuple(Random(seed).sample(found.entries, len(found.entries)))
    assert run(shuffled).verdicts == made.verdicts
    assert sorted(one.entry for one in made.verdicts) == sorted(names)


def _too_young(one: Entry, policy: Policy, criterion: Criterion) -> bool:
    floor = policy.min_age
    if floor is None:
        floor = 0 if criterion is Criterion.TTL else DEFAULT_FLOOR
    return one.modified is not None and (NOW - one.modified).total_seconds() < floor and floor > 0


def _assert_asked_for(one: Entry, policy: Policy, criterion: Criterion) -> None:
    match criterion:
        case Criterion.TTL:
            assert policy.ttl
            assert one.expires is not None
            assert one.expires < NOW
        case Criterion.OLDER_THAN:
            assert policy.older_than is not None
            assert one.modified is not None
            assert (NOW - one.modified).total_seconds() >= policy.older_than or not policy.older_than
        case Criterion.UNUSED_FOR:
            assert policy.unused_for is not None
            assert one.used is not None
        case Criterion.KEEP_LAST:
            assert policy.only_keeps_last
        case Criterion.MAX_SIZE:
            assert policy.max_size is not None
        case Criterion.FREE:
            assert policy.free is not None
        case _:
            raise AssertionError(criterion)


def _assert_caps(found: Inventory, policy: Policy, made: Judgement, how: dict[str, Disposal]) -> None:
    going = {one.entry for one in made.going}
    unmet = {short.criterion: short for short in made.expiry.unmet}
    stay = [one for one in found.entries if one.id not in going]
    if policy.max_size is not None:
        held = {(one.cache, unit.names): unit.tally.size for one in stay for unit in one.units}
        missing = max(sum(held.values()) - policy.max_size, 0)
        assert missing == (unmet[Criterion.MAX_SIZE].missing if Criterion.MAX_SIZE in unmet else 0)
        if missing:
            # Nothing that could have gone stays: each is kept by something that has a name.
            assert all(one.criterion is not Criterion.NO_RULE for one in made.verdicts)
    if policy.free is not None and found.entries:
        kept = {(one.cache, unit.names) for one in stay for unit in one.units}
        gone = {
            (one.cache, unit.names): unit.tally.size
            for one in found.entries
            if one.id in going and how[one.cache] is Disposal.DELETE
            for unit in one.units
        }
        freed = sum(size for key, size in gone.items() if key not in kept)
        room = found.caches[0].volume
        assert room is not None
        missing = max(policy.free - room.free - freed, 0)
        assert missing == (unmet[Criterion.FREE].missing if Criterion.FREE in unmet else 0)
        if missing:
            assert all(one.criterion is not Criterion.NO_RULE for one in made.verdicts)
