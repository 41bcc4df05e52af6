"""An inventory by hand with the sizes of a real machine, and a service that plays scripted scenes on it.

Only what needs a disk or processes is scripted: scanning, who uses what, executing, the journal. Plans are
made by the real planner.
"""

import threading
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from cachemgr.domain.action import Copy, Purge, Remove, Restore
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.errors import UnknownTarget
from cachemgr.domain.event import Gauge, ScanEvent, ScanFinished, ScanStarted
from cachemgr.domain.inventory import EntryId, Inventory
from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.outcome import Outcome, Trouble
from cachemgr.domain.plan import Plan, Step
from cachemgr.domain.run import Run, Whereabouts
from cachemgr.domain.run_event import (
    RunEvent,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)
from cachemgr.domain.settings import Settings
from cachemgr.domain.terms import Disposal, Intent, Rule, Status, Where
from cachemgr.domain.usage import NOT_LOOKED, Usage
from cachemgr.plan.compose import recovery_plan
from cachemgr.plan.recover import finish_clear, roll_back
from cachemgr.removal.expiring import Expiring
from cachemgr.service import CacheManager
from tests.observers import Foreseen

NOW = datetime(2026, 11, 20, 14, 4, tzinfo=UTC)
HOME = PurePosixPath("/home/ada")
PROJECT = Path("/home/ada/films")


@dataclass
class Theatre:
    """What a scripted service remembers: the clock, what was executed, and where it waits."""

    now: datetime = NOW
    executed: list[Plan] = field(default_factory=list)
    planned: list[tuple[frozenset[EntryId], Disposal | None]] = field(default_factory=list)
    runs: tuple[Run, ...] = ()
    pause_before: int | None = None
    """The step before which an execution waits for `go`."""
    go: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)
    failing: Mapping[int, Outcome] = field(default_factory=dict)
    """What to answer in place of success."""
    scans: int = 0


class _SameId(Expiring):
    """Plans that are drawn have one id, whenever that is."""

    def plan(self, *given: Any, **options: Any) -> Plan:
        return replace(Expiring.plan(self, *given, **options), id="p-7f3a")


