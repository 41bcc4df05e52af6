"""`cachemgr.result/1`, `cachemgr.history/1` and `cachemgr.event/1`: what was done, and is being done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath

from cachemgr.domain.outcome import Outcome, Totals
from cachemgr.domain.plan import Exclusion, Plan, Step
from cachemgr.domain.run import Run
from cachemgr.domain.run_event import (
    Announced,
    FolderLeft,
    FolderNoted,
    RunEvent,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)
from cachemgr.domain.terms import REMOVING, Disposal, Intent, RunState, Status
from cachemgr.journal import expiries
from cachemgr.present.document.values import Document, exact, head, path_fields, time
from cachemgr.present.plan_rows import does
from cachemgr.present.promises import moved, restored
from cachemgr.present.routes import migrated, route_rows
from cachemgr.present.text import exclusion_sentence, trouble_sentence

PROGRAM = ("cachemgr",)


def result_document(
    plan: Plan,
    run: str | None,
    outcomes: Sequence[Outcome],
    *,
    undoable: bool,
    now: datetime,
    invocation: Sequence[str] = PROGRAM,
    variables: Mapping[str, PurePath] | None = None,
) -> Document:
    """What executing a plan did; `run` is None where there was nothing to execute. After a migration
    `variables` are those that make tools use the new places."""
    return {
        **head("cachemgr.result/1", now),
        "run": run,
        "plan": plan.id,
        "intent": plan.intent.value,
        "outcomes": [_outcome(outcome, plan.steps) for outcome in outcomes],
        "exclusions": [_exclusion(exclusion) for exclusion in plan.exclusions],
        "totals": totals_document(plan, outcomes),
        "undo": undo_command(run, invocation) if run and undoable else None,
        **({} if plan.expiry is None else {"expiry": expiries.encode(plan.expiry)}),
        **({} if plan.intent is not Intent.MIGRATE else _migration(plan, outcomes, variables or {})),
    }


def _migration(plan: Plan, outcomes: Sequence[Outcome], variables: Mapping[str, PurePath]) -> Document:
    """What only a migration has to tell."""
    routes = [
        {
            "cache": exact(row.cache),
            "to": exact(row.to),
            **path_fields(row.source, "source"),
            **path_fields(row.target, "target"),
            "renamed_bytes": row.moves,
            "copied_bytes": row.copies,
            "there_bytes": row.there,
        }
        for row in route_rows(plan)
    ]
    named = [{"name": name, **path_fields(path)} for name, path in variables.items()]
    return {"routes": routes, "migrated_bytes": migrated(plan, outcomes), "variables": named}


def history_document(
    runs: Iterable[Run], now: datetime, *, detailed: bool = False, invocation: Sequence[str] = PROGRAM
) -> Document:
    """Newest first; with `detailed` each run carries its steps and what became of them."""
    made = [_run(run, invocation, detailed=detailed) for run in runs]
    return {**head("cachemgr.history/1", now), "runs": made}


def event_document(event: RunEvent, number: int, invocation: Sequence[str] = PROGRAM) -> Document | None:
    """One line of `--events`; None for what only the journal needs to know."""
    body = _event(event, invocation)
    return {"schema": "cachemgr.event/1", "seq": number, **body} if body else None


def undo_command(run: str, invocation: Sequence[str]) -> list[object]:
    """The argv that reverses a run, for the home and the project that were looked at."""
    return [exact(word) for word in (*invocation, "undo", run)]


def totals_document(plan: Plan, outcomes: Sequence[Outcome]) -> Document:
    totals = Totals.of(outcomes)
    return {
        "done": totals.done,
        "failed": totals.failed,
        "refused": totals.refused,
        "skipped": totals.skipped,
        "freed_bytes": totals.freed,
        "quarantined_bytes": moved(plan, outcomes, Disposal.QUARANTINE),
        "trashed_bytes": moved(plan, outcomes, Disposal.TRASH),
        "restored_bytes": restored(plan, outcomes),
    }


def _outcome(outcome: Outcome, steps: Sequence[Step]) -> Document:
    step = steps[outcome.number]
    trouble = outcome.trouble
    return {
        "n": outcome.number,
        "status": outcome.status.value,
        "does": does(step),
        "cache": exact(step.cache),
        "entry": exact(step.entry) if step.entry is not None else None,
        "freed_bytes": outcome.freed,
        "moved_bytes": outcome.moved,
        "error": trouble
        and {"kind": trouble.kind, "errno": trouble.errno, "message": trouble_sentence(trouble)},
    }


def _exclusion(exclusion: Exclusion) -> Document:
    return {
        "cache": exact(exclusion.cache),
        "entry": exact(exclusion.entry) if exclusion.entry is not None else None,
        **path_fields(exclusion.path),
        "reason": exclusion.reason.value,
        "detail": exact(exclusion.detail),
        "message": exclusion_sentence(exclusion),
        "size_bytes": exclusion.size,
    }


def _run(run: Run, invocation: Sequence[str], *, detailed: bool) -> Document:
    waiting = run.quarantined
    kinds = (*REMOVING, Intent.MIGRATE)
    undoable = run.plan.intent in kinds and run.state is not RunState.UNDONE and run.undoable
    document: Document = {
        "id": run.id,
        "intent": run.plan.intent.value,
        "targets": [exact(target) for target in run.plan.targets],
        "reverses": run.plan.reverses,
        "state": run.state.value,
        "started_at": time(run.started),
        "finished_at": time(run.finished),
        "totals": totals_document(run.plan, run.outcomes),
        "waiting_bytes": sum(step.size for _, step in waiting),
        "keep_until": time(run.plan.keep_until),
        "undo": undo_command(run.id, invocation) if undoable else None,
    }
    if detailed:
        document["steps"] = len(run.plan.steps)
        document["outcomes"] = [_outcome(outcome, run.plan.steps) for outcome in run.outcomes]
        document["exclusions"] = [_exclusion(exclusion) for exclusion in run.plan.exclusions]
    return document


def _event(event: RunEvent, invocation: Sequence[str]) -> Document:
    match event:
        case FolderNoted() | FolderLeft():
            return {}
        case Announced(phase=phase, numbers=numbers):
            return {"event": "announced", "phase": phase.value, "numbers": list(numbers)}
        case RunStarted(run=run, steps=steps):
            return {"event": "run-started", "run": run, "steps": steps}
        case StepStarted(number=number):
            return {"event": "step-started", "n": number}
        case StepProgress(number=number, files=files, freed=freed):
            # Only what is copied or compared has these.
            copied = {"copied_bytes": event.copied, "verifying": event.verifying}
            return {
                "event": "step-progress",
                "n": number,
                "files": files,
                "freed_bytes": freed,
                **(copied if event.copied else {}),
            }
        case StepFinished(outcome=outcome):
            trouble = outcome.trouble
            return {
                "event": "step-finished",
                "n": outcome.number,
                "status": outcome.status.value,
                "freed_bytes": outcome.freed,
                "moved_bytes": outcome.moved,
                "error": trouble
                and {"kind": trouble.kind, "errno": trouble.errno, "message": trouble_sentence(trouble)},
            }
        case RunFinished(run=run, outcomes=outcomes, undoable=undoable):
            done = sum(outcome.status is Status.DONE for outcome in outcomes)
            return {
                "event": "run-finished",
                "run": run,
                "done": done,
                "freed_bytes": sum(outcome.freed for outcome in outcomes),
                "undo": undo_command(run, invocation) if undoable else None,
            }
