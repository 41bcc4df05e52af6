"""Words for rules that ask for nothing now: how long they still wait."""

from collections.abc import Sequence
from datetime import datetime

from cachemgr.domain.policy import Criterion
from cachemgr.domain.verdict import EntryState, Expiry, Verdict, Wait
from cachemgr.present.expiry import verdict_sentence
from cachemgr.present.figures import ago, day, minute

_RECORDS = {
    EntryState.NEVER: "without an end",
    EntryState.UNKNOWN: "not to be believed",
    EntryState.ORPHAN: "without its other half",
    EntryState.UNRECORDED: "none",
}


def standing_sentence(verdict: Verdict, waits: Sequence[Wait], expiry: Expiry, now: datetime) -> str:
    """Which rule takes or keeps an entry, what it saw, and how long it still waits."""
    rules = dict(expiry.rules)
    if verdict.criterion is not Criterion.NO_RULE:
        later = [f"; {_keeps(wait)}" for wait in waits if wait.due is not None]
        return verdict_sentence(verdict) + "".join(later)
    said = [_waits(wait, rules.get(wait.criterion, ""), now) for wait in waits]
    said += [f"--{rule} is met without it" for rule in ("max-size", "free") if _all_met(rule, expiry)]
    return "; ".join(said) or verdict_sentence(verdict)


def record_word(state: EntryState) -> str:
    """What an entry's own record makes of it: `expired`, `live`, `without its other half`."""
    return _RECORDS.get(state, state.value)


def _all_met(rule: str, expiry: Expiry) -> bool:
    met = any(one.criterion == rule for one in expiry.met)
    return met and not any(short.criterion == rule for short in expiry.unmet)


def _waits(wait: Wait, amount: str, now: datetime) -> str:
    rule = f"--{wait.criterion} {amount}".rstrip()
    if wait.when is None:
        return f"its own record has no end, which {rule} goes by"
    if wait.criterion is Criterion.TTL:
        return f"its own record gives it until {minute(wait.when)} UTC; {rule} takes it after that"
    did = "last used or changed" if wait.criterion is Criterion.UNUSED_FOR else "changed"
    then = f"takes it from {day(wait.due)}" if wait.due is not None else "never takes it"
    return f"{did} {ago(wait.when, now)}; {rule} {then}"


def _keeps(wait: Wait) -> str:
    return f"--{wait.criterion} keeps it until {minute(wait.due)} UTC"
