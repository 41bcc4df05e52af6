"""The quarantines that one run works in: its own in each root, and those of runs it empties or takes up."""

from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Trouble
from cachemgr.execute.guard import Guard, Stop
from cachemgr.execute.quarantine import Quarantine
from cachemgr.execute.remove import Removal


class Quarantines:
    """Each is opened once, and held open until it goes or the run ends."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._held: dict[tuple[CacheId, str], Quarantine] = {}

    def make(self, cache: CacheId, run: str) -> Quarantine:
        """A run's quarantine in a root, new where there is none. Raises Stop, OSError."""
        key = (cache, run)
        if key not in self._held:
            self._held[key] = Quarantine.create(self.guard.root(cache).handle, run)
        return self._held[key]

    def open(self, cache: CacheId, run: str) -> Quarantine | None:
        """A run's quarantine, None where the root has none. Raises Stop where what is there is not that."""
        key = (cache, run)
        if key not in self._held:
            try:
                self._held[key] = Quarantine.open(self.guard.root(cache).handle, run)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise Stop(Trouble("no-quarantine", run, error.errno)) from error
        return self._held[key]

    def held(self, cache: CacheId, run: str) -> Quarantine | None:
        """One that is open already."""
        return self._held.get((cache, run))

    def drop(self, cache: CacheId, run: str, done: Removal) -> None:
        """Remove a run's quarantine where nothing lies in it any more. Raises Stop, OSError."""
        quarantine = self.open(cache, run)
        if quarantine is None:
            return
        try:
            dropped = quarantine.drop_if_empty(done)
        except FileNotFoundError:
            dropped = True  # a purge before it took it along
        if dropped:
            self._forget(cache, run)

    def drop_empty(self) -> None:
        """Remove those in which nothing is left."""
        for (cache, run), quarantine in list(self._held.items()):
            try:
                if quarantine.drop_if_empty(Removal()):
                    self._forget(cache, run)
            except OSError:
                continue  # an empty directory of ours stays; the next scan lists it

    def forget_dropped(self, cache: CacheId, run: str) -> None:
        """Let go of one that went with the last unit on its way to the trash."""
        if (quarantine := self.held(cache, run)) is not None and not quarantine.stands():
            self._forget(cache, run)

    def close(self) -> None:
        for cache, run in list(self._held):
            self._forget(cache, run)

    def _forget(self, cache: CacheId, run: str) -> None:
        self._held.pop((cache, run)).close()
