"""A selection of entries becomes steps: pointers first, then what nobody holds any more, then containers."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from cachemgr.domain.action import Remove
from cachemgr.domain.credentials import is_credential
from cachemgr.domain.inventory import Cache, CacheId, Entry, EntryId, Inventory
from cachemgr.domain.plan import Exclusion, Step
from cachemgr.domain.terms import CHEAP, CacheState, Disposal, Knowledge, Reason, Rebuild
from cachemgr.domain.unit import Inode, Kind, Unit
from cachemgr.domain.usage import NOT_LOOKED, Spot, Usage
from cachemgr.plan.in_use import counts_as_used
from cachemgr.plan.tidy import tidy

DisposalOf = Callable[[Entry], Disposal]
_NONE: Mapping[EntryId, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Clearing:
    """What clearing a selection takes, and what of it stays."""

    steps: tuple[Step, ...]
    exclusions: tuple[Exclusion, ...]

    @property
    def frees(self) -> int:
        return sum(step.frees for step in self.steps)


def default_disposal(rebuild: Rebuild) -> Disposal:
    """What costs nothing but a download goes; what costs more can be brought back for a while."""
    return Disposal.DELETE if rebuild in CHEAP else Disposal.QUARANTINE


def clear(
    inventory: Inventory,
    chosen: Sequence[Entry],
    disposal_of: DisposalOf,
    now: datetime,
    usage: Usage = NOT_LOOKED,
    untrashable: Mapping[EntryId, str] = _NONE,
) -> Clearing:
    """The steps that remove those entries, and an exclusion for everything of them that stays.

    `untrashable` says why some cannot go to the trash; that matters where they were to go there.
    """
    exclusions: list[Exclusion] = []
    allowed: list[Entry] = []
    for entry in chosen:
        cache = inventory.cache_by_id[entry.cache]
        reasons = list(obstacles(cache, entry)) or list(used(cache, entry, disposal_of, usage))
        reasons = reasons or list(too_young(cache, entry, now))
        if not reasons and entry.id in untrashable and disposal_of(entry) is Disposal.TRASH:
            why = untrashable[entry.id]
            reasons = [Exclusion(Reason.NO_TRASH, entry.cache, entry.id, size=entry.size, detail=why)]
        exclusions += reasons
        if not reasons:
            allowed.append(entry)
    exclusions += _held_by_others(inventory, allowed)
    exclusions += not_recognised(inventory, {entry.id for entry in chosen})
    steps = _removals(inventory, allowed, disposal_of)
    return Clearing(tuple(tidy(inventory, steps)), tuple(exclusions))


def reclaimable(inventory: Inventory, now: datetime) -> dict[CacheId | None, int]:
    """Free space that clearing all that may be cleared would give, for each cache; None: for all of them."""

    def frees(entries: Sequence[Entry]) -> int:
        return clear(inventory, entries, lambda _: Disposal.DELETE, now).frees

    gains: dict[CacheId | None, int] = {
        cache: frees(entries) if entries else 0 for cache, entries in inventory.entries_by_cache.items()
    }
    held = [cache for cache, entries in inventory.entries_by_cache.items() if entries]
    # Only what several caches share makes the whole more than its parts.
    gains[None] = gains[held[0]] if len(held) == 1 else frees(inventory.entries)
    return gains


def worth_a_look(inventory: Inventory, chosen: Sequence[Entry]) -> Iterator[Spot]:
    """The roots, and their tools' locks, of those entries that nothing in the inventory keeps from going."""
    for entry in chosen:
        cache = inventory.cache_by_id[entry.cache]
        if cache.real_path is not None and not any(obstacles(cache, entry)):
            yield from ((cache.real_path, unit.lock) for unit in entry.units)


def obstacles(cache: Cache, entry: Entry) -> Iterator[Exclusion]:
    def stays(reason: Reason, detail: str = "") -> Exclusion:
        return Exclusion(reason, cache.id, entry.id, size=entry.size, detail=detail)

    if cache.state not in (CacheState.OK, CacheState.PARTIAL):
        yield stays(Reason.REPORT_ONLY, cache.state)
    elif cache.knowledge is Knowledge.UNVERIFIED and not cache.registered:
        yield stays(Reason.REPORT_ONLY, "unregistered")
    elif not (cache.evident or cache.registered):
        yield stays(Reason.NOT_RECOGNISED, "no-evidence")
    elif cache.volume is not None and cache.volume.read_only:
        yield stays(Reason.READ_ONLY)
    elif entry.obstacles:
        for obstacle in entry.obstacles:
            yield stays(obstacle.reason, obstacle.detail)


