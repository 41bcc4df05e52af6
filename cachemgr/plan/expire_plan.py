"""A judgement as a plan: the clearing of what goes, each step with the rule that takes it, and for everything
else the rule that keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cachemgr.domain.display import display_name
from cachemgr.domain.field import Measure, amount
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Plan
from cachemgr.domain.policy import Criterion, Policy
from cachemgr.domain.terms import Intent
from cachemgr.domain.verdict import Brake, Expiry, Judgement
from cachemgr.plan.expire import exclusion


def expire_plan(cleared: Plan, judgement: Judgement, brakes: Sequence[Brake]) -> Plan:
    """`cleared` is the plan that clears what goes."""
    because = {verdict.entry: verdict.because for verdict in judgement.going}
    steps = tuple(replace(step, because=because.get(step.entry or "", "")) for step in cleared.steps)
    kept = tuple(exclusion(verdict) for verdict in judgement.verdicts if not verdict.goes)
    return replace(
        cleared,
        intent=Intent.EXPIRE,
        steps=steps,
        exclusions=(*cleared.exclusions, *kept),
        expiry=replace(judgement.expiry, brakes=tuple(brakes)),
    )


def journalled(plan: Plan) -> Plan:
    """What is remembered of a plan: not each entry that no rule took, of which there are as many every time.
    How many they were its `expiry` says."""
    if plan.expiry is None:
        return plan
    return replace(plan, exclusions=tuple(one for one in plan.exclusions if one.asked))


def rules_of(expiry: Expiry) -> Policy:
    """The rules that a plan was made by. Raises ValueError where a file has others."""
    given: dict[str, Any] = {}
    for name, text in expiry.rules:
        key = name.replace("-", "_")
        measure = _MEASURES[name]
        given[key] = True if measure is None else amount(text, measure)
    for key in ("keep_last", "max_size", "free"):
        if key in given:
            given[key] = int(given[key])
    return Policy(expiry.policy, **given)


def no_longer(plan: Plan, judgement: Judgement) -> Mapping[int, Trouble]:
    """The steps of a plan that its own rules would not ask for now: somebody used, refreshed or pinned what
    they take. Size rules may ask for others by now; what keeps an entry keeps it from them as well."""
    verdicts = {verdict.entry: verdict for verdict in judgement.verdicts}
    shown = {display_name(entry): verdict for entry, verdict in verdicts.items()}
    troubles: dict[int, Trouble] = {}
    for number, step in enumerate(plan.steps):
        if step.entry is None:
            continue
        verdict = verdicts.get(step.entry) or shown.get(step.entry)
        by_size = step.because.partition(" ")[0] in _BY_SIZE
        if verdict is None or not (verdict.goes or (by_size and verdict.criterion in _NO_KEEPERS)):
            troubles[number] = Trouble("changed", step.entry)
    return troubles


_MEASURES: Mapping[str, Measure | None] = {
    Criterion.TTL: None,
    Criterion.OLDER_THAN: Measure.SECONDS,
    Criterion.UNUSED_FOR: Measure.SECONDS,
    Criterion.KEEP_LAST: Measure.COUNT,
    Criterion.MAX_SIZE: Measure.BYTES,
    Criterion.FREE: Measure.BYTES,
    Criterion.MIN_AGE: Measure.SECONDS,
}
_BY_SIZE = (Criterion.MAX_SIZE, Criterion.FREE)
_NO_KEEPERS = (Criterion.NO_RULE, Criterion.ALONE, Criterion.SET_ASIDE)
