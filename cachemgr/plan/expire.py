"""Rules meet entries. An entry goes if a rule asks for it and nothing keeps it; of each is said what decided.

What keeps beats what asks: a pin, a record that cannot be believed, being too young, being among the last,
and whatever would stay if it were cleared by name. Size rules come last and take, in a total order, no more
than they need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from cachemgr.domain.inventory import Entry, EntryId, Inventory, Volume
from cachemgr.domain.plan import Exclusion
from cachemgr.domain.policy import Criterion, Pin, Policy, Source
from cachemgr.domain.terms import Disposal, Reason
from cachemgr.domain.usage import NOT_LOOKED, Usage
from cachemgr.domain.verdict import Clock, EntryState, Expiry, Judgement, Met, Shortfall, Verdict
from cachemgr.plan.clear import DisposalOf, obstacles, too_young, used
from cachemgr.plan.ledger import Ledger
from cachemgr.plan.pins import pinned
from cachemgr.plan.rooms import rooms
from cachemgr.plan.standing import SKEW, Found, look, states

_NEVER = datetime.max.replace(tzinfo=UTC)
_STUBBORN = (EntryState.UNKNOWN, EntryState.ORPHAN)


def judge(
    inventory: Inventory,
    chosen: Sequence[Entry],
    policy: Policy,
    now: datetime,
    *,
    pins: Sequence[Pin] = (),
    disposal_of: DisposalOf = lambda _: Disposal.DELETE,
    usage: Usage = NOT_LOOKED,
) -> Judgement:
    """What a policy makes of those entries. Reads nothing: `usage` is what was seen of who uses them."""
    bench = _Bench(inventory, policy, now, disposal_of, usage, tuple(look(entry, now) for entry in chosen))
    held, idle_pins = pinned(inventory, pins, now)
    bench.held = held
    bench.decide()
    size_rules = [rule for rule in (Criterion.MAX_SIZE, Criterion.FREE) if _asked(policy, rule) is not None]
    for rule in size_rules if size_rules[1:] else ():
        bench.shrink(rule)
    # What a later rule takes may be what an earlier one lacked, so it is asked again.
    ends = [end for rule in size_rules for end in bench.shrink(rule)]
    ordered = sorted(bench.found, key=bench.rank)
    verdicts = tuple(bench.verdicts[one.entry.id] for one in ordered)
    expiry = Expiry(
        policy.name,
        policy.rules,
        bench.order,
        tuple(_clocks(policy, bench.order)),
        states(inventory, bench.found),
        unmet=tuple(end for end in ends if isinstance(end, Shortfall)),
        met=tuple(end for end in ends if isinstance(end, Met)),
        idle_pins=idle_pins,
        lapsed_pins=tuple((pin.target, pin.last_day) for pin in pins if not pin.holds(now)),
    )
    mine = ((entry, pin) for entry, pin in held.items() if entry in bench.verdicts)
    return Judgement(policy, verdicts, expiry, tuple(mine))


@dataclass(slots=True)
class _Bench:
    inventory: Inventory
    policy: Policy
    now: datetime
    disposal_of: DisposalOf
    usage: Usage
    found: tuple[Found, ...]
    held: Mapping[EntryId, Pin] = field(default_factory=lambda: MappingProxyType({}))
    verdicts: dict[EntryId, Verdict] = field(default_factory=dict)
    order: Source = Source.MODIFIED
    _last: frozenset[EntryId] = frozenset()
    _obstacles: dict[EntryId, Exclusion | None] = field(default_factory=dict)

    def decide(self) -> None:
        """Everything but what size rules take."""
        if self.found and all(one.idle is not None for one in self.found):
            self.order = Source.ACCESSED
        self._last = frozenset(self._newest())
        for one in self.found:
            wanted = self._wanted(one)
            verdict = self._kept(one, wanted) or (self._verdict(one, wanted, goes=True) if wanted else None)
            self.verdicts[one.entry.id] = verdict or self._verdict(one, Criterion.NO_RULE)

    def rank(self, one: Found) -> tuple[bool, datetime, int, str]:
        """Total: no two entries have one id."""
        entry = one.entry
        times = [entry.modified, entry.used] if self.order is Source.ACCESSED else [entry.modified]
        known = [time for time in times if time is not None]
        when = min(max(known), self.now) if known else _NEVER
        return one.state is not EntryState.EXPIRED, when, -entry.size, entry.id

    def shrink(self, rule: Criterion) -> list[Shortfall | Met]:
        """Take what a size rule needs: how far that went, and what kept it from going further."""
        if rule is Criterion.MAX_SIZE:
            return [self._shrink(rule, self.found)]
        ends: list[Shortfall | Met] = []
        for room, members in rooms(self.inventory, self.found):
            if room is not None:
                ends.append(self._shrink(rule, members, room))
            elif amount := _asked(self.policy, rule):
                # Nobody knows how much is free there, and nothing goes for a guess at that.
                ends.append(Shortfall(rule, amount))
        return ends

    def _shrink(self, rule: Criterion, found: Sequence[Found], room: Volume | None = None) -> Shortfall | Met:
        asked = _asked(self.policy, rule) or 0
        free, where = (0, "") if room is None else (room.free, room.device)
        ledger = Ledger(self.inventory, [one.entry for one in found])
        gained = 0
        for one in found:
            if self.verdicts[one.entry.id].goes:
                gained += ledger.release(one.entry, deletes=self._deletes(one))
        kept: dict[Criterion, int] = {}
        left = sum(not self.verdicts[one.entry.id].goes for one in found)

        def missing() -> int:
            return ledger.held - asked if room is None else asked - free - gained

        for one in sorted(found, key=self.rank):
            if missing() <= 0:
                break
            if self.verdicts[one.entry.id].goes:
                continue
            verdict = self._kept(one, rule)
            if verdict is None and rule is Criterion.MAX_SIZE and left == 1:
                verdict = self._verdict(one, Criterion.ALONE)
            if verdict is None and rule is Criterion.FREE and not self._deletes(one):
                verdict = self._verdict(one, Criterion.SET_ASIDE, detail=self.disposal_of(one.entry))
            self.verdicts[one.entry.id] = verdict or self._verdict(one, rule, goes=True)
            if verdict is None:
                gained += ledger.release(one.entry, deletes=self._deletes(one))
                left -= 1
            else:
                kept[verdict.criterion] = kept.get(verdict.criterion, 0) + one.entry.size
        if missing() <= 0:
            return Met(rule, asked, ledger.held if room is None else free + gained, where)
        return Shortfall(rule, missing(), where, tuple(sorted(kept.items())))

    def _deletes(self, one: Found) -> bool:
        return self.disposal_of(one.entry) is Disposal.DELETE

    def _wanted(self, one: Found) -> Criterion | None:
        """The first rule that asks for it, the surest before the others."""
        policy = self.policy
        if policy.ttl and one.state is EntryState.EXPIRED:
            return Criterion.TTL
        if policy.older_than is not None and one.age is not None and one.age >= policy.older_than:
            return Criterion.OLDER_THAN
        if policy.unused_for is not None and one.idle is not None and one.idle >= policy.unused_for:
            return Criterion.UNUSED_FOR
        if policy.only_keeps_last and one.entry.id not in self._last:
            return Criterion.KEEP_LAST
        return None

    def _kept(self, one: Found, wanted: Criterion | None) -> Verdict | None:
        """What keeps it from a rule; with none, what is worth telling all the same."""
        entry, policy = one.entry, self.policy
        if (pin := self.held.get(entry.id)) is not None:
            return self._verdict(one, Criterion.PIN, detail=pin.reason)
        if one.state in _STUBBORN:
            return self._verdict(one, Criterion.UNKNOWN, detail=entry.doubt or one.state)
        if wanted is None:
            asks = policy.unused_for is not None and one.idle is None
            asks = asks or (policy.older_than is not None and one.age is None)
            return self._verdict(one, Criterion.NO_CLOCK) if asks else None
        if entry.id in self._last:
            return self._verdict(one, Criterion.KEEP_LAST)
        floor = policy.floor(wanted)
        if one.age is None and (floor or wanted is not Criterion.TTL):
            return self._verdict(one, Criterion.NO_CLOCK)
        if one.age is not None and one.age < floor:
            return self._verdict(one, Criterion.MIN_AGE)
        if (stays := self._obstacle(entry)) is not None:
            return replace(self._verdict(one, Criterion.OBSTACLE, detail=stays.detail), reason=stays.reason)
        return None

    def _obstacle(self, entry: Entry) -> Exclusion | None:
        """What clearing it by name would say."""
        if entry.id not in self._obstacles:
            cache = self.inventory.cache_by_id[entry.cache]
            stays = list(obstacles(cache, entry)) or list(used(cache, entry, self.disposal_of, self.usage))
            stays = stays or list(too_young(cache, entry, self.now))
            self._obstacles[entry.id] = stays[0] if stays else None
        return self._obstacles[entry.id]

    def _newest(self) -> Sequence[EntryId]:
        """The last ones of each group, or of each cache that has none. What is from the future stays, too,
        but is not counted, nor is what cannot be believed: the newest real one would go for it."""
        if not self.policy.keep_last:
            return ()
        groups: dict[tuple[str, str], list[tuple[datetime, EntryId]]] = {}
        last: list[EntryId] = []
        for one in self.found:
            entry = one.entry
            if entry.modified is None or one.state in _STUBBORN:
                continue
            if entry.modified > self.now + timedelta(seconds=SKEW):
                last.append(entry.id)
            else:
                groups.setdefault((entry.cache, entry.group), []).append((entry.modified, entry.id))
        for members in groups.values():
            last += [name for _, name in sorted(members, reverse=True)[: self.policy.keep_last]]
        return last

    def _verdict(self, one: Found, criterion: Criterion, *, goes: bool = False, detail: str = "") -> Verdict:
        source = _SOURCES.get(criterion)
        if criterion in (Criterion.MAX_SIZE, Criterion.FREE, Criterion.ALONE):
            source = self.order
        when = one.entry.modified
        if source is Source.RECORDED:
            when = one.entry.expires
        elif source is Source.ACCESSED and one.entry.used is not None:
            when = max(one.entry.used, one.entry.modified or one.entry.used)
        entry = one.entry
        return Verdict(
            entry.id,
            entry.cache,
            entry.size,
            one.state,
            goes,
            criterion,
            when if source is not None else None,
            source,
            detail,
        )


_SOURCES = {
    Criterion.TTL: Source.RECORDED,
    Criterion.OLDER_THAN: Source.MODIFIED,
    Criterion.UNUSED_FOR: Source.ACCESSED,
    Criterion.KEEP_LAST: Source.MODIFIED,
    Criterion.MIN_AGE: Source.MODIFIED,
}
_REASONS = {Criterion.PIN: Reason.PINNED, Criterion.MIN_AGE: Reason.TOO_YOUNG}


def exclusion(verdict: Verdict) -> Exclusion:
    """An entry that stays, as a plan says it."""
    if (reason := verdict.reason) is not None:
        detail = verdict.detail
    else:
        reason, detail = _REASONS.get(verdict.criterion, Reason.KEPT_BY_POLICY), verdict.because
    return Exclusion(reason, verdict.cache, verdict.entry, size=verdict.size, detail=detail)


def _asked(policy: Policy, rule: Criterion) -> int | None:
    return policy.max_size if rule is Criterion.MAX_SIZE else policy.free


def _clocks(policy: Policy, order: Source) -> Sequence[Clock]:
    rules = [(name, value) for name, value in policy.rules if name != Criterion.MIN_AGE]
    return [Clock(Criterion(name), _SOURCES.get(Criterion(name), order)) for name, _ in rules]
