"""`cachemgr.status/1`: every root with its sizes, by category and in all, and what was noticed."""

from collections.abc import Mapping
from pathlib import PurePath

from cachemgr.domain.inventory import Cache, CacheId, Finding, Inventory, Volume
from cachemgr.domain.machine import Machine
from cachemgr.domain.terms import Category
from cachemgr.domain.unit import Tally
from cachemgr.present.document.values import (
    Document,
    exact,
    head,
    origin,
    path_fields,
    problem,
    stamp,
)
from cachemgr.present.text import finding_sentence
from cachemgr.present.words import category_title


def status_document(
    inventory: Inventory,
    frees: Mapping[CacheId | None, int],
    machine: Machine,
    project: PurePath | None,
) -> Document:
    """`frees` is `CacheManager.reclaimable`."""
    return {
        **head("cachemgr.status/1", inventory.scanned_at),
        "complete": inventory.complete,
        "machine": {
            "platform": machine.platform.value,
            **path_fields(machine.home, "home"),
            **path_fields(project, "project"),
        },
        "totals": _totals(inventory, frees),
        "categories": [
            _category(inventory, category, caches, frees)
            for category in Category
            if (caches := tuple(cache for cache in inventory.caches if cache.category is category))
        ],
        "caches": [_cache(inventory, cache, frees, project) for cache in inventory.caches],
        "findings": [_finding(finding, machine.home, project) for finding in inventory.findings],
    }


def _totals(inventory: Inventory, frees: Mapping[CacheId | None, int]) -> Document:
    totals = inventory.totals
    return {
        "size_bytes": totals.size,
        "apparent_bytes": totals.apparent,
        "reclaimable_bytes": frees.get(None, 0),
        "quarantined_bytes": sum(cache.quarantined for cache in inventory.caches if cache.inside is None),
        "files": totals.files,
        "directories": totals.directories,
        "links": totals.links,
    }


def _category(
    inventory: Inventory,
    category: Category,
    caches: tuple[Cache, ...],
    frees: Mapping[CacheId | None, int],
) -> Document:
    own = Tally.of(tuple(inventory.own(cache) for cache in caches))
    return {
        "id": category.value,
        "title": category_title(category),
        "size_bytes": own.size,
        "apparent_bytes": own.apparent,
        "reclaimable_bytes": sum(frees.get(cache.id, 0) for cache in caches),
        "files": own.files,
        "caches": [cache.id for cache in caches],
    }


def _cache(
    inventory: Inventory,
    cache: Cache,
    frees: Mapping[CacheId | None, int],
    project: PurePath | None,
) -> Document:
    entries = inventory.entries_by_cache[cache.id]
    dated = [entry.expires for entry in entries if entry.expires is not None]
    tally = cache.tally
    return {
        "id": exact(cache.id),
        "type": exact(cache.type),
        "title": exact(cache.title),
        "category": cache.category.value,
        "place": cache.place.value,
        "origin": origin(cache.origin, project),
        **path_fields(cache.path),
        **path_fields(cache.real_path, "real_path"),
        "inside": cache.inside,
        "state": cache.state.value,
        "legacy": cache.legacy,
        "replaced_by": cache.replaced_by,
        "rebuild": cache.rebuild.value,
        "knowledge": cache.knowledge.value,
        "size_bytes": tally.size if tally else None,
        "own_bytes": inventory.own(cache).size if tally else None,
        "apparent_bytes": tally.apparent if tally else None,
        "reclaimable_bytes": frees.get(cache.id, 0) if tally else None,
        "quarantined_bytes": cache.quarantined if tally else None,
        "files": tally.files if tally else None,
        "directories": tally.directories if tally else None,
        "links": tally.links if tally else None,
        "entries": len(entries),
        "expired_entries": sum(expires <= inventory.scanned_at for expires in dated) if dated else None,
        "newest": stamp(tally.newest) if tally else None,
        "last_used": stamp(tally.accessed) if tally else None,
        "last_used_source": "access-time" if tally and tally.accessed is not None else None,
        "filesystem": _filesystem(cache.volume),
        "problems": [problem(value) for value in cache.problems],
    }


def _filesystem(volume: Volume | None) -> Document | None:
    if volume is None:
        return None
    return {
        "device": exact(volume.device),
        "type": exact(volume.type),
        "free_bytes": volume.free,
        "total_bytes": volume.total,
        "network": volume.network,
        "read_only": volume.read_only,
        "mount": exact(volume.mount),
    }


def _finding(finding: Finding, home: PurePath, project: PurePath | None) -> Document:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "cache": finding.cache,
        **path_fields(finding.path),
        "message": finding_sentence(finding, home, project),
        "size_bytes": finding.size,
        "fix": [exact(word) for word in finding.fix],
    }
