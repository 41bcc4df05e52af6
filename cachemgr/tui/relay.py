"""Between the service's iterators and the app: the only file of the TUI that knows about threads.

A thread writes what it learns into plain attributes and counts `revision` up; the app looks ten times a
second. A call into the app for every event would make the scan as slow as the screen.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from textual.app import App
from textual.worker import get_current_worker

from cachemgr.domain.action import Copy, Match
from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.event import CacheScanned, Gauge, ScanFinished, ScanStarted, Stopped
from cachemgr.domain.inventory import CacheId, EntryId, Inventory
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan
from cachemgr.domain.run import Run
from cachemgr.domain.run_event import RunFinished, RunStarted, StepFinished, StepProgress, StepStarted
from cachemgr.present.run_rows import RunRow, run_row
from cachemgr.present.text import error_sentence
from cachemgr.service import CacheManager
from cachemgr.tui.outline import Node, outline, unused

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Scanned:
    """The last finished scan, ready to be shown."""

    inventory: Inventory
    frees: dict[CacheId | None, int]
    nodes: tuple[Node, ...]
    unused: frozenset[EntryId] = frozenset()


@dataclass(slots=True)
class ScanProgress:
    """A scan under way; written by its thread."""

    gauge: Gauge = field(default_factory=Gauge)
    total: int = 0
    done: int = 0
    finished: dict[CacheId, tuple[int, int]] = field(default_factory=dict)
    """Files and bytes of the caches that are measured."""

    @property
    def found(self) -> dict[CacheId, tuple[int, int]]:
        """The same with the cache at work."""
        made = self.finished.copy()
        cache = self.gauge.cache
        if cache is not None and cache not in made:
            before = made.copy().values()
            made[cache] = (
                self.gauge.files - sum(files for files, _ in before),
                self.gauge.size - sum(size for _, size in before),
            )
        return made


@dataclass(frozen=True, slots=True)
class Shipped:
    """How far a copy has come."""

    files: int
    bytes: int
    verifying: bool
    """It was written, and is being read back."""


@dataclass(slots=True)
class RunProgress:
    """An execution under way or just over; written by its thread."""

    plan: Plan
    started: datetime
    run: str = ""
    gauge: Gauge = field(default_factory=Gauge)
    number: int | None = None
    """The step that was heard of last, while it is at work."""
    begun: set[int] = field(default_factory=set)
    """Steps that were begun. One that deletes is moved out of its place first and removed at the end."""
    removing: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Files and bytes that the steps at work have removed so far: several are at work at once."""
    shipping: dict[int, Shipped] = field(default_factory=dict)
    """The steps at work that copy or compare."""
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    finished: RunFinished | None = None
    ended: datetime | None = None
    error: str = ""
    """Why it did not begin, or broke off."""

    @property
    def freed(self) -> int:
        """Bytes, by what is done and by what is at work."""
        done = sum(outcome.freed for outcome in self.outcomes.copy().values())
        return done + sum(freed for _, freed in self.removing.copy().values())

    @property
    def stopping(self) -> bool:
        return self.gauge.stopped

    @property
    def over(self) -> bool:
        return self.ended is not None


