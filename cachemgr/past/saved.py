"""Whether a plan from a file can be carried out here at all: asked before anybody is shown it as good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachemgr.domain.action import Purge
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused, UnknownTarget
from cachemgr.domain.terms import REMOVING
from cachemgr.plan.compose import is_current

if TYPE_CHECKING:
    from datetime import datetime

    from cachemgr.domain.inventory import Inventory
    from cachemgr.domain.plan import Plan
    from cachemgr.past.runs import Runs

_ASK_AS_THEN = "give the --home, --project and --config that it was made with"


def refuse(plan: Plan, inventory: Inventory, runs: Runs, now: datetime) -> None:
    """Raise Refused for a plan that is too old, was carried out already, or is about caches or runs that are
    not looked at here."""
    name = f"plan {display_name(plan.id)}"
    if not is_current(plan, now):
        raise Refused(f"{name} is more than 15 minutes old; make a new one")
    for run in runs.all():
        if run.plan.id == plan.id and not any(outcome.stopped for outcome in run.outcomes):
            raise Refused(f"{name} was carried out already, by run {run.id}; make a new one")
    if plan.intent in REMOVING:
        _refuse_roots(plan, inventory, name)
        return
    named = {step.action.run for step in plan.steps if isinstance(step.action, Purge)}
    for run_id in sorted({*named, plan.reverses or ""} - {""}):
        try:
            runs.one(run_id)
        except UnknownTarget:
            where = f"run {display_name(run_id)}, which is not remembered here"
            raise Refused(f"{name} is about {where}; {_ASK_AS_THEN}") from None


def _refuse_roots(plan: Plan, inventory: Inventory, name: str) -> None:
    """One root that is another directory now costs only its own steps; all of them leave nothing to do."""
    known = {path for cache in inventory.caches for path in (cache.path, cache.real_path)}
    found = {cache.real_path: cache.identity.inode for cache in inventory.caches if cache.identity}
    for root in plan.roots:
        if root.path not in known:
            where = f"{display_name(root.path)}, which is not looked at here"
            raise Refused(f"{name} is about {where}; {_ASK_AS_THEN}")
    if plan.roots and all(found.get(root.path) != root.identity.inode for root in plan.roots):
        where = display_name(plan.roots[0].path)
        raise Refused(f"{name} is about {where}, which was replaced; make a new one")
