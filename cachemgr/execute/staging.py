"""A run's directory for copies that nobody is to find under their names before they are whole."""

from collections.abc import Iterator
from errno import EEXIST

from cachemgr.disk import handles
from cachemgr.disk.reader import STAGING, TAKEN
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Inode
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.naming import inode
from cachemgr.execute.quarantine import MARK, Quarantine
from cachemgr.execute.remove import Removal
from cachemgr.execute.remove_parallel import remove_tree


class Staging(Quarantine):
    """`<root>/.cachemgr-staging-<run>`, mode 0700, each copy in it named by the number of its step."""

    prefix = STAGING

    def find(self, number: int) -> tuple[str, Inode] | None:
        """What a copy is called in it, and which it is. Raises OSError."""
        for name in (str(number), f"{number}{TAKEN}"):
            if (found := inode(self.handle, name)) is not None:
                return name, found
        return None

    def empty(self, done: Removal) -> Iterator[Removal]:
        """Delete what is in it, and it. What lies here was copied, and is still where it came from; a copy
        that was taken out of its place and not looked at stays, and is an error."""
        for name in sorted(handles.names(self.handle)):
            if name.endswith(TAKEN):
                done.errors.append(FileExistsError(EEXIST, "a copy that may have been used lies in it", name))
            elif name != MARK:
                yield from remove_tree(self.handle, name, done)
        if not done.errors:
            self.drop_if_empty(done)


class Stagings:
    """The staging directories that one run works in: its own in each root, and that of a run it takes up."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._held: dict[tuple[CacheId, str], Staging] = {}

    def make(self, cache: CacheId, run: str) -> Staging:
        """Raises Stop, OSError."""
        if (cache, run) not in self._held:
            self._held[(cache, run)] = Staging.create(self.guard.own(cache), run)
        return self._held[(cache, run)]

    def open(self, cache: CacheId, run: str) -> Staging | None:
        """None where there is none. Raises Stop where what is there is not that."""
        if (cache, run) not in self._held:
            try:
                self._held[(cache, run)] = Staging.open(self.guard.own(cache), run)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise Stop(Trouble("no-quarantine", run, error.errno)) from error
        return self._held[(cache, run)]

    def empty(self, cache: CacheId, run: str, done: Removal) -> Iterator[Removal]:
        """Delete one with all that is in it. Raises Stop, OSError."""
        if (staging := self.open(cache, run)) is not None:
            yield from staging.empty(done)
            if not staging.stands():
                self._held.pop((cache, run)).close()

    def of(self, run: str) -> tuple[CacheId, ...]:
        """The caches for which that run's are held here."""
        return tuple(cache for cache, owner in self._held if owner == run)

    def close(self) -> None:
        for staging in self._held.values():
            staging.close()
        self._held.clear()
