"""`cachemgr.explanation/1`: which rule takes or keeps each entry that was asked about."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cachemgr.domain.inventory import EntryId
from cachemgr.domain.policy import CONFIDENCE
from cachemgr.domain.verdict import Judgement, Verdict
from cachemgr.journal import expiries
from cachemgr.present.document.values import Document, exact, head, time
from cachemgr.present.expiry import verdict_sentence


def explanation_document(
    judgement: Judgement, shown: Sequence[Verdict], rank: Mapping[EntryId, int], now: datetime
) -> Document:
    """`rank` is the place of each entry in the order in which they would go, from 1."""
    return {
        **head("cachemgr.explanation/1", now),
        "expiry": expiries.encode(judgement.expiry),
        "judged": len(judgement.verdicts),
        "entries": [_verdict(verdict, rank[verdict.entry]) for verdict in shown],
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
        "message": verdict_sentence(verdict),
        "size_bytes": verdict.size,
        "rank": rank,
    }
