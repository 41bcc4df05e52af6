"""What a line of a table of caches or entries says, as values with raw numbers: the faces format them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Cache, CacheId, Entry, Inventory
from cachemgr.domain.terms import CacheState
from cachemgr.present.figures import moment
from cachemgr.present.names import short_path
from cachemgr.present.sentences import problem_sentence
from cachemgr.present.words import Tier, state_word, tier, tier_word


@dataclass(frozen=True, slots=True)
class CacheRow:
    """A root in the overview. Its size is its own: a cache inside it has a row of its own."""

    id: CacheId
    title: str
    category: str
    tier: Tier
    path: str
    size: int | None
    """Allocated bytes without the caches inside it; None where unknown."""
    frees: int
    files: int | None
    entries: int
    used: datetime | None
    """The newer of last access and last change of any file."""
    note: str
    ok: bool
    """False: the row needs a look; the note says why."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry in a list."""

    id: str
    cache: CacheId
    name: str
    group: str
    tier: Tier
    size: int
    apparent: int
    frees: int | None
    """What clearing it alone would free; None where nobody asked."""
    files: int
    modified: datetime | None
    used: datetime | None
    note: str


def cache_rows(
    inventory: Inventory,
    frees: Mapping[CacheId | None, int],
    home: PurePath | None = None,
    project: PurePath | None = None,
) -> tuple[CacheRow, ...]:
    """One row a cache, biggest first."""
    rows = (_cache_row(inventory, cache, frees.get(cache.id, 0), home, project) for cache in inventory.caches)
    return tuple(sorted(rows, key=lambda row: (-(row.size or 0), row.id)))


def entry_row(entry: Entry, cache: Cache, frees: int | None = None, now: datetime | None = None) -> EntryRow:
    """A row of an entry, in which one that expired by `now` is noted as such."""
    return EntryRow(
        id=entry.id,
        cache=entry.cache,
        name=display_name(entry.name),
        group=display_name(entry.group),
        tier=tier(cache),
        size=entry.size,
        apparent=entry.apparent,
        frees=frees,
        files=entry.tally.files,
        modified=entry.modified,
        used=entry.used,
        note=_entry_note(entry, now),
    )


def used(cache: Cache) -> datetime | None:
    """The newer of last access and last change of any file in a cache."""
    times = [t for t in (cache.tally.newest, cache.tally.accessed) if t is not None] if cache.tally else []
    return moment(max(times)) if times else None


def _cache_row(
    inventory: Inventory, cache: Cache, frees: int, home: PurePath | None, project: PurePath | None
) -> CacheRow:
    return CacheRow(
        id=cache.id,
        title=display_name(cache.title),
        category=cache.category.value,
        tier=tier(cache),
        path=short_path(cache.path, home, project),
        size=inventory.own_size(cache) if cache.tally else None,
        frees=frees,
        files=cache.tally.files if cache.tally else None,
        entries=len(inventory.entries_by_cache[cache.id]),
        used=used(cache),
        note=_cache_note(cache),
        ok=cache.state is CacheState.OK,
    )


def _cache_note(cache: Cache) -> str:
    if cache.problems and cache.state is not CacheState.OK:
        return problem_sentence(cache.problems[0])
    if cache.state is not CacheState.OK:
        return state_word(cache.state)
    if cache.legacy and cache.replaced_by:
        return f"{tier_word(Tier.LEGACY)}; now {display_name(cache.replaced_by)}"
    return tier_word(tier(cache))


def _entry_note(entry: Entry, now: datetime | None) -> str:
    words = [display_name(note) for note in entry.notes]
    if entry.detached:
        words.append("detached")
    if now is not None and entry.expires is not None and entry.expires <= now:
        words.append("expired")
    return ", ".join(words)
