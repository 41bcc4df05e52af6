"""Where the things lie that a run was about: at their places, in a quarantine, or in neither. Looked at on
the disk, because a record that has no end cannot tell."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from errno import ELOOP, ENOTDIR
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import OURS
from cachemgr.domain.action import Purge, Remove, Restore, Tidy
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.plan import Root, Step
from cachemgr.domain.run import Run, Whereabouts
from cachemgr.domain.terms import Where
from cachemgr.domain.unit import Kind

Names = tuple[str, ...]

_LOST = Whereabouts(Where.UNREACHABLE, free=False)


def whereabouts(run: Run) -> Mapping[int, Whereabouts]:
    """By number, for every step that moves, removes or brings back something."""
    found: dict[int, Whereabouts] = {}
    for root in run.plan.roots:
        steps = {number: step for number, step in enumerate(run.plan.steps) if step.cache == root.cache}
        with _opened(root) as handle:
            if handle is None:
                found |= dict.fromkeys(steps, _LOST)
            else:
                found |= _Look(handle, run.id, root.own).at(steps)
    return found


def standing(run: Run) -> tuple[CacheId, ...]:
    """The caches in whose roots a quarantine of a run stands, whatever is in it."""
    found: list[CacheId] = []
    for root in run.plan.roots:
        with _opened(root) as handle, suppress(OSError, ValueError):
            if handle is not None:
                with _folder(handle, root.own) as own:
                    handles.lstat(own, OURS + run.id)
                found.append(root.cache)
    return tuple(found)


def last_changed(places: Iterable[Path]) -> datetime | None:
    """When the latest of these was changed last, in UTC; None where none can be looked at."""
    times: list[float] = []
    for place in places:
        with suppress(OSError, ValueError):
            times.append(os.lstat(place).st_mtime)
    return datetime.fromtimestamp(max(times), UTC) if times else None


def opened(root: Root) -> Handle | None:
    """A root, if it is still the one that was planned; the caller closes it."""
    try:
        handle = handles.open_root(root.path)
    except (OSError, ValueError):
        return None
    status = handles.fstat(handle)
    if (status.st_dev, status.st_ino) == root.identity.inode:
        return handle
    handles.close(handle)
    return None


@contextmanager
def _opened(root: Root) -> Iterator[Handle | None]:
    handle = opened(root)
    try:
        yield handle
    finally:
        if handle is not None:
            handles.close(handle)


@contextmanager
def _folder(root: Handle, names: Names) -> Iterator[Handle]:
    handle = handles.open_below(root, names)
    try:
        yield handle
    finally:
        handles.close(handle)


class _Look:
    """One root. Each directory in it is opened once for all the names in it."""

    def __init__(self, root: Handle, run: str, own: Names) -> None:
        self.root = root
        self.run = run
        self.own = own
        """Where in it our own directories are."""

    def at(self, steps: Mapping[int, Step]) -> dict[int, Whereabouts]:
        by_folder: dict[Names, list[tuple[int, str]]] = {}
        purges: dict[int, Step] = {}
        for number, step in steps.items():
            if isinstance(step.action, Remove | Restore | Tidy) and step.action.names:
                *folder, name = step.action.names
                by_folder.setdefault(tuple(folder), []).append((number, name))
            elif isinstance(step.action, Purge):
                purges[number] = step
        places: dict[int, Whereabouts] = {}
        for names, wanted in by_folder.items():
            places |= self._in_folder(names, {number: (name, steps[number]) for number, name in wanted})
        for number, aside in self._aside(steps).items():
            free = number not in places or places[number].where is Where.NEITHER
            if aside:
                places[number] = Whereabouts(Where.QUARANTINE, free)
        for number in purges:
            places.setdefault(number, Whereabouts(Where.NEITHER))
        return places

    def _in_folder(self, names: Names, wanted: Mapping[int, tuple[str, Step]]) -> dict[int, Whereabouts]:
        try:
            folder = handles.open_below(self.root, names)
        except FileNotFoundError:
            return dict.fromkeys(wanted, Whereabouts(Where.NEITHER))
        except (OSError, ValueError) as error:
            # A link or a file in the place of a directory that the way led through.
            other = isinstance(error, OSError) and error.errno in (ELOOP, ENOTDIR)
            return dict.fromkeys(wanted, Whereabouts(Where.OTHER, free=False) if other else _LOST)
        try:
            return {number: self._place(folder, name, step) for number, (name, step) in wanted.items()}
        finally:
            handles.close(folder)

    def _place(self, folder: Handle, name: str, step: Step) -> Whereabouts:
        try:
            now = handles.identity(handles.lstat(folder, name))
        except FileNotFoundError:
            return Whereabouts(Where.NEITHER)
        except (OSError, ValueError):
            return _LOST
        same = step.identity is not None and now.inode == step.identity.inode
        gone: frozenset[Names] = frozenset()
        if isinstance(step.action, Tidy) and now.kind is Kind.DIRECTORY:
            gone = frozenset(below for below in step.action.alone if _is_gone(folder, (name, *below)))
        return Whereabouts(Where.PLACE if same else Where.OTHER, free=False, now=now, gone=gone)

    def _aside(self, steps: Mapping[int, Step]) -> dict[int, bool]:
        """Which steps' units lie in a quarantine; only those that do."""
        found: dict[int, bool] = {}
        listed: dict[str, frozenset[str]] = {}
        for number, step in steps.items():
            for run, unit, inode in _berths(self.run, number, step):
                if run not in listed:
                    listed[run] = self._names(run)
                if str(unit) in listed[run] and self._is(run, unit, inode):
                    found[number] = True
        return found

    def _names(self, run: str) -> frozenset[str]:
        try:
            quarantine = handles.open_below(self.root, (*self.own, OURS + run))
        except (OSError, ValueError):
            return frozenset()
        try:
            return frozenset(handles.names(quarantine))
        except OSError:
            return frozenset()
        finally:
            handles.close(quarantine)

    def _is(self, run: str, unit: int, inode: tuple[int, int]) -> bool:
        try:
            quarantine = handles.open_below(self.root, (*self.own, OURS + run))
        except OSError:
            return False
        try:
            status = handles.lstat(quarantine, str(unit))
        except OSError:
            return False
        finally:
            handles.close(quarantine)
        return (status.st_dev, status.st_ino) == inode


def _berths(run: str, number: int, step: Step) -> Iterator[tuple[str, int, tuple[int, int]]]:
    """Where in which quarantine a step's unit would lie, and what it has to be."""
    match step.action:
        case Purge(run=of, held=held):
            yield from ((of, unit, (dev, ino)) for unit, dev, ino in held)
        case Remove(resumes=resumes) if step.identity is not None:
            of, unit = (run, number) if resumes is None else (resumes.run, resumes.number)
            yield of, unit, step.identity.inode
        case Restore(run=of, number=unit) if step.identity is not None:
            yield of, unit, step.identity.inode


def _is_gone(folder: Handle, names: Names) -> bool:
    try:
        handles.close(handles.open_below(folder, names))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