def used(cache: Cache, entry: Entry, disposal_of: DisposalOf, usage: Usage) -> Iterator[Exclusion]:
    """Every unit counts: an entry of which a part stays would be half of what it was."""
    if cache.real_path is None:
        return
    for unit in entry.units:
        if (who := usage.holder(cache.real_path, unit.names, unit.identity, unit.lock)) is not None:
            yield Exclusion(Reason.IN_USE, cache.id, entry.id, size=entry.size, detail=who.label)
            return
    if usage.unsure is not None and counts_as_used(disposal_of(entry), cache.rebuild):
        yield Exclusion(Reason.IN_USE, cache.id, entry.id, size=entry.size, detail=usage.unsure)


def too_young(cache: Cache, entry: Entry, now: datetime) -> Iterator[Exclusion]:
    detail = ""
    if entry.busy_until is not None and now < entry.busy_until:
        detail = "downloading"
    elif entry.idle and (entry.modified is None or now - entry.modified < timedelta(seconds=entry.idle)):
        detail = "in-progress"
    if detail:
        yield Exclusion(Reason.TOO_YOUNG, cache.id, entry.id, size=entry.size, detail=detail)


def _held_by_others(inventory: Inventory, allowed: Sequence[Entry]) -> Iterator[Exclusion]:
    """The units that stay because an entry that is kept needs them, summed for each entry."""
    going = {entry.id for entry in allowed}
    for entry in allowed:
        size = 0
        others: set[EntryId] = set()
        for unit in entry.units:
            keepers = inventory.holders.get((entry.cache, unit.names), frozenset()) - going
            if keepers:
                size += unit.tally.size
                others |= keepers
        if others:
            yield Exclusion(Reason.SHARED, entry.cache, entry.id, size=size, detail=min(others))


def not_recognised(inventory: Inventory, selected: Set[EntryId]) -> Iterator[Exclusion]:
    """When a whole cache is cleared, what is in it that nobody recognised."""
    for cache in inventory.caches:
        entries = inventory.entries_by_cache[cache.id]
        if entries and cache.real_path is not None and all(entry.id in selected for entry in entries):
            for unit in cache.unknown:
                path = cache.real_path.joinpath(*unit.names)
                reason = Reason.PROTECTED if is_credential(unit.names[-1]) else Reason.NOT_RECOGNISED
                yield Exclusion(reason, cache.id, None, path, unit.tally.size)


def _removals(inventory: Inventory, allowed: Sequence[Entry], disposal_of: DisposalOf) -> list[Step]:
    """One step for each unit; what is pointed to needs everything that points to it to be gone."""
    pointers: dict[EntryId, list[int]] = {entry.id: [] for entry in allowed}
    is_pointer = {(entry.cache, unit.names) for entry in allowed for unit in entry.pointers}

    def rank(pair: tuple[Entry, Unit]) -> tuple[bool, int]:
        # Pointers of all entries come before any payload, so that an interruption leaves bytes that
        # nobody points to and never a pointer to nothing. What several hold is last: in a shared store each
        # holder has a link of its own to it.
        key = (pair[0].cache, pair[1].names)
        return key not in is_pointer, len(inventory.holders.get(key, ()))

    ordered = sorted(inventory.removable_units(allowed), key=rank)
    frees = _Frees([unit for entry, unit in ordered if disposal_of(entry) is Disposal.DELETE])
    steps: list[Step] = []
    for entry, unit in ordered:
        key = (entry.cache, unit.names)
        holders = inventory.holders.get(key) or (entry.id,)
        disposal = disposal_of(entry)
        needs: tuple[int, ...] = ()
        if key in is_pointer:
            # Each waits for the one before it: an entry of which the first has changed stays whole.
            needs = tuple(sorted({pointers[holder][-1] for holder in holders if pointers[holder]}))
            for holder in holders:
                pointers[holder].append(len(steps))
        elif is_pointer:
            needs = tuple(sorted({number for holder in holders for number in pointers[holder]}))
        steps.append(
            Step(
                Remove(unit.names, disposal, unit.lock),
                entry.cache,
                entry.id,
                unit.identity,
                unit.tally.size,
                frees.of(unit) if disposal is Disposal.DELETE else 0,
                needs,
                inventory.cache_by_id[entry.cache].rebuild,
                unit.tally.content if unit.identity.kind is Kind.DIRECTORY else None,
                digest=unit.digest,
            )
        )
    return steps


class _Frees:
    """What deleting units frees: an inode with several names only when the last of them goes."""

    def __init__(self, units: list[Unit]) -> None:
        self._left = left = dict[Inode, int]()
        for unit in units:
            for inode, link in unit.tally.linked.items():
                left[inode] = left.get(inode, link[2]) - link[3]

    def of(self, unit: Unit) -> int:
        """Call once for each unit; a shared inode is credited to one of them."""
        gain, left = unit.tally.size, self._left
        for inode, link in unit.tally.linked.items():
            if left.get(inode, 1) <= 0:
                # The first unit that is asked takes the credit; for the others it counts as gone.
                left[inode] = link.nlink
            else:
                gain -= link[0]
        return gain
