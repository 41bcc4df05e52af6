"""Do databases of answers hold rows that nobody gets any more, or much room with nothing in it?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from cachemgr.disk import database, handles
from cachemgr.domain.inventory import Finding, Inventory
from cachemgr.domain.rules import default_path
from cachemgr.domain.terms import Place, Severity

if TYPE_CHECKING:
    from cachemgr.domain.cache_type import CacheType, Loose
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.records import Records

SLACK = 1 << 20
"""Bytes of empty pages that are worth a word, where they are also a quarter of the file."""


def find(
    inventory: Inventory, types: Iterable[CacheType], machine: Machine, project: PurePath | None
) -> Iterator[Finding]:
    """What the databases among the entries say of themselves, and those that are no entry because they lie
    among files of others. Nothing takes a row out but its owner, so no command mends it."""
    for entry in inventory.entries:
        if entry.records is not None:
            cache = inventory.cache_by_id[entry.cache]
            path = (cache.real_path or cache.path).joinpath(*entry.units[0].names)
            tool = entry.records.tool
            for code, size, detail in _remarks(entry.records):
                yield Finding(code, Severity.INFO, cache.id, path, size, (), detail, type=tool)
    yield from _packed(inventory, types)
    seen: set[PurePath] = set()
    for loose in (loose for kind in types for loose in kind.loose):
        place = _place(loose, machine, project)
        if place is None or place in seen:
            continue
        seen.add(place)
        if records := _look(Path(place), loose, inventory.scanned_at.timestamp()):
            detail = str(records.trouble) if records.rows is None else f"{records.rows} rows"
            detail += f", {records.expired} of them expired" if records.expired else ""
            yield Finding(
                "loose-database",
                Severity.INFO,
                None,
                Path(place),
                records.size,
                (),
                detail,
                type=records.tool,
            )


def _packed(inventory: Inventory, types: Iterable[CacheType]) -> Iterator[Finding]:
    """Databases of ours, which no entry can be taken out of as files are."""
    packed = {kind.id: kind.packed for kind in types if kind.packed is not None}
    for cache in inventory.caches:
        name, command = packed.get(cache.type, ("", ()))
        for unit in cache.unknown:
            if unit.names == (name,):
                where = () if cache.place is Place.PROJECT else ("--dir", str(cache.path))
                path = (cache.real_path or cache.path) / name
                yield Finding(
                    "packed-responses", Severity.INFO, cache.id, path, unit.tally.size, (*command, *where)
                )


def _remarks(records: Records) -> Iterator[tuple[str, int | None, str]]:
    if records.rows is None:
        yield "uncounted-database", records.size, str(records.trouble)
    if records.expired:
        yield "expired-rows", records.expired_bytes, f"{records.expired} of {records.rows}"
    if records.free >= SLACK and records.free * 4 >= records.size:
        yield "database-slack", records.free, ""


def _place(loose: Loose, machine: Machine, project: PurePath | None) -> PurePath | None:
    if loose.path.startswith(("~", "%")):
        return default_path(loose.path, machine)
    return project / loose.path if project is not None else None


def _look(path: Path, loose: Loose, now: float) -> Records | None:
    try:
        # A link that leads to itself is an error of `Path.resolve`, and none of this.
        parent = handles.open_root(Path(os.path.realpath(path.parent)))
    except OSError:
        return None
    try:
        records = database.records(parent, (path.name,), loose.schemas, now)
    finally:
        handles.close(parent)
    return records if records is not None and records.tool else None
