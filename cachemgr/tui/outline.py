"""An inventory as a tree to walk through: caches, the groups in them, their entries.

Made once for each scan, outside of the thread that draws; a screen only picks from it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath

from cachemgr.domain.inventory import CacheId, Entry, EntryId, Inventory
from cachemgr.domain.unit import Tally
from cachemgr.present.rows import CacheRow, EntryRow, cache_rows, entry_row
from cachemgr.present.text import Tier, display_name

_EPOCH = datetime.fromtimestamp(0, UTC)


def short_name(name: str) -> str:
    """A hub repository's name without the kind that nearly all of them have."""
    return name.removeprefix("models/")


class Kind(StrEnum):
    CACHE = "cache"
    GROUP = "group"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Node:
    """A row of a list or a tree. Texts are displayable."""

    key: str
    kind: Kind
    cache: CacheId
    name: str
    tier: Tier
    size: int | None
    """Allocated bytes, shared ones once; None where unknown."""
    frees: int
    """Free space that clearing it alone would give."""
    files: int | None
    used: datetime | None
    entries: tuple[EntryId, ...]
    """Of it and below it: what marking it marks."""
    note: str = ""
    path: str = ""
    ok: bool = True
    unused: bool = False
    """Nothing names it any more, or its time is over."""
    text: str = field(default="", repr=False)
    """What a filter looks into, case-folded."""
    children: tuple["Node", ...] = field(default=(), repr=False)


def outline(
    inventory: Inventory,
    frees: Mapping[CacheId | None, int],
    home: PurePath | None = None,
    project: PurePath | None = None,
) -> tuple[Node, ...]:
    """A node for each cache, biggest first, with everything below it."""
    rows = cache_rows(inventory, frees, home, project)
    titles = Counter(row.title for row in rows)
    return tuple(_cache(inventory, row, alone=titles[row.title] == 1) for row in rows)


def unused(nodes: Iterable[Node]) -> frozenset[EntryId]:
    """The entries below these nodes that nothing names any more, or whose time is over."""
    found: set[EntryId] = set()
    for node in nodes:
        if node.kind is Kind.ENTRY and node.unused:
            found.add(node.key)
        if node.children:
            found |= unused(node.children)
    return frozenset(found)


def frees_together(inventory: Inventory, entries: Iterable[EntryId]) -> int:
    """Free space that clearing these entries would give: what another entry holds stays."""
    chosen = [entry for entry in map(inventory.entry_by_id.get, entries) if entry and not entry.obstacles]
    return Tally.of(tuple(unit.tally for _, unit in inventory.removable_units(chosen))).exclusive


def size_together(inventory: Inventory, entries: Iterable[EntryId]) -> int:
    """Allocated bytes of these entries, each unit once."""
    units = {
        (entry.cache, unit.names): unit.tally
        for entry in filter(None, map(inventory.entry_by_id.get, entries))
        for unit in entry.units
    }
    return Tally.of(tuple(units.values())).size


def sorted_nodes(nodes: Iterable[Node], by: str) -> list[Node]:
    """In one of the orders of `SORTS`; equal ones by name, so that no order depends on the disk's."""
    return sorted(nodes, key=lambda node: (*SORTS[by](node), node.name, node.key))


def _by_size(node: Node) -> tuple[float, ...]:
    return (-(node.size or 0),)


def _by_frees(node: Node) -> tuple[float, ...]:
    return (-node.frees,)


def _by_files(node: Node) -> tuple[float, ...]:
    return (-(node.files or 0),)


def _by_use(node: Node) -> tuple[float, ...]:
    return (node.used is None, (node.used or _EPOCH).timestamp())


def _by_name(node: Node) -> tuple[str, ...]:
    return (node.name.casefold(),)


SORTS = {"size": _by_size, "frees": _by_frees, "used": _by_use, "files": _by_files, "name": _by_name}
"""Largest, or longest unused, first."""


def _cache(inventory: Inventory, row: CacheRow, *, alone: bool) -> Node:
    entries = inventory.entries_by_cache[row.id]
    cache = inventory.cache_by_id[row.id]
    leaves: list[Node] = []
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.group:
            groups.setdefault(entry.group, []).append(entry)
        else:
            leaves.append(_entry(inventory, entry, entry_row(entry, cache)))
    grouped = [_group(inventory, name, members) for name, members in groups.items()]
    return Node(
        key=row.id,
        kind=Kind.CACHE,
        cache=row.id,
        name=row.title if alone else f"{row.title} @{row.id.partition('@')[2]}",
        tier=row.tier,
        size=row.size,
        frees=row.frees,
        files=row.files,
        used=row.used,
        entries=tuple(entry.id for entry in entries),
        note=row.note,
        path=row.path,
        ok=row.ok,
        text=f"{row.id}\n{row.title}\n{row.path}\n{row.note}".casefold(),
        children=tuple(sorted_nodes([*grouped, *leaves], "size")),
    )


def _group(inventory: Inventory, name: str, members: list[Entry]) -> Node:
    cache = inventory.cache_by_id[members[0].cache]
    nodes = [_entry(inventory, entry, entry_row(entry, cache)) for entry in members]
    ids = frozenset(entry.id for entry in members)
    protected = all(node.tier is Tier.PROTECTED for node in nodes)
    return Node(
        key=f"{cache.id}:{name}/",
        kind=Kind.GROUP,
        cache=cache.id,
        name=short_name(display_name(name)),
        tier=Tier.PROTECTED if protected else next(n.tier for n in nodes if n.tier is not Tier.PROTECTED),
        size=size_together(inventory, ids),
        frees=frees_together(inventory, ids),
        files=sum(node.files or 0 for node in nodes),
        used=max((node.used for node in nodes if node.used), default=None),
        entries=tuple(entry.id for entry in members),
        unused=all(node.unused for node in nodes),
        text=f"{cache.id}\n{name}".casefold(),
        children=tuple(sorted_nodes(nodes, "size")),
    )


def _entry(inventory: Inventory, entry: Entry, row: EntryRow) -> Node:
    name = row.name.removeprefix(row.group).lstrip("@/ ") if row.group else row.name
    return Node(
        key=row.id,
        kind=Kind.ENTRY,
        cache=row.cache,
        name=name or row.name,
        tier=Tier.PROTECTED if entry.obstacles else row.tier,
        size=row.size,
        frees=0 if entry.obstacles else inventory.exclusive(entry),
        files=row.files,
        used=row.used,
        entries=(entry.id,),
        note=row.note,
        unused=_unused(entry, inventory.scanned_at),
        text=f"{row.id}\n{row.name}\n{row.note}".casefold(),
    )


def _unused(entry: Entry, now: datetime) -> bool:
    over = entry.expires is not None and entry.expires <= now
    return (entry.detached or over) and not entry.obstacles
