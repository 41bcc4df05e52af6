"""`cachemgr.explanation/1`: which rule takes or keeps each entry that was asked about."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cachemgr.domain.inventory import EntryId
from cachemgr.domain.policy import CONFIDENCE
from cachemgr.domain.verdict import Judgement, Verdict, Wait
from cachemgr.journal import expiries
from cachemgr.present.document.values import Document, exact, head, time
from cachemgr.present.standing import standing_sentence


def explanation_document(
    judgement: Judgement,
    shown: Sequence[Verdict],
    rank: Mapping[EntryId, int],
    waits: Mapping[EntryId, Sequence[Wait]],
    now: datetime,
) -> Document:
    """`rank` is the place of each entry in the order in which they would go, from 1; `waits` has what a rule
    still waits for."""
    return {
        **head("cachemgr.explanation/1", now),
        "expiry": expiries.encode(judgement.expiry),
        "judged": len(judgement.verdicts),
        "entries": [
            {
                **_verdict(verdict, rank[verdict.entry]),
                "message": standing_sentence(verdict, waits[verdict.entry], judgement.expiry, now),
                "waits": [_wait(wait) for wait in waits[verdict.entry]],
            }
            for verdict in shown
        ],
    }


def _wait(wait: Wait) -> Document:
    return {
        "rule": wait.criterion.value,
        "clock": wait.source.value,
        "when": time(wait.when),
        "from": time(wait.due),
    }


def _verdict(verdict: Verdict, rank: int) -> Document:
    return {
        "entry": exact(verdict.entry),
        "cache": exact(verdict.cache),
        "goes": verdict.goes,
        "rule": verdict.criterion.value,
        "state": verdict.state.value,
        "clock": verdict.source and verdict.source.value,
        "confidence": verdict.source and CONFIDENCE[verdict.source].value,
        "when": time(verdict.when),
        "detail": exact(verdict.detail),
        "size_bytes": verdict.size,
        "rank": rank,
    }
