"""What later runs did to earlier ones: units brought back, quarantines emptied or begun on, interrupted runs
finished or rolled back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cachemgr.domain.action import Close, Purge, Remake, Remove, Restore, Resumed
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.run import Folder, Run
from cachemgr.domain.terms import Disposal, Intent, RunState, Status

_RECOVERIES = {Intent.FINISH: RunState.RECOVERED, Intent.ROLL_BACK: RunState.ROLLED_BACK}
_RETURNS = (Intent.UNDO, Intent.FINISH, Intent.ROLL_BACK)


def aftermath(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The same runs with what came after each. Oldest first."""
    known: dict[str, _Known] = {}
    for run in runs:
        known[run.id] = _Known(run)
        _follow(run, known)
        _judge(run, known)
    return tuple(one.told() for one in known.values())


def subject(run: str, runs: Mapping[str, Run]) -> str:
    """The run that an undo, a purge or a recovery is about in the end: a recovery of an undo is about what
    the undo reversed."""
    seen: set[str] = set()
    while run in runs and run not in seen and runs[run].plan.reverses:
        seen.add(run)
        run = runs[run].plan.reverses or run
    return run


@dataclass(slots=True)
class _Known:
    """One run, as far as the runs up to now tell of it."""

    run: Run
    state: RunState | None = None
    undone: bool = False
    emptied_once: bool = False
    """A purge emptied a quarantine of its own, or found none."""
    later: dict[int, Outcome] = field(default_factory=dict)
    restored: set[int] = field(default_factory=set)
    pending: set[int] = field(default_factory=set)
    purging: set[int] = field(default_factory=set)
    purged: set[int] = field(default_factory=set)
    purge_begun: bool = False
    remade: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    emptied: set[tuple[str, Path]] = field(default_factory=set)
    """Of a purge: the quarantines that were emptied, by run and root, by it or by a later one."""
    folders: dict[tuple[str, tuple[str, ...]], Folder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pending |= self.run.pending
        self.purging |= self.run.purging
        self.purge_begun = self.run.purge_begun
        self.folders |= {(folder.cache, folder.names): folder for folder in self.run.folders}

    def now(self) -> Run:
        return replace(
            self.run,
            folders=tuple(self.folders.values()),
            purge_begun=self.purge_begun,
            later=tuple(self.later[number] for number in sorted(self.later)),
            restored=frozenset(self.restored),
            pending=frozenset(self.pending),
            purging=frozenset(self.purging),
            purged=frozenset(self.purged),
            remade=frozenset(self.remade),
        )

    def told(self) -> Run:
        run = self.now()
        state = self.state or run.state
        if self.emptied_once and not (run.quarantined or run.leftover):
            state = RunState.PURGED
        elif self.undone and not run.quarantined and not (state is RunState.INTERRUPTED and run.leftover):
            state = RunState.UNDONE
        return replace(run, state=state)

    def brought_back(self, number: int) -> None:
        self.restored.add(number)
        self.pending.discard(number)
        self.later.pop(number, None)

    def purge(self, root: Path, *, done: bool) -> None:
        """A purge emptied the quarantine in a root, or began to: how far it came then nobody knows, and a
        unit in it may be half of what it was."""
        run = self.now()
        held = {
            number
            for number, step in (*run.quarantined, *run.leftover)
            if run.plan.root(step.cache).path == root
        }
        (self.purged if done else self.purging).update(held)
        self.emptied_once = self.emptied_once or done

    def resume(self, resumed: Resumed, action: Remove, run: Run, at: int, outcome: Outcome | None) -> None:
        """A recovery took up one of its steps."""
        number = resumed.number
        if outcome is not None and not outcome.stopped:
            self.later[number] = replace(outcome, number=number)
            self.pending.discard(number)
            self.purging.discard(number)
            if outcome.status is Status.DONE or outcome.held:
                self.restored.discard(number)
            if outcome.held and (resumed.begun or run.purge_begun):
                self.purging.add(number)
        elif at in run.purging or (resumed.begun and at in run.pending):
            self.later.pop(number, None)
            self.pending.discard(number)
            self.restored.discard(number)
            self.purging.add(number)
        elif at in run.pending:
            self.later.pop(number, None)
            self.restored.discard(number)
            self.pending.add(number)
        if run.purge_begun and action.disposal is Disposal.DELETE:
            self.purge_begun = True


def _follow(run: Run, known: Mapping[str, _Known]) -> None:
    """What one run did to those before it."""
    outcomes = run.by_number
    about = subject(run.id, {name: one.run for name, one in known.items()}) if run.plan.reverses else ""
    undoes = run.plan.intent is Intent.UNDO
    if run.plan.intent is Intent.FINISH and (finished := known.get(run.plan.reverses or "")) is not None:
        undoes = finished.run.plan.intent is Intent.UNDO
    for number, step in enumerate(run.plan.steps):
        outcome = outcomes.get(number)
        done = outcome is not None and outcome.status is Status.DONE
        match step.action:
            case Restore(run=of, number=unit) if done and of in known:
                known[of].brought_back(unit)
                known[of].undone = known[of].undone or undoes
            case Purge(run=of):
                root = run.plan.root(step.cache).path
                begun = outcome is not None and outcome.begun
                if of in known and (done or begun or number in run.purging):
                    known[of].purge(root, done=done)
                if done:
                    for other in known.values():
                        other.emptied.add((of, root))
            case Remake(names=names) if run.finished is None and about in known:
                known[about].remade.add((step.cache, names))
            case Remove(resumes=Resumed() as resumed) if resumed.run in known:
                known[resumed.run].resume(resumed, step.action, run, number, outcome)
    if run.plan.intent is Intent.FINISH and (continued := known.get(run.plan.reverses or "")) is not None:
        for folder in run.folders:
            key = (folder.cache, folder.names)
            before = continued.folders.get(key, folder)
            # As it was before the first of the two, and as the last of them left it.
            continued.folders[key] = replace(before, left_ns=folder.left_ns)


def _judge(run: Run, known: Mapping[str, _Known]) -> None:
    """Whether the end of a run is the end of interrupted ones before it."""
    if run.finished is None or any(outcome.stopped for outcome in run.outcomes):
        return
    done = {outcome.number for outcome in run.outcomes if outcome.status is Status.DONE}
    closing = {number for number, step in enumerate(run.plan.steps) if isinstance(step.action, Close)}
    if not closing <= done or (run.plan.intent in _RECOVERIES and not closing):
        return
    unended = [
        one
        for one in known.values()
        if one.run is not run and (one.state or one.run.state) is RunState.INTERRUPTED
    ]
    if not unended:
        return
    runs = {name: one.run for name, one in known.items()}
    about = subject(run.id, runs)
    for one in unended:
        name, intent = one.run.id, one.run.plan.intent
        returns = intent in _RETURNS and run.plan.intent in _RETURNS and subject(name, runs) == about
        if run.plan.intent in _RECOVERIES and run.plan.reverses == name:
            one.state = _RECOVERIES[run.plan.intent]
        elif returns or (intent is Intent.PURGE and _is_emptied(one)):
            one.state = RunState.RECOVERED


def _is_emptied(one: _Known) -> bool:
    """Whether every quarantine that a purge was for is empty now."""
    steps = one.run.plan.steps
    wanted: Iterator[tuple[str, Path]] = (
        (step.action.run, one.run.plan.root(step.cache).path)
        for step in steps
        if isinstance(step.action, Purge)
    )
    return all(pair in one.emptied for pair in wanted)
