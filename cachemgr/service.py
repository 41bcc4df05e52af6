"""CacheManager: the verbs that both faces and Python programs call. The pipeline exists only here.

What only actions need is imported by the verb that needs it: a `status` starts without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cachemgr.diagnose import databases, interrupted, legacy, passed_over, quarantine, roots
from cachemgr.disk.places import Protected
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused
from cachemgr.domain.event import Gauge, ScanFinished
from cachemgr.domain.terms import Intent
from cachemgr.environment.variables import Variables
from cachemgr.past.recovery import Recovery
from cachemgr.past.runs import Runs, new_id, random_word
from cachemgr.scan.in_use import Observer
from cachemgr.scan.locate import locate
from cachemgr.scan.roots import settle
from cachemgr.scan.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence, Set
    from datetime import datetime
    from pathlib import Path

    from cachemgr.domain.cache_type import CacheType
    from cachemgr.domain.event import ScanEvent
    from cachemgr.domain.inventory import CacheId, EntryId, Finding, Inventory
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.outcome import Trouble
    from cachemgr.domain.plan import Plan
    from cachemgr.domain.run import Run
    from cachemgr.domain.run_event import RunEvent
    from cachemgr.domain.settings import Settings
    from cachemgr.domain.terms import Disposal, Rule
    from cachemgr.encodings import Encodings
    from cachemgr.environment.setup import ProjectSetup
    from cachemgr.migration.planning import Migration
    from cachemgr.removal.clearing import Clearing
    from cachemgr.removal.expiring import Expiring


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
    observer: Observer = field(default_factory=Observer)
    """How running processes are asked what they use."""
    invocation: tuple[str, ...] = ("cachemgr",)
    """How this very view is asked for on the command line, `--home` and `--project` included: what every
    command that is shown begins with, so that a pasted one works on the caches that were looked at."""

    def scan(self, gauge: Gauge | None = None) -> Iterator[ScanEvent]:
        """Look at every root. The last event carries the inventory; stopping the loop cancels, and so
        does `gauge.stopped`, at the next directory (then Stopped is raised)."""
        candidates = locate(self.types, self.machine, self.settings, self.project)
        protected = self._protected()
        found = settle(candidates, protected, self.project)
        for event in Scanner(found, self.clock(), protected, gauge or Gauge()).scan():
            yield ScanFinished(self._diagnosed(event.inventory)) if isinstance(event, ScanFinished) else event

    def inventory(self) -> Inventory:
        """Scan to the end."""
        for event in self.scan():
            if isinstance(event, ScanFinished):
                return event.inventory
        raise AssertionError("a scan ends with its inventory")

    def reclaimable(self, inventory: Inventory) -> Mapping[CacheId | None, int]:
        """Free space that clearing all that may be cleared would give, for each cache; None: for all.

        Shared bytes count where the last of their holders is in the same cache, and once for all.
        """
        if not inventory.entries:
            return dict.fromkeys((None, *inventory.entries_by_cache), 0)
        from cachemgr.plan.clear import reclaimable

        return reclaimable(inventory, self.clock())

    def plan_clear(
        self,
        inventory: Inventory,
        entries: Set[EntryId],
        *,
        targets: Sequence[str] = (),
        disposal: Disposal | None = None,
        force: Collection[Rule] = (),
    ) -> Plan:
        """What clearing those entries would do, after a look at who uses them. Without a disposal the
        configuration or the rebuild class decides, entry by entry. `force` overrides rules by name."""
        return self.clearing.plan(inventory, entries, targets=targets, disposal=disposal, force=force)

    def plan_migrate(
        self,
        inventory: Inventory,
        entries: Set[EntryId],
        *,
        to: Path | None = None,
        link: bool = False,
        keep_days: int | None = None,
        targets: Sequence[str] = (),
        force: Collection[Rule] = (),
    ) -> Plan:
        """What bringing those entries to where they should be, or to a directory, would do. The source of a
        copy is kept for some days. Raises Refused with what is in the way, UsageError, Unavailable."""
        from cachemgr.migration.planning import Wanted

        how = Wanted(to, link, keep_days, tuple(targets), tuple(force))
        return self.migration.plan(new_id(), inventory, entries, self.clock(), how)

    def plan_undo(self, run: str | None = None) -> Plan:
        """The reverse of a run; by default of the last one that removed something.

        Raises UnknownTarget when there is no such run, Refused when nothing of it can be brought back.
        """
        return self.past.undo(run)

    def plan_purge(self, run: str | None = None, *, due: bool = False) -> Plan:
        """Empty one run's quarantine, all of them, or those whose time has come. Raises UnknownTarget."""
        return self.past.purge(run, due=due)

    def plan_finish(self, run: str) -> Plan:
        """Do what an interrupted run did not come to. May scan. Raises UnknownTarget, Refused."""
        return self.recovery.plan(run, Intent.FINISH, self.inventory)

    def plan_roll_back(self, run: str) -> Plan:
        """Bring back what an interrupted run moved. Raises UnknownTarget, Refused when it cannot be."""
        return self.recovery.plan(run, Intent.ROLL_BACK, self.inventory)

    def execute(
        self, plan: Plan, gauge: Gauge | None = None, *, saved: bool = False
    ) -> Generator[RunEvent, None, None]:
        """Carry a plan out, each effect in the journal before it happens. `gauge.stopped` stops it between
        steps. A plan that was `saved`, or whose scan is not fresh, is first compared with what planning now
        would give, step by step.

        Raises Refused (the plan is too old, an interrupted run goes first, or we may not write here), Busy
        (another cachemgr writes), Unavailable (the record of runs cannot be written).
        """
        from cachemgr.execute.executor import Execution
        from cachemgr.execute.guard import Guard, refuse_foreign_home
        from cachemgr.execute.lock import writing
        from cachemgr.journal.store import make_private
        from cachemgr.plan.compose import is_fresh, outdated
        from cachemgr.plan.expire_plan import journalled
        from cachemgr.plan.in_use import in_use, spots

        if self.read_only:
            raise Refused("cachemgr runs with --read-only, so nothing is changed")
        refuse_foreign_home(self.machine, allow_root=self.allow_root)
        if why := outdated(plan, self.clock()):
            raise Refused(f"plan {display_name(plan.id)} {why}")
        self.expiring.refuse(plan)
        refused = self._recheck(plan) if saved or not is_fresh(plan, self.clock()) else {}
        run = f"{self.clock().strftime('%Y%m%d-%H%M%S')}-{random_word()}"
        make_private(self.state)
        with writing(self.state, run) as lifeline, Guard(plan, self._protected()) as guard:
            self.recovery.admit(plan)
            # The world may have turned since somebody looked; this look is the last one.
            usage = self.observer.look(spots(plan), plan.forced)
            refused = {**in_use(plan, usage), **refused}
            execution = Execution(run, plan, guard, self.machine, refused, gauge or Gauge(), lifeline)
            yield from self.recovery.record(run, journalled(plan), execution.events())

    @property
    def clearing(self) -> Clearing:
        """The verb about named entries."""
        from cachemgr.removal.clearing import Clearing

        return Clearing(self.machine, self.settings, self.clock, self.observer)

    @property
    def expiring(self) -> Expiring:
        """The verbs about rules."""
        from cachemgr.removal.expiring import Expiring

        return Expiring(self.settings, self.types, self.clock, self.clearing, self.past)

    @property
    def migration(self) -> Migration:
        """The verbs about bringing caches elsewhere."""
        from cachemgr.migration.planning import Migration

        mine = (self.types, self.settings, self.project, self._protected(), self.observer)
        return Migration(*mine, self.machine, self.state)

    @property
    def past(self) -> Runs:
        """The verbs about runs."""
        return Runs(self.state, self.clock, self.invocation, self.machine)

    @property
    def variables(self) -> Variables:
        """The verbs about the variables that tools listen to."""
        return Variables(self.machine, self.types, self.settings, self.project)

    @property
    def setup(self) -> ProjectSetup:
        """The verbs about a project's own files."""
        from cachemgr.environment.setup import ProjectSetup

        given = (self.machine, self.types, self.settings, self.project, self.state)
        return ProjectSetup(*given, self.read_only, self.allow_root)

    @property
    def recovery(self) -> Recovery:
        """The verbs about interrupted runs."""
        return Recovery(self.past, self.settings.pins)

    def runs(self) -> tuple[Run, ...]:
        """Every run that the journal remembers, newest first."""
        return self.past.all()

    def run(self, run: str | None = None) -> Run:
        """One run by its id or the beginning of it; the last one by default. Raises UnknownTarget."""
        return self.past.one(run)

    def interrupted(self) -> tuple[Run, ...]:
        """The runs that wait for their recovery, newest first."""
        return self.recovery.interrupted()

    @property
    def encodings(self) -> Encodings:
        """The verbs about tiktoken's encodings."""
        from cachemgr.encodings import Encodings

        mine = (self.machine, self.settings, self.project, self.state, self._protected())
        return Encodings(*mine, read_only=self.read_only, allow_root=self.allow_root)

    def encode_plan(self, plan: Plan) -> dict[str, object]:
        """A plan as the JSON-ready document `cachemgr.plan/1`, exact enough to be applied elsewhere."""
        from cachemgr.journal.codec import encode

        return encode(plan)

    def decode_plan(self, document: bytes) -> Plan:
        """A plan from its JSON document. Raises UsageError naming what is wrong with it."""
        from cachemgr.journal.decode import decode

        return decode(document)

    def _recheck(self, plan: Plan) -> Mapping[int, Trouble]:
        """What a saved plan asks for that planning the same entries now would not give. Raises Refused."""
        from cachemgr.plan.compose import recheck_clear
        from cachemgr.plan.recheck import recheck_return

        match plan.intent:
            case Intent.UNDO:
                return recheck_return(plan, self.plan_undo(plan.reverses))
            case Intent.PURGE:
                return recheck_return(plan, self.plan_purge(plan.reverses))
            case Intent.MIGRATE:
                return self.migration.recheck(plan, self.inventory(), self.clock())
            case Intent.FINISH | Intent.ROLL_BACK:
                self.recovery.recheck(plan, self.inventory)
                return {}
        inventory = self.inventory()
        rules = self.expiring.recheck(plan, inventory) if plan.intent is Intent.EXPIRE else {}
        return {**rules, **recheck_clear(plan, inventory, self.clock())}

    def _diagnosed(self, inventory: Inventory) -> Inventory:
        beside = quarantine.beside_links(inventory)
        runs = self.runs() if beside or any(cache.quarantined for cache in inventory.caches) else ()
        findings = (
            *passed_over.find(self.machine),
            *legacy.find(inventory, self.types, self.settings, self.project),
            *roots.find(inventory),
            *databases.find(inventory, self.types, self.machine, self.project),
            *quarantine.find(inventory, runs, beside),
            *interrupted.find(inventory, self.recovery.interrupted(runs)),
            *self.variables.findings(inventory),
        )
        return replace(inventory, findings=tuple(map(self._pasteable, findings)))

    def _pasteable(self, finding: Finding) -> Finding:
        """A finding whose command works where the finding was made."""
        return replace(finding, fix=(*self.invocation, *finding.fix[1:])) if finding.fix else finding

    def _protected(self) -> Protected:
        return Protected.around(self.machine, self.project, (self.state,))
