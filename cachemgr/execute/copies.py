"""The copies that a migration makes on another file system: put into staging, given their names, compared
with what they were made of, and taken out of their places again."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress

from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import TAKEN
from cachemgr.domain.action import Copy, Discard, Match, Publish, Resumed, Withdraw
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.leads import Move as Lead
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Step
from cachemgr.domain.unit import Inode
from cachemgr.execute.compare import Likeness, compare
from cachemgr.execute.consignment import Consignment, Copied, Settling
from cachemgr.execute.copy import discard, settle
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.naming import inode, rename
from cachemgr.execute.quarantines import Quarantines
from cachemgr.execute.remove import Removal
from cachemgr.execute.staging import Stagings
from cachemgr.execute.unit_locks import UnitLocks
from cachemgr.execute.unsynced import Unsynced
from cachemgr.execute.withdrawal import look_again, picture, take_away

Names = tuple[str, ...]

_HUBS, _REPOSITORY = ("huggingface-hub", "transformers-legacy"), "--"


class Copies:
    """Of one run, in the roots that a guard holds open. Each effect raises Stop or OSError, and then has
    changed nothing."""

    def __init__(self, run: str, guard: Guard, quarantines: Quarantines, unsynced: Unsynced) -> None:
        self.run = run
        self.guard = guard
        self._quarantines = quarantines
        self._unsynced = unsynced
        self._stagings = Stagings(guard)
        self._locks = UnitLocks(guard)
        self._copied: dict[tuple[str, int], Copied] = {}
        """By run and number."""
        self._looked: dict[tuple[CacheId, Names], bytes] = {}
        """What a copy was when it was compared with its source, or got its name."""

    def consign(self, number: int, step: Step, action: Copy) -> Consignment:
        """A unit, ready to be copied. Its lock is held until it is `received`."""
        root = self.guard.root(step.cache)
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent)
        # Where nothing can be set aside, nothing could be retired: that is seen before anything is copied.
        self._quarantines.make(step.cache, self.run)
        run, stage = self._berth(number, action)
        staging = self._stagings.make(action.to, run)
        for _ in discard(staging.handle, str(stage), Removal()):
            pass  # what an interrupted run had begun to copy
        self._locks.hold(number, step, action)
        return Consignment(
            number,
            root.handle,
            action.names,
            staging.handle,
            str(stage),
            step.identity,
            step.seen,
            moves=self._moves(step.cache, action.to),
            accepted=frozenset(action.leaving),
            # In a hub's repositories what is called after its content is to have it; its store has names
            # of another kind.
            blob_names=root.root.type in _HUBS and _REPOSITORY in action.names[-1],
        )

    def received(self, number: int, action: Copy, copied: Copied | None) -> None:
        """The copying of a unit has ended, well or not."""
        self._locks.let_go(number)
        if copied is not None:
            self._copied[self._berth(number, action)] = copied

    def publish(self, step: Step, action: Publish) -> None:
        """A copy gets its name. One that has it already is as good."""
        run = self.run if action.resumes is None else action.resumes.run
        copied = self._copied.get((run, action.copy))
        made = action.made if copied is None else copied.inode
        staging = self._stagings.open(step.cache, run)
        with self.guard.folder(step, action.names) as target:
            staged = None if staging is None else staging.find(action.copy)
            if made is None or (staged is not None and staged[1] != made):
                raise Stop(Trouble("changed", "/".join(action.names)))
            if staging is None or staged is None:
                if inode(target, action.names[-1]) != made:
                    raise Stop(Trouble("missing", "/".join(action.names)))
                return
            looked = picture(staging.handle, staged[0])
            if self._looked.setdefault((step.cache, action.names), looked) != looked:
                raise Stop(Trouble("changed", "/".join(action.names)))
            rename(staging.handle, staged[0], target, action.names)
            settling: Settling | None = None if copied is None else copied.settling
            if settling is not None:
                settle(target, action.names[-1], settling)
            self._unsynced.note(step.cache, action.names)

    def unpublish(self, step: Step, action: Publish) -> bool:
        """Take the name away again from a copy of this run, where nobody else took its place or was at it."""
        run = self.run if action.resumes is None else action.resumes.run
        copied = self._copied.get((run, action.copy))
        made = action.made if copied is None else copied.inode
        with self.guard.folder(step, action.names) as parent:
            looked = self._looked.get((step.cache, action.names))
            if made is None or looked is None or inode(parent, action.names[-1]) != made:
                return False
            self._take_away(step, action.names, parent, run, action.copy, looked, made)
            return True

    def match(self, step: Step, action: Match) -> Generator[int, None, None]:
        """Whether the same lies at the place that a unit would get. Yields bytes read. Raises Stop where
        something else does."""
        with self.guard.folder(step, action.names) as parent:
            self.guard.check(step, action.names, parent)
        if action.resumes is None:
            yield from self._compare(step.cache, action.names, action.to, action.place)
            return
        with self._copy_of(action.to, action.place, action.resumes) as (folder, name):
            self._looked[(action.to, action.place)] = picture(folder, name)
            yield from self._compare(step.cache, action.names, action.to, action.place, (folder, name))

    def withdraw(self, step: Step, action: Withdraw) -> Generator[int, None, None]:
        """Take a published copy out of its place, if it is still what its source is, and nobody is at it."""
        assert step.identity is not None
        with self.guard.folder(step, action.names) as parent:
            yield from self._look_after(step, action, parent)
            now = inode(parent, action.names[-1])
            if now is None:
                return  # it was taken away before
            if now != step.identity.inode:
                raise Stop(Trouble("changed", "/".join(action.names)))
            # Comparing takes its time, and what came in behind it was not compared.
            looked = picture(parent, action.names[-1])
            yield from self._compare(action.twin, action.place, step.cache, action.names)
            with self.guard.lock(step, action):
                self._take_away(step, action.names, parent, action.run, action.number, looked, now)

    def discard(self, step: Step, action: Discard, done: Removal) -> Iterator[Removal]:
        """Delete a run's staging directory."""
        with suppress(FileNotFoundError):  # the cache itself was never made
            yield from self._stagings.empty(step.cache, action.run, done)

    def clear_up(self, done: Removal) -> None:
        """Delete what is left in the staging directories of this run. Raises Stop, OSError."""
        for cache in self._stagings.of(self.run):
            for _ in self._stagings.empty(cache, self.run, done):
                pass

    def close(self) -> None:
        self._locks.close()
        self._stagings.close()

    def _take_away(
        self, step: Step, names: Names, parent: Handle, run: str, number: int, looked: bytes, made: Inode
    ) -> None:
        staging = self._stagings.make(step.cache, run)
        self._unsynced.note(step.cache, names)
        take_away(parent, names[-1], staging, number, looked, made, self._path(step, names))

    def _look_after(self, step: Step, action: Withdraw, parent: Handle) -> Generator[int, None, None]:
        """What a run had taken away, and was killed before it had looked at it. Raises Stop, OSError."""
        staging, place = self._stagings.open(step.cache, action.run), f"{action.number}{TAKEN}"
        if staging is None or inode(staging.handle, place) is None:
            return
        at = (staging.handle, place)
        compared = self._compare(action.twin, action.place, step.cache, action.names, at)
        self._unsynced.note(step.cache, action.names)
        names = action.names
        yield from look_again(parent, names[-1], staging, action.number, compared, self._path(step, names))

    def _path(self, step: Step, names: Names) -> str:
        return str(self.guard.root(step.cache).root.path.joinpath(*names))

    @contextmanager
    def _copy_of(self, cache: CacheId, place: Names, made: Resumed) -> Iterator[tuple[Handle, str]]:
        """Where the copy of an interrupted run lies, and what it is called there. Raises Stop."""
        staging = self._stagings.open(cache, made.run)
        if staging is not None and (staged := staging.find(made.number)) is not None:
            yield staging.handle, staged[0]
            return
        with self.guard.folder_in(cache, place) as folder:
            yield folder, place[-1]

    def _compare(
        self, one: CacheId, names: Names, other: CacheId, place: Names, at: tuple[Handle, str] | None = None
    ) -> Generator[int, None, None]:
        """`at` is where the other one lies, if it is not at its place."""
        folder, way = (self.guard.root(other).handle, place) if at is None else (at[0], (at[1],))
        found = yield from compare(self.guard.root(one).handle, names, folder, way, self._moves(one, other))
        if found.likeness is not Likeness.SAME:
            raise Stop(Trouble("conflict", found.detail or "/".join(place), found.errno))

    def _moves(self, source: CacheId, to: CacheId) -> tuple[Lead, ...]:
        return (Lead(str(self.guard.root(source).root.top), str(self.guard.root(to).root.top)),)

    def _berth(self, number: int, action: Copy) -> tuple[str, int]:
        return (self.run, number) if action.resumes is None else (action.resumes.run, action.resumes.number)
