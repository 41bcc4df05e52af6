"""`cachemgr.recover/1`: the runs that were interrupted, and what may be made of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cachemgr.domain.run import Choices, Run, Whereabouts
from cachemgr.present.document.values import Document, exact, head, path_fields, time
from cachemgr.present.recovery_rows import StepRow, counts, reachable, step_rows
from cachemgr.present.sentences import trouble_sentence


@dataclass(frozen=True, slots=True)
class Told:
    """A run with everything that is known of it."""

    run: Run
    choices: Choices
    looks: Mapping[int, Whereabouts]


def recover_document(
    found: Iterable[Told], newer: Sequence[str], invocation: Sequence[str], now: datetime, *, detailed: bool
) -> Document:
    """Newest first; with `detailed` each run carries its steps and where their units lie."""
    return {
        **head("cachemgr.recover/1", now),
        "runs": [_run(told, invocation, detailed=detailed) for told in found],
        "unread": list(newer),
    }


def _run(told: Told, invocation: Sequence[str], *, detailed: bool) -> Document:
    run, choices = told.run, told.choices
    words = [*invocation, "recover", run.id]
    document: Document = {
        "id": run.id,
        "intent": run.plan.intent.value,
        "targets": [exact(target) for target in run.plan.targets],
        "reverses": run.plan.reverses,
        "state": run.state.value,
        "interrupted": run.interrupted,
        "started_at": time(run.started),
        "torn": run.torn,
        "reachable": reachable(told.looks),
        "roots": [{"cache": exact(root.cache), **path_fields(root.path)} for root in run.plan.roots],
        "counts": {state.value.replace("-", "_"): number for state, number in counts(run).items()},
        "finish": [exact(word) for word in (*words, "--finish")] if choices.finish else None,
        "roll_back": [exact(word) for word in (*words, "--rollback")] if choices.roll_back else None,
        "why": f"run {run.id} {choices.why}" if choices.why else None,
    }
    if detailed:
        document["steps"] = [_step(row) for row in step_rows(run, told.looks)]
    return document


def _step(row: StepRow) -> Document:
    trouble = row.trouble
    return {
        "n": row.number,
        "state": row.state.value,
        "where": None if row.where is None else row.where.value,
        "does": row.does,
        "cache": exact(row.cache),
        "entry": None if row.entry is None else exact(row.entry),
        **path_fields(row.path),
        "size_bytes": row.size,
        "error": trouble
        and {"kind": trouble.kind, "errno": trouble.errno, "message": trouble_sentence(trouble)},
    }
