"""Directories of tiktoken's encodings, and whether each file in them is what was published."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cachemgr.disk.places import Found, Protected, look
from cachemgr.disk.reader import DiskReader
from cachemgr.disk.scope import Scope
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.encoding import LIMIT, EncodingFile
from cachemgr.domain.encoding_cache import EncodingCache, FileState, FoundFile
from cachemgr.domain.inventory import Problem
from cachemgr.domain.layout import Layout
from cachemgr.domain.machine import Machine
from cachemgr.domain.settings import Settings
from cachemgr.domain.unit import Item
from cachemgr.scan.candidate import Candidate
from cachemgr.scan.locate import locate
from cachemgr.scan.roots import settle


def configured(
    kind: CacheType, machine: Machine, settings: Settings, project: Path | None
) -> EncodingCache | None:
    """Where that type's files should be by the configuration; else where tiktoken looks for them now."""
    candidates = locate((kind,), machine, settings, project)
    named = next((one for one in candidates if one.configured), None)
    chosen = named or next((one for one in candidates if one.active), None)
    if chosen is None:
        return None
    return _cache(chosen, current=chosen.active)


def caches(
    kind: CacheType,
    files: Sequence[EncodingFile],
    machine: Machine,
    settings: Settings,
    project: Path | None,
    protected: Protected,
    *,
    also: CacheType,
) -> tuple[EncodingCache, ...]:
    """Every place that a setting, a default or a project leads to, read; each directory once. `also` is the
    type with the places that are only looked at."""
    found: list[EncodingCache] = []
    for root in settle(locate((also,), machine, settings, project), protected, project):
        cache = replace(_cache(root.candidate, current=False), problems=root.problems)
        if root.found is not None:
            cache = read(replace(cache, real_path=root.found.real), kind.layout, files)
        found.append(cache)
    now = next((one for one in locate((kind,), machine, settings, project) if one.active), None)
    if now is not None:
        current = _cache(now, current=True)
        known = next((place for place, cache in enumerate(found) if _is_same(cache, current)), None)
        if known is None:
            found.append(current)
        else:
            found[known] = replace(found[known], current=True)
    return tuple(found)


def read(cache: EncodingCache, layout: Layout, files: Sequence[EncodingFile]) -> EncodingCache:
    """A directory with what is in it, every known file hashed. What is wrong with it becomes a problem."""
    found = look(cache.path) if cache.real_path is None else Found(cache.real_path, (0, 0))
    if found is None:
        return cache
    if isinstance(found, Problem):
        return replace(cache, problems=(found,))
    try:
        with DiskReader(found.real, Scope(os.lstat(found.real).st_dev)) as reader:
            seen = tuple(_files(reader, layout, files))
            problems = tuple(reader.scope.problems)
    except OSError as error:
        return replace(cache, problems=(Problem("unavailable", "", error.errno),))
    return replace(cache, real_path=found.real, files=seen, problems=cache.problems + problems)


def _files(reader: DiskReader, layout: Layout, files: Sequence[EncodingFile]) -> Iterator[FoundFile]:
    by_name = {file.name: file for file in files}
    by_file = {file.file: file for file in files}
    items = {item.name: item for item in reader.list()}
    for draft in layout.read(reader):
        item = items.pop(draft.payload[0].names[-1])
        if (known := by_name.get(draft.name)) is not None:
            yield _hashed(reader, item, known)
        else:
            yield FoundFile(item.name, FileState.INCOMPLETE, item.identity, by_file.get(item.name[:40]))
    for item in items.values():
        yield FoundFile(item.name, FileState.UNKNOWN, item.identity, by_file.get(item.name))


def _hashed(reader: DiskReader, item: Item, known: EncodingFile) -> FoundFile:
    content = reader.text(item.name, limit=LIMIT)
    if content is None:
        state = FileState.CORRUPT if item.identity.size > LIMIT else FileState.UNREADABLE
        return FoundFile(item.name, state, item.identity, known)
    digest = hashlib.sha256(content).hexdigest()
    state = FileState.OK if digest == known.sha256 else FileState.CORRUPT
    return FoundFile(item.name, state, item.identity, known, digest)


def _cache(candidate: Candidate, *, current: bool) -> EncodingCache:
    path = Path(candidate.path) if candidate.path is not None else Path()
    return EncodingCache(
        path, candidate.place, candidate.origin, current=current, problems=candidate.problems
    )


def _is_same(cache: EncodingCache, other: EncodingCache) -> bool:
    """Whether both are one directory, if by different paths."""
    found = look(other.path)
    return cache.path == other.path or (isinstance(found, Found) and cache.real_path == found.real)
