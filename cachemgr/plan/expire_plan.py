"""A judgement as a plan: the clearing of what goes, each step with the rule that takes it, and for everything
else the rule that keeps it."""

from collections.abc import Sequence
from dataclasses import replace

from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Intent
from cachemgr.domain.verdict import Brake, Judgement
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
