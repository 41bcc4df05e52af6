"""Plans as whole values: steps with the roots they are pinned to, the time they hold, and why they exist."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from cachemgr.domain.action import Close, Remove, Restore, roots_of_action
from cachemgr.domain.inventory import CacheId, Entry, EntryId, Inventory
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Exclusion, Plan, Root, Step
from cachemgr.domain.run import Arrival, Run
from cachemgr.domain.terms import REMOVING, Disposal, Intent, Reason, Rule
from cachemgr.domain.usage import NOT_LOOKED, Usage
from cachemgr.plan.clear import clear, default_disposal
from cachemgr.plan.migrate import Leg, migrate
from cachemgr.plan.purge import purge
from cachemgr.plan.recheck import recheck, still_wanted
from cachemgr.plan.recover import Recovery
from cachemgr.plan.undo import undo
from cachemgr.plan.way_back import way_back

PLAN_AGE = timedelta(minutes=15)
"""How long a plan may be applied: the world it was made for is gone after that."""
FRESH = timedelta(seconds=10)
"""How old the scan behind a plan may be before another one has to agree with it. Somebody who read a screen
took longer, and a download may have begun to share what is about to go."""


def clear_plan(
    name: str,
    inventory: Inventory,
    chosen: Sequence[Entry],
    now: datetime,
    *,
    disposal: Disposal | None,
    keep: timedelta,
    targets: Sequence[str],
    usage: Usage = NOT_LOOKED,
    forced: Iterable[Rule] = (),
    untrashable: Mapping[EntryId, str] | None = None,
) -> Plan:
    """Clear those entries. Without a disposal the rebuild class decides, entry by entry; what cannot go to
    the trash it was to go to stays. `usage` was seen in the way that `forced` allows."""

    def disposal_of(entry: Entry) -> Disposal:
        return disposal or default_disposal(inventory.cache_by_id[entry.cache].rebuild)

    clearing = clear(inventory, chosen, disposal_of, now, usage, untrashable or {})
    used = {step.cache for step in clearing.steps}
    pinned = tuple(
        Root(cache.id, cache.type, cache.real_path, cache.identity, cache.third_party)
        for cache in inventory.caches
        if cache.id in used and cache.real_path is not None and cache.identity is not None
    )
    keeps = any(
        isinstance(step.action, Remove) and step.action.disposal is Disposal.QUARANTINE
        for step in clearing.steps
    )
    return Plan(
        id=name,
        intent=Intent.CLEAR,
        created_at=now,
        expires_at=now + PLAN_AGE,
        roots=pinned,
        steps=clearing.steps,
        exclusions=clearing.exclusions,
        targets=tuple(targets),
        keep_until=now + keep if keeps else None,
        scanned_at=inventory.scanned_at,
        forced=tuple(sorted(set(forced))),
        unseen=usage.unseen,
    )


def migrate_plan(
    name: str,
    inventory: Inventory,
    legs: Sequence[Leg],
    exclusions: Iterable[Exclusion],
    now: datetime,
    *,
    keep: timedelta,
    targets: Sequence[str],
    usage: Usage = NOT_LOOKED,
    forced: Iterable[Rule] = (),
) -> Plan:
    """Bring caches elsewhere. Whatever is copied is kept at its old place's quarantine for that long."""
    steps = migrate(inventory, [leg for leg in legs if leg.cargo.groups])
    used = {step.cache for step in steps}
    used |= {root for step in steps for root in roots_of_action(step.action)}
    pinned = [root for leg in legs for root in (leg.source, leg.to) if root.cache in used]
    keeps = any(isinstance(step.action, Remove) for step in steps)
    return Plan(
        id=name,
        intent=Intent.MIGRATE,
        created_at=now,
        expires_at=now + PLAN_AGE,
        roots=tuple(dict.fromkeys(pinned)),
        steps=steps,
        exclusions=(*exclusions, *(one for leg in legs for one in leg.cargo.exclusions)),
        targets=tuple(targets),
        keep_until=now + keep if keeps else None,
        scanned_at=inventory.scanned_at,
        forced=tuple(sorted(set(forced))),
        unseen=usage.unseen,
    )


def recheck_clear(plan: Plan, inventory: Inventory, now: datetime) -> Mapping[int, Trouble]:
    """What a saved plan to clear asks for that planning the same entries now would not give."""
    wanted = still_wanted(plan, inventory)
    chosen = [entry for entry in inventory.entries if entry.id in wanted]
    # How it is disposed of is the plan's own choice, and who uses it is asked right before the run.
    fresh = clear_plan(plan.id, inventory, chosen, now, disposal=None, keep=timedelta(), targets=())
    return recheck(plan, inventory, fresh)