@dataclass(frozen=True, slots=True)
class SceneManager(CacheManager):
    """The service with a given inventory in place of a disk."""

    found: Inventory = field(default_factory=lambda: Inventory(NOW))
    theatre: Theatre = field(default_factory=Theatre)

    def scan(self, gauge: Gauge | None = None) -> Iterator[ScanEvent]:
        self.theatre.scans += 1
        yield ScanStarted(len(self.found.caches))
        yield ScanFinished(self.found)

    def plan_clear(
        self,
        inventory: Inventory,
        entries: Set[EntryId],
        *,
        targets: Sequence[str] = (),
        disposal: Disposal | None = None,
        force: Collection[Rule] = (),
    ) -> Plan:
        self.theatre.planned.append((frozenset(entries), disposal))
        plan = CacheManager.plan_clear(
            self, inventory, entries, targets=targets, disposal=disposal, force=force
        )
        return replace(plan, id="p-7f3a")

    @property
    def expiring(self) -> Expiring:
        found = CacheManager.expiring.fget(self)  # type: ignore[attr-defined]
        return _SameId(found.settings, found.types, found.clock, found.clearing, found.past)

    def plan_undo(self, run: str | None = None) -> Plan:
        return self._reverse(Intent.UNDO, run)

    def plan_purge(self, run: str | None = None, *, due: bool = False) -> Plan:
        return self._reverse(Intent.PURGE, run)

    def plan_finish(self, run: str) -> Plan:
        return self._recovery(Intent.FINISH, run)

    def plan_roll_back(self, run: str) -> Plan:
        return self._recovery(Intent.ROLL_BACK, run)

    def execute(
        self, plan: Plan, gauge: Gauge | None = None, *, saved: bool = False
    ) -> Generator[RunEvent, None, None]:
        theatre = self.theatre
        theatre.executed.append(plan)
        outcomes: list[Outcome] = []
        yield RunStarted("20261120-140412-9c1e77aa", len(plan.steps))
        for number, step in enumerate(plan.steps):
            yield StepStarted(number)
            if number == theatre.pause_before:
                if isinstance(step.action, Copy):
                    yield StepProgress(number, 1, 0, step.size * 55 // 100)
                else:
                    yield StepProgress(number, 21_480, step.frees * 55 // 100)
                theatre.waiting.set()
                theatre.go.wait(20)
            if gauge is not None and gauge.stopped:
                outcomes.append(Outcome(number, Status.SKIPPED, trouble=Trouble("stopped")))
                yield StepFinished(outcomes[-1])
                continue
            theatre.now += timedelta(seconds=0.2 + step.size / 2**31)
            outcome = theatre.failing.get(number) or _done(number, step)
            outcomes.append(outcome)
            yield StepFinished(outcome)
        undoable = bool(plan.quarantined) if plan.intent is Intent.CLEAR else plan.intent is Intent.MIGRATE
        yield RunFinished("20261120-140412-9c1e77aa", tuple(outcomes), undoable)

    def runs(self) -> tuple[Run, ...]:
        return self.theatre.runs

    def _recovery(self, intent: Intent, wanted: str) -> Plan:
        """Where everything of which the journal cannot tell was moved already."""
        (run,) = (one for one in self.theatre.runs if one.id == wanted)
        looks = {number: Whereabouts(Where.QUARANTINE) for number in range(len(run.plan.steps))}
        made = finish_clear(run, looks, None) if intent is Intent.FINISH else roll_back(run, looks)
        return recovery_plan("p-5d20", run, made, NOW, intent=intent)

    def _reverse(self, intent: Intent, wanted: str | None) -> Plan:
        for run in self.theatre.runs:
            if run.quarantined and wanted in (None, run.id):
                steps = tuple(
                    Step(_reverse_action(intent, run.id, number, step), step.cache, step.entry, step.identity,
                         step.size, step.size if intent is Intent.PURGE else 0, rebuild=step.rebuild)
                    for number, step in run.quarantined
                )  # fmt: skip
                return Plan(
                    "p-81c2", intent, NOW, NOW + timedelta(minutes=15), run.plan.roots, steps, reverses=run.id
                )
        raise UnknownTarget("nothing to undo")


def service(
    found: Inventory,
    theatre: Theatre | None = None,
    *,
    types: tuple[CacheType, ...] = (),
    read_only: bool = False,
    usage: Usage = NOT_LOOKED,
) -> SceneManager:
    """A scripted service on Ada's machine."""
    theatre = theatre or Theatre()
    return SceneManager(
        machine=Machine(Platform.LINUX, HOME, {}, PROJECT),
        types=types,
        settings=Settings(),
        project=PROJECT,
        state=Path("/home/ada/.local/state/cachemgr"),
        clock=lambda: theatre.now,
        read_only=read_only,
        observer=Foreseen(usage=usage),
        found=found,
        theatre=theatre,
    )


def changed(number: int) -> Outcome:
    """A step that was skipped because somebody had been there."""
    return Outcome(number, Status.SKIPPED, trouble=Trouble("changed"))


def digest(*words: str) -> str:
    """A stable name that looks like a blob's."""
    return sha256("/".join(words).encode("utf-8", "surrogateescape")).hexdigest()


def _done(number: int, step: Step) -> Outcome:
    disposal = getattr(step.action, "disposal", None)
    moved = (
        step.size
        if disposal in (Disposal.QUARANTINE, Disposal.TRASH) or isinstance(step.action, Restore | Copy)
        else 0
    )
    gone = isinstance(step.action, Purge) or disposal is Disposal.DELETE
    return Outcome(number, Status.DONE, freed=step.frees if gone else 0, moved=moved)


def _reverse_action(intent: Intent, run: str, number: int, step: Step) -> Restore | Purge:
    assert isinstance(step.action, Remove)
    return Restore(run, number, step.action.names) if intent is Intent.UNDO else Purge(run)
