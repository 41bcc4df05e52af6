"""Where the things are that a migration moved, copied or made: looked at on the disk, as a record that has no
end cannot tell, and neither can one after which others were at work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import STAGING, TAKEN
from cachemgr.disk.whereabouts import opened
from cachemgr.domain.action import Copy, Link, Move, Publish, Remake
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.plan import Step
from cachemgr.domain.run import Arrival, Run
from cachemgr.domain.unit import Identity, Kind

Names = tuple[str, ...]


def arrivals(run: Run) -> Mapping[int, Arrival]:
    """By number, for every step that brings something to another place."""
    look = _Look(run)
    try:
        return {number: found for number, step in enumerate(run.plan.steps)
                if (found := look.at(number, step)) is not None}  # fmt: skip
    finally:
        look.close()


class _Look:
    """Over one run. Each root is opened once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._roots: dict[CacheId, Handle | None] = {}
        self._open: list[Handle] = []
        self._made = {number: outcome.made for number, outcome in run.fates.items() if outcome.made}

    def close(self) -> None:
        for handle in self._open:
            handles.close(handle)

    def at(self, number: int, step: Step) -> Arrival | None:
        match step.action:
            case Move(names, to, place) if step.identity is not None:
                here, there = self._identity(step.cache, names), self._identity(to, place)
                inode = step.identity.inode
                return Arrival(
                    at_source=here is not None and here.inode == inode,
                    there=there if there is not None and there.inode == inode else None,
                    taken=there is not None and there.inode != inode,
                )
            case Copy(to=to):
                staged = self._staged(to, str(number)) or self._staged(to, f"{number}{TAKEN}")
                return Arrival(staged=staged is not None)
            case Publish(names, copy):
                return self._published(step.cache, names, copy)
            case Remake(names):
                now = self._identity(step.cache, names)
                folder = now if now is not None and now.kind is Kind.DIRECTORY else None
                holds = () if folder is None else self._names(step.cache, names)
                return Arrival(there=folder, taken=now is not None and folder is None, holds=holds)
            case Link(names, target):
                return Arrival(linked=self._link(step.cache, names) == target)
        return None

    def _published(self, cache: CacheId, names: Names, copy: int) -> Arrival:
        made = self._made.get(copy)
        now, away = self._identity(cache, names), self._staged(cache, f"{copy}{TAKEN}")
        staged = self._staged(cache, str(copy)) or away
        if made is None:
            return Arrival(taken=now is not None)
        return Arrival(
            staged=staged is not None and staged.inode == made,
            away=away if away is not None and away.inode == made else None,
            there=now if now is not None and now.inode == made else None,
            taken=now is not None and now.inode != made,
        )

    def _staged(self, cache: CacheId, name: str) -> Identity | None:
        own = self.run.plan.root(cache).own
        return self._identity(cache, (*own, STAGING + self.run.id, name))

    def _identity(self, cache: CacheId, names: Names) -> Identity | None:
        with self._folder(cache, names[:-1]) as folder:
            if folder is None:
                return None
            try:
                return handles.identity(handles.lstat(folder, names[-1]))
            except (OSError, ValueError):
                return None

    def _names(self, cache: CacheId, names: Names) -> tuple[str, ...]:
        with self._folder(cache, names) as folder:
            try:
                return () if folder is None else tuple(sorted(handles.names(folder)))
            except OSError:
                return ()

    def _link(self, cache: CacheId, names: Names) -> str | None:
        with self._folder(cache, names[:-1]) as folder:
            try:
                return None if folder is None else handles.read_link(folder, names[-1])
            except (OSError, ValueError):
                return None

    @contextmanager
    def _folder(self, cache: CacheId, names: Names) -> Iterator[Handle | None]:
        root = self._root(cache)
        try:
            handle = None if root is None else handles.open_below(root, names)
        except (OSError, ValueError):
            handle = None
        try:
            yield handle
        finally:
            if handle is not None:
                handles.close(handle)

    def _root(self, cache: CacheId) -> Handle | None:
        if cache not in self._roots:
            self._roots[cache] = handle = opened(self.run.plan.root(cache))
            if handle is not None:
                self._open.append(handle)
        return self._roots[cache]
