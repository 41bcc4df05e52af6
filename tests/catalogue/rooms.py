"""A root on a real disk, read through a layout."""

import time
from collections.abc import Mapping
from pathlib import Path

from cachemgr.catalogue import all_types
from cachemgr.disk.reader import DiskReader
from cachemgr.disk.scope import Scope
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.unit import Draft


def kind(name: str) -> CacheType:
    return next(cache_type for cache_type in all_types() if cache_type.id == name)


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Files by their path below the root; one that ends in `/` is a directory."""
    root.mkdir(exist_ok=True)
    for name, content in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def drafts(name: str, root: Path) -> dict[str, Draft]:
    """The entries of a cache by their names, each of which has to be used once."""
    with DiskReader(root, Scope(root.stat().st_dev)) as reader:
        found = list(kind(name).layout.read(reader))
    assert len({draft.name for draft in found}) == len(found)
    return {draft.name: draft for draft in found}


def counted(name: str, root: Path) -> dict[str, Draft]:
    """The same, with what has expired by now."""
    with DiskReader(root, Scope(root.stat().st_dev, now=time.time())) as reader:
        return {draft.name: draft for draft in kind(name).layout.read(reader)}


def evident(name: str, root: Path) -> bool:
    with DiskReader(root, Scope(root.stat().st_dev)) as reader:
        return kind(name).layout.evidence(reader)


def paths(draft: Draft) -> set[str]:
    return {"/".join(unit.names) for unit in draft.pointers + draft.payload}


def measured(name: str, root: Path) -> tuple[int, int]:
    """Files that the scan counts in the root, and how many of them no entry names."""
    with DiskReader(root, Scope(root.stat().st_dev)) as reader:
        kind(name).layout.evidence(reader)
        list(kind(name).layout.read(reader))
        unknown = reader.rest()
        return reader.total().files, sum(unit.tally.files for unit in unknown)
