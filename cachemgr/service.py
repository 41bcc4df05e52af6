"""CacheManager: the verbs that both faces and Python programs call. The pipeline exists only here."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.event import Gauge, RunEvent, ScanEvent
from cachemgr.domain.inventory import CacheId, EntryId, Inventory
from cachemgr.domain.machine import Machine
from cachemgr.domain.plan import Plan
from cachemgr.domain.run import Run
from cachemgr.domain.settings import Settings
from cachemgr.domain.terms import Disposal


@dataclass(frozen=True, slots=True)
class CacheManager:
    """Catalogue → scan → inventory → plan → execute → journal, over one machine and one configuration."""

    machine: Machine
    types: tuple[CacheType, ...]
    settings: Settings
    project: Path | None
    """The project whose caches are looked at; None outside of one."""
    state: Path
    """Our own state directory (journal, lock), outside every root."""
    clock: Callable[[], datetime]
    """The time in UTC; handed in so that nothing below asks for it."""
    read_only: bool = False
    """Plans are made and shown; nothing is executed."""
    allow_root: bool = False
    """Write although HOME belongs to somebody else or the program runs under sudo."""

    def scan(self, gauge: Gauge | None = None) -> Iterator[ScanEvent]:
        """Look at every root. The last event carries the inventory; stopping the loop cancels, and so
        does `gauge.stopped`, at the next directory (then Stopped is raised)."""
        raise NotImplementedError

    def inventory(self) -> Inventory:
        """Scan to the end."""
        raise NotImplementedError

    def reclaimable(self, inventory: Inventory) -> Mapping[CacheId | None, int]:
        """Free space that clearing all that may be cleared would give, for each cache; None: for all.

        Shared bytes count where the last of their holders is in the same cache, and once for all.
        """
        raise NotImplementedError

    def plan_clear(
        self,
        inventory: Inventory,
        entries: Set[EntryId],
        *,
        targets: Sequence[str] = (),
        disposal: Disposal | None = None,
    ) -> Plan:
        """What clearing those entries would do. Without a disposal the configuration or the rebuild
        class decides, entry by entry."""
        raise NotImplementedError

    def plan_undo(self, run: str | None = None) -> Plan:
        """The reverse of a run, the last undoable one by default. Raises UnknownTarget."""
        raise NotImplementedError

    def plan_purge(self, run: str | None = None, *, due: bool = False) -> Plan:
        """Empty one run's quarantine, all of them, or those whose time has come. Raises UnknownTarget."""
        raise NotImplementedError

    def execute(self, plan: Plan) -> Iterator[RunEvent]:
        """Carry a plan out, each effect in the journal before it happens. Stopping the loop stops between
        steps.

        Raises Refused (the plan is too old, or we may not write here), Busy (another cachemgr writes).
        """
        raise NotImplementedError

    def runs(self) -> tuple[Run, ...]:
        """Every run that the journal remembers, newest first."""
        raise NotImplementedError

    def run(self, run: str | None = None) -> Run:
        """One run by its id or an unambiguous beginning of it; the last one by default.

        Raises UnknownTarget.
        """
        raise NotImplementedError

    def encode_plan(self, plan: Plan) -> dict[str, object]:
        """A plan as the JSON-ready document `cachemgr.plan/1`, exact enough to be applied elsewhere."""
        raise NotImplementedError

    def decode_plan(self, document: bytes) -> Plan:
        """A plan from its JSON document. Raises UsageError naming what is wrong with it."""
        raise NotImplementedError
