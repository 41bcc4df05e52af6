"""Candidates meet the disk: which of them are roots, which are one and the same, which lie in which."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cachemgr.disk.places import Found, Protected, look
from cachemgr.disk.volumes import Mount
from cachemgr.domain.inventory import CacheId, Problem
from cachemgr.domain.terms import Place
from cachemgr.domain.unit import Inode
from cachemgr.scan.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Root:
    """A candidate with what became of it: something to scan, or something to list."""

    id: CacheId
    candidate: Candidate
    path: Path
    found: Found | None = None
    """None: it does not exist, or must not be looked into."""
    problems: tuple[Problem, ...] = ()
    missing: bool = False


@dataclass(slots=True)
class _Names:
    """Ids in the order of finding: `TYPE@PLACE`, then `-2`, `-3` …"""

    counts: dict[str, int] = field(default_factory=dict)

    def next(self, kind: str, place: Place) -> CacheId:
        name = f"{kind}@{place}"
        self.counts[name] = self.counts.get(name, 0) + 1
        return name if self.counts[name] == 1 else f"{name}-{self.counts[name]}"


def settle(candidates: Iterable[Candidate], protected: Protected) -> tuple[Root, ...]:
    """The roots behind the candidates, strongest first; each directory once, whatever it is called."""
    names = _Names()
    roots: list[Root] = []
    by_inode: dict[Inode, int] = {}
    refused: set[tuple[str, Path]] = set()
    for candidate in candidates:
        if candidate.path is None and not candidate.problems:
            continue
        path = Path(candidate.path) if candidate.path is not None else Path()
        found: Found | Problem | None = None
        problems = candidate.problems
        if not problems:
            found = look(path)
            if isinstance(found, Found):
                if (problem := protected.problem(found)) is not None:
                    problems = (problem,)
                elif (first := by_inode.get(found.inode)) is not None:
                    roots[first] = _same(roots[first], path)
                    continue
            elif isinstance(found, Problem):
                problems = (found,)
        if problems:
            # One bad setting (HF_HOME=~) derives many roots; each kind is listed once for it.
            key = (candidate.type.id, path)
            if key not in refused and (candidate.configured or candidate.place is not Place.LEGACY):
                refused.add(key)
                roots.append(
                    Root(names.next(candidate.type.id, candidate.place), candidate, path, None, problems)
                )
            continue
        if not isinstance(found, Found):
            if candidate.configured:
                name = names.next(candidate.type.id, candidate.place)
                roots.append(Root(name, candidate, path, missing=True))
            continue
        by_inode[found.inode] = len(roots)
        roots.append(Root(names.next(candidate.type.id, candidate.place), candidate, path, found))
    return tuple(roots)


def nesting(roots: Iterable[Root], table: tuple[Mount, ...]) -> dict[CacheId, CacheId]:
    """Which root lies in which: the innermost one around it whose walk meets it.

    Directories are compared by inode, so that a bind mount is the directory that it shows; a root behind a
    mount point is in nobody else, since no walk enters one.
    """
    found = [(root.id, root.found) for root in roots if root.found is not None]
    names = {place.inode: name for name, place in found}
    mounted = {mount.target for mount in table}
    inside: dict[CacheId, CacheId] = {}
    for name, place in found:
        below = place.real
        for above in place.real.parents:
            if str(below) in mounted:
                break
            inode = _inode(above)
            if inode in names:
                inside[name] = names[inode]
                break
            below = above
    return inside


def _inode(path: Path) -> Inode | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _same(root: Root, path: Path) -> Root:
    """Note that another setting leads to the same directory by another path."""
    if path in (root.path, root.found.real if root.found else None):
        return root
    return replace(root, problems=(*root.problems, Problem("alias", str(path))))