def undo_plan(
    name: str,
    run: Run,
    now: datetime,
    found: Mapping[int, Arrival] | None = None,
    *,
    standing: Iterable[CacheId] = (),
) -> Plan:
    """Bring back what a run's quarantine holds. Of a migration `found` says where everything is now, and all
    of it goes back. `standing` are the caches in which its quarantine was seen: where nothing comes back from
    it, something that was interrupted has emptied it, and it goes."""
    steps = undo(run) if found is None else way_back(run, found)
    returning = {step.cache for step in steps if isinstance(step.action, Restore)}
    steps = (*steps, *(Step(Close(run.id), cache) for cache in standing if cache not in returning))
    used = {step.cache for step in steps}
    used |= {root for step in steps for root in roots_of_action(step.action)}
    return Plan(
        id=name,
        intent=Intent.UNDO,
        created_at=now,
        expires_at=now + PLAN_AGE,
        roots=tuple(root for root in run.plan.roots if root.cache in used),
        steps=steps,
        targets=(run.id,),
        reverses=run.id,
    )


def purge_plan(
    name: str,
    runs: Iterable[Run],
    now: datetime,
    *,
    run: str | None,
    due: bool,
    standing: Iterable[CacheId] = (),
) -> Plan:
    """Empty the quarantines of those runs, or of those among them whose time has come. One that was
    interrupted is emptied only when it is named: nothing happens to it by itself. `standing` are the caches
    in which the quarantine of a named run was seen."""
    chosen = [
        one for one in runs if not due or (one.plan.keep_until is not None and one.plan.keep_until <= now)
    ]
    undecided = {one.id: one for one in chosen if run is None and one.interrupted and one.quarantined}
    pinned, steps = purge((one for one in chosen if one.id not in undecided), standing)
    return Plan(
        id=name,
        intent=Intent.PURGE,
        created_at=now,
        expires_at=now + PLAN_AGE,
        roots=pinned,
        steps=steps,
        exclusions=tuple(
            Exclusion(Reason.INTERRUPTED, step.cache, step.entry, size=step.size, detail=one.id)
            for one in undecided.values()
            for _, step in one.quarantined
        ),
        targets=() if run is None else (run,),
        reverses=run,
    )


def recovery_plan(
    name: str,
    run: Run,
    recovery: Recovery,
    now: datetime,
    *,
    intent: Intent,
    inventory: Inventory | None = None,
) -> Plan:
    """Finish an interrupted run, or roll it back. `inventory` is the scan that was asked, if one was."""
    used = {step.cache for step in recovery.steps}
    used |= {root for step in recovery.steps for root in roots_of_action(step.action)}
    keeps = any(
        isinstance(step.action, Remove) and step.action.disposal is Disposal.QUARANTINE
        for step in recovery.steps
    )
    return Plan(
        id=name,
        intent=intent,
        created_at=now,
        expires_at=now + PLAN_AGE,
        roots=tuple(root for root in recovery.run.plan.roots if root.cache in used),
        steps=recovery.steps,
        exclusions=recovery.exclusions,
        targets=(run.id,),
        keep_until=run.plan.keep_until if keeps else None,
        reverses=run.id,
        forced=run.plan.forced,
        scanned_at=None if inventory is None else inventory.scanned_at,
    )


def is_current(plan: Plan, now: datetime) -> bool:
    """Whether a plan may still be carried out. A file may claim any end for itself; ours is never later."""
    return now <= min(plan.expires_at, plan.created_at + PLAN_AGE) and plan.created_at <= now + PLAN_AGE


def outdated(plan: Plan, now: datetime) -> str:
    """Why a plan may not be carried out any more, as a clause about it; empty where it may. A file may claim
    any time for itself: one that keeps what it sets aside until a day that is past would have it purged at
    once. Only what goes on with an interrupted run keeps the day that was promised then."""
    if not is_current(plan, now):
        return "is more than 15 minutes old; make a new one"
    if plan.intent in REMOVING and plan.keep_until is not None and plan.keep_until < plan.created_at:
        return "keeps what it sets aside until a day that is past; make a new one"
    return ""


def is_fresh(plan: Plan, now: datetime) -> bool:
    """Whether the world can be taken for what the plan saw. Without a scan there is nothing to look at again;
    one in the future means that the clock was set, and nobody knows."""
    return plan.scanned_at is None or now - FRESH <= plan.scanned_at <= now
