"""Candidates meet the disk: which of them are roots, which are one and the same, which lie in which."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from cachemgr.disk.places import Found, Protected, leads_out, look
from cachemgr.disk.volumes import Mount
from cachemgr.domain.inventory import Cache, CacheId, Problem
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


@dataclass(frozen=True, slots=True)
class _Admission:
    """Which places may be looked into at all."""

    protected: Protected
    project: Path | None

    def of(self, candidate: Candidate, path: Path) -> tuple[Found | None, tuple[Problem, ...]]:
        """The directory at a path, or why it cannot be a root; neither when nothing is there."""
        if candidate.problems:
            return None, candidate.problems
        found = look(path)
        if isinstance(found, Problem):
            return None, (found,)
        if found is None:
            # What a link leads to and is not there yet would be made there.
            if candidate.configured and candidate.place is Place.PROJECT and leads_out(path, self.project):
                return None, (Problem("leads-out", os.path.realpath(path)),)
            return None, ()
        if (problem := self.protected.problem(found)) is not None:
            return None, (problem,)
        if self._astray(candidate, path, found):
            return None, (Problem("leads-out", str(found.real)),)
        return found, ()

    def _astray(self, candidate: Candidate, path: Path, found: Found) -> bool:
        """Whether a place in the project, which nobody named on purpose, is really somewhere else.

        A project may bring a link to anywhere; only what lies below the project is the project's to name.
        """
        if candidate.place not in (Place.PROJECT, Place.LEGACY):
            return False
        if candidate.configured:
            # The setting itself was judged by whoever trusts it; what it is the home of was not.
            home = look(Path(candidate.home)) if candidate.home is not None else None
            if isinstance(home, Found) and not found.real.is_relative_to(home.real):
                return True
        # Nor was a link on the way.
        return leads_out(path, self.project)


@dataclass(slots=True)
class _Names:
    """Ids in the order of finding: `TYPE@PLACE`, then `-2`, `-3` …"""

    counts: dict[str, int] = field(default_factory=dict)

    def next(self, kind: str, place: Place) -> CacheId:
        name = f"{kind}@{place}"
        self.counts[name] = self.counts.get(name, 0) + 1
        return name if self.counts[name] == 1 else f"{name}-{self.counts[name]}"


def settle(candidates: Iterable[Candidate], protected: Protected, project: Path | None) -> tuple[Root, ...]:
    """The roots behind the candidates, strongest first; each directory once, whatever it is called."""
    names = _Names()
    admission = _Admission(protected, project)
    roots: list[Root] = []
    by_inode: dict[Inode, int] = {}
    refused: set[tuple[str, Path]] = set()
    for candidate in candidates:
        if candidate.path is None and not candidate.problems:
            continue
        path = Path(candidate.path) if candidate.path is not None else Path()
        found, problems = admission.of(candidate, path)
        if problems:
            # One bad setting (HF_HOME=~) derives many roots; each kind is listed once for it.
            key = (candidate.type.id, path)
            if key in refused:
                continue
            refused.add(key)
        elif found is None:
            if not candidate.configured or candidate.type.shy:
                continue
        elif (first := by_inode.get(found.inode)) is not None:
            roots[first] = _same(roots[first], path)
            continue
        else:
            by_inode[found.inode] = len(roots)
        name = names.next(candidate.type.id, candidate.place)
        roots.append(Root(name, candidate, path, found, problems, missing=found is None and not problems))
    return tuple(roots)


def nesting(caches: Iterable[Cache], table: tuple[Mount, ...]) -> dict[CacheId, CacheId]:
    """Which cache lies in which: the innermost one around it whose walk meets it.

    Directories are compared by inode, so that a bind mount is the directory that it shows; a root behind a
    mount point is in nobody else, since no walk enters one.
    """
    found = [(cache.id, cache.real_path, cache.identity) for cache in caches]
    names = {identity.inode: name for name, _, identity in found if identity is not None}
    mounted = {mount.target for mount in table}
    inside: dict[CacheId, CacheId] = {}
    for name, path, _ in found:
        for below, above in pairwise((path, *path.parents) if path is not None else ()):
            if str(below) in mounted:
                break
            inode = _inode(above)
            if inode in names:
                inside[name] = names[inode]
                break
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
