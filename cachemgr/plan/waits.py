"""When a rule will take an entry that it does not take now, or stop to keep it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cachemgr.domain.inventory import Entry
from cachemgr.domain.policy import Criterion, Policy, Source
from cachemgr.domain.terms import Record
from cachemgr.domain.verdict import Verdict, Wait
from cachemgr.plan.standing import SKEW


def waits(entry: Entry, policy: Policy, verdict: Verdict) -> Iterator[Wait]:
    """The rules that ask for a time, if no other reason keeps the entry."""
    if verdict.criterion is Criterion.MIN_AGE and entry.modified is not None:
        # It may be young to one rule and not to another: the longest is what it has to wait for.
        floor = max(policy.floor(Criterion.TTL), policy.floor(Criterion.OLDER_THAN))
        yield Wait(Criterion.MIN_AGE, Source.MODIFIED, entry.modified, _later(entry.modified, floor))
    if verdict.criterion is not Criterion.NO_RULE:
        return
    if policy.ttl and entry.record in (Record.NONE, Record.NEVER, Record.DATED):
        ends = entry.expires if entry.record is Record.DATED else None
        yield Wait(Criterion.TTL, Source.RECORDED, ends, ends and _later(ends, SKEW))
    if policy.older_than is not None and entry.modified is not None:
        due = _later(entry.modified, policy.older_than)
        yield Wait(Criterion.OLDER_THAN, Source.MODIFIED, entry.modified, due)
    if policy.unused_for is not None and entry.used is not None:
        last = max(entry.used, entry.modified or entry.used)
        yield Wait(Criterion.UNUSED_FOR, Source.ACCESSED, last, _later(last, policy.unused_for))


def _later(moment: datetime, seconds: float) -> datetime | None:
    """None where no calendar holds it."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None
