"""`cachemgr.entries/1`: the entries that were asked for, and what they are shown under."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath

from cachemgr.domain.inventory import Cache, CacheId, Entry, Inventory
from cachemgr.domain.records import Records
from cachemgr.domain.unit import Kind, Tally, Unit
from cachemgr.present.document.values import Document, exact, head, path_fields, time


def entries_document(inventory: Inventory, entries: Sequence[Entry], matched: int | None = None) -> Document:
    """`entries` in the order asked for; `matched` is how many there were before a limit."""
    together = Tally.of(tuple(_units(entries)))
    return {
        **head("cachemgr.entries/1", inventory.scanned_at),
        "complete": inventory.complete,
        "totals": {
            "entries": len(entries),
            "matched": len(entries) if matched is None else matched,
            "size_bytes": together.size,
            "apparent_bytes": apparent_together(entries),
            "files": together.files,
        },
        "entries": [_entry(inventory, entry, inventory.scanned_at) for entry in entries],
        "groups": [
            _group(cache, group, members) for (cache, group), members in grouped(entries).items() if group
        ],
    }


def grouped(entries: Iterable[Entry]) -> dict[tuple[CacheId, str], list[Entry]]:
    """Entries by what they are shown under, in the order of their first one."""
    groups: dict[tuple[CacheId, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.cache, entry.group), []).append(entry)
    return groups


def group_tally(members: Iterable[Entry]) -> Tally:
    """Several entries measured together: what they share counts once."""
    return Tally.of(tuple(_units(members)))


def apparent_together(entries: Sequence[Entry]) -> int:
    """Logical bytes of several entries as the owning tool counts them: what they share counts once."""
    held: dict[tuple[CacheId, tuple[str, ...]], int] = {}
    twice = 0
    for entry in entries:
        # A tool that has its own idea of an entry's size counts the payload and not what leads to it.
        counted = entry.units if entry.apparent == entry.tally.apparent else entry.payload
        for unit in counted:
            key = (entry.cache, unit.names)
            twice += unit.tally.apparent if key in held else 0
            held[key] = 1
    return sum(entry.apparent for entry in entries) - twice


def entry_path(cache: Cache, entry: Entry) -> PurePath:
    """Where a person would look for an entry: its tree, else its first file."""
    trees = (unit for unit in entry.units if unit.identity.kind is Kind.DIRECTORY)
    unit = next(trees, None) or next(iter(entry.payload or entry.pointers), None)
    return (cache.real_path or cache.path).joinpath(*(unit.names if unit else ()))


def _units(entries: Iterable[Entry]) -> Iterable[Tally]:
    seen: dict[tuple[CacheId, tuple[str, ...]], Unit] = {}
    for entry in entries:
        for unit in entry.units:
            seen.setdefault((entry.cache, unit.names), unit)
    return (unit.tally for unit in seen.values())


def _entry(inventory: Inventory, entry: Entry, now: datetime) -> Document:
    cache = inventory.cache_by_id[entry.cache]
    return {
        "id": exact(entry.id),
        "cache": exact(entry.cache),
        "type": exact(cache.type),
        "category": cache.category.value,
        "name": exact(entry.name),
        "group": exact(entry.group) if entry.group else None,
        "notes": [exact(note) for note in entry.notes],
        **path_fields(entry_path(cache, entry)),
        "rebuild": cache.rebuild.value,
        "legacy": cache.legacy,
        "detached": entry.detached,
        "size_bytes": entry.size,
        "apparent_bytes": entry.apparent,
        "exclusive_bytes": inventory.exclusive(entry),
        "files": entry.tally.files,
        "directories": entry.tally.directories,
        "links": entry.tally.links,
        "modified": time(entry.modified),
        "last_used": time(entry.used),
        "expires": time(entry.expires),
        "expired": entry.expires <= now if entry.expires else None,
        "records": _records(entry.records),
        "obstacles": [
            {"reason": obstacle.reason.value, "detail": exact(obstacle.detail)}
            for obstacle in entry.obstacles
        ],
    }


def _records(records: Records | None) -> Document | None:
    if records is None:
        return None
    return {
        "tool": records.tool,
        "rows": records.rows,
        "expired_rows": records.expired,
        "live_bytes": records.live,
        "expired_bytes": records.expired_bytes,
        "file_bytes": records.size,
        "free_bytes": records.free,
        "trouble": records.trouble.value if records.trouble else None,
    }


def _group(cache: CacheId, group: str, members: Sequence[Entry]) -> Document:
    together = group_tally(members)
    return {
        "id": exact(f"{cache}:{group}"),
        "cache": exact(cache),
        "name": exact(group),
        "entries": len(members),
        "size_bytes": together.size,
        "apparent_bytes": apparent_together(members),
        "files": together.files,
    }