class Relay:
    """What is known, and what is being found out."""

    def __init__(self, service: CacheManager) -> None:
        self.service = service
        self.revision = 0
        self.scanned: Scanned | None = None
        self.scans = 0
        """How many scans have been finished."""
        self.scanning: ScanProgress | None = None
        self.scan_error = ""
        self.failed_scans = 0
        self.running: RunProgress | None = None
        self.past: Mapping[str, tuple[Run, RunRow]] = {}
        """Runs by their ids, newest first, and their lines in the history, which a thread makes: those of
        large ones take a while."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """Newest first."""
        return tuple(run for run, _ in self.past.values())

    @property
    def busy(self) -> bool:
        """Something is being executed."""
        return self.running is not None and not self.running.over

    def start_scan(self, app: App[None]) -> None:
        """Scan in the background. Does nothing while a scan or an execution is under way."""
        if self.scanning is None and not self.busy:
            self.scanning = ScanProgress()
            app.run_worker(self._scan, thread=True, group="scan", name="scan")

    def stop_scan(self) -> None:
        """Leave the scan at the next directory."""
        if self.scanning is not None:
            self.scanning.gauge.stopped = True

    def start_run(self, app: App[None], plan: Plan) -> RunProgress:
        """Carry a plan out in the background, unless one is being carried out."""
        if self.running is not None and not self.running.over:
            return self.running
        self.running = RunProgress(plan, self.service.clock())
        app.run_worker(self._run, thread=True, group="run", name="run")
        return self.running

    def stop_run(self) -> None:
        """Stop after the step at work."""
        if self.running is not None:
            self.running.gauge.stopped = True

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Something the service needs a moment for. Raises what the question raises."""
        return await asyncio.to_thread(question)

    def _scan(self) -> None:
        worker, progress = get_current_worker(), self.scanning
        assert progress is not None
        try:
            for event in self.service.scan(progress.gauge):
                if worker.is_cancelled:
                    break
                self._note_scan(progress, event)
            self._remember()
            self.scan_error = ""
        except Stopped:
            pass
        except CacheMgrError as error:
            self.scan_error = error_sentence(error, self.service.invocation)
            self.failed_scans += 1
        finally:
            self.scanning = None
            self.revision += 1

    def _note_scan(self, progress: ScanProgress, event: object) -> None:
        match event:
            case ScanStarted(caches=caches):
                progress.total = caches
            case CacheScanned(cache=cache, done=done, total=total):
                known = progress.finished.values()
                files = progress.gauge.files - sum(files for files, _ in known)
                progress.finished[cache] = (files, progress.gauge.size - sum(size for _, size in known))
                progress.done, progress.total = done, total
            case ScanFinished(inventory=inventory):
                self.scanned = self._ready(inventory)
                self.scans += 1
        self.revision += 1

    def _remember(self) -> None:
        """Read the journal again."""
        self.past = {run.id: (run, run_row(run)) for run in self.service.runs()}

    def _ready(self, inventory: Inventory) -> Scanned:
        frees = dict(self.service.reclaimable(inventory))
        nodes = outline(inventory, frees, self.service.machine.home, self.service.project)
        return Scanned(inventory, frees, nodes, unused(nodes))

    def _run(self) -> None:
        worker, progress = get_current_worker(), self.running
        assert progress is not None
        try:
            # The loop goes on to its end even when it is to stop: only then the journal has one, too.
            for event in self.service.execute(progress.plan, progress.gauge):
                self._note_run(progress, event)
                if worker.is_cancelled:
                    progress.gauge.stopped = True
            self._remember()
        except CacheMgrError as error:
            progress.error = error_sentence(error, self.service.invocation)
        finally:
            progress.ended = self.service.clock()
            self.revision += 1

    def _note_run(self, progress: RunProgress, event: object) -> None:
        match event:
            case RunStarted(run=run):
                progress.run = run
            case StepStarted(number=number):
                progress.begun.add(number)
                progress.number = number
            case StepProgress(number=number, files=files, copied=copied, verifying=verifying) if (
                copied or verifying or isinstance(progress.plan.steps[number].action, Copy | Match)
            ):
                progress.number = number
                progress.shipping[number] = Shipped(files, copied, verifying)
            case StepProgress(number=number, files=files, freed=freed):
                progress.number = number
                progress.removing[number] = (files, freed)
            case StepFinished(outcome=outcome):
                progress.removing.pop(outcome.number, None)
                progress.shipping.pop(outcome.number, None)
                progress.outcomes[outcome.number] = outcome
                progress.number = next(iter((*progress.removing, *progress.shipping)), None)
            case RunFinished():
                progress.finished = event
        self.revision += 1
