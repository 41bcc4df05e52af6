"""What a plan promises before it is carried out, and what came of it: the two are never mixed."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from cachemgr.domain.action import ASIDE, Copy, Discard, Match, Move, Purge, Remove, Restore, Return, Withdraw
from cachemgr.domain.outcome import Outcome, Totals
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Disposal, Intent, Rule, Status
from cachemgr.present.figures import counted, size
from cachemgr.present.plan_rows import entry_totals, row_of_step
from cachemgr.present.routes import migrated, route_rows

_NOTHING = {Intent.MIGRATE: "brought 0 B to its new place"}
"""What an action that did nothing did nothing of, where its plan does not tell."""


def promise(plan: Plan, si: bool = False) -> str:
    """What a plan will do, before it does: `2 entries, frees 1.2 GiB now, 300 MiB in 7 days`."""
    if not plan.steps:
        return "nothing to do"
    parts = [extent(plan)]
    if plan.intent is Intent.MIGRATE:
        return ", ".join((*parts, *_on_the_way(plan, si)))
    back = sum(step.size for step in plan.steps if isinstance(step.action, Restore | Return))
    if plan.brings_back:
        return f"{parts[0]}, brings back {size(back, si)}"
    if all(isinstance(step.action, ASIDE) for step in plan.steps):
        if plan.intent is Intent.ROLL_BACK and any(isinstance(step.action, Discard) for step in plan.steps):
            return f"{parts[0]}, removes what was copied so far; every source is where it was"
        return f"{parts[0]}, nothing else is left to do"
    if back:
        parts.append(f"brings back {size(back, si)}")
    if plan.frees or not (plan.quarantined or plan.trashed):
        parts.append(f"frees {size(plan.frees, si)} now")
    if plan.quarantined:
        parts.append(f"{_also(parts)}{size(plan.quarantined, si)} {_later(plan)}")
    if plan.trashed:
        parts.append(f"{_also(parts)}{size(plan.trashed, si)} when the trash is emptied")
    return ", ".join(parts)


def extent(plan: Plan) -> str:
    """How much a plan is about, as people count: `3 entries`, `1 quarantine`; or steps that tidy up."""
    if all(isinstance(step.action, ASIDE) for step in plan.steps):
        return counted(len(plan.steps), "step")
    return _counted(plan, len(set(row_of_step(plan).values())))


def _counted(plan: Plan, rows: int) -> str:
    if any(isinstance(step.action, Purge) for step in plan.steps):
        return counted(rows, "quarantine")
    return counted(rows, "entry", "entries")


def notes(plan: Plan) -> tuple[str, ...]:
    """What a plan does not know, or was told not to ask."""
    made = []
    if any(isinstance(step.action, Withdraw) for step in plan.steps):
        made.append(
            "the copies at the new place go where they are still the same, and stay where they are not"
        )
    if plan.intent is Intent.ROLL_BACK and any(isinstance(step.action, Discard) for step in plan.steps):
        made.append("what was copied and has no name yet is deleted at the new place; its source is whole")
    along = sum(len(step.holds) for step in plan.steps if isinstance(step.action, Copy | Match | Move))
    if along:
        made.append(f"what is not recognised in a repository goes along: {counted(along, 'path')}")
    if Rule.IN_USE in plan.forced:
        made.append(f"--force {Rule.IN_USE}: what running processes use goes as well")
    elif plan.unseen:
        # How many, the document says: it changes from one moment to the next.
        made.append("some running processes could not be looked at for what is in use")
    return tuple(made)


def result(
    totals: Totals,
    extent: str,
    *,
    quarantined: int = 0,
    trashed: int = 0,
    restored: int = 0,
    nothing: str = "freed 0 B",
    migrated: int = 0,
    si: bool = False,
) -> str:
    """What a run did: `freed 1.2 GiB, set 300 MiB aside in 2 entries, 1 refused`. `extent` is what was
    done, counted."""
    parts = [
        f"{word} {size(amount, si)}{rest}"
        for word, amount, rest in (
            ("brought", migrated, " to its new place"),
            ("brought back", restored, ""),
            ("freed", totals.freed, ""),
            ("set", quarantined, " aside"),
            ("moved", trashed, " to the trash"),
        )
        if amount
    ] or [nothing]
    parts[-1] += f" in {extent}"
    parts += _counts((totals.failed, "failed"), (totals.refused, "refused"), (totals.skipped, "skipped"))
    return ", ".join(parts)


def outcome(plan: Plan, outcomes: Sequence[Outcome], si: bool = False) -> str:
    """`result` of a plan's outcomes, in entries. What was done to tidy up is not counted; what was not done
    is."""
    totals = entry_totals(plan, outcomes)
    return result(
        totals,
        _counted(plan, totals.done),
        nothing=_NOTHING.get(plan.intent, "brought back 0 B" if plan.brings_back else "freed 0 B"),
        quarantined=moved(plan, outcomes, Disposal.QUARANTINE),
        trashed=moved(plan, outcomes, Disposal.TRASH),
        restored=restored(plan, outcomes),
        migrated=migrated(plan, outcomes) if plan.intent is Intent.MIGRATE else 0,
        si=si,
    )


def moved(plan: Plan, outcomes: Iterable[Outcome], disposal: Disposal) -> int:
    """Bytes that really went to the quarantine or to the trash."""
    return sum(
        one.moved
        for one in outcomes
        if isinstance(action := plan.steps[one.number].action, Remove) and action.disposal is disposal
    )


def restored(plan: Plan, outcomes: Iterable[Outcome]) -> int:
    """Bytes that really came back."""
    kinds = (Restore, Return)
    return sum(
        one.moved
        for one in outcomes
        if isinstance(plan.steps[one.number].action, kinds) and one.status is Status.DONE
    )


def _on_the_way(plan: Plan, si: bool) -> list[str]:
    """What a migration does to the bytes."""
    rows = route_rows(plan)
    moves, copies, there = (sum(getattr(row, name) for row in rows) for name in ("moves", "copies", "there"))
    parts = []
    if moves or not (copies or there):
        parts.append(f"renames {size(moves, si)}")
    if copies:
        parts.append(f"copies {size(copies, si)} and compares it")
    if there:
        parts.append(f"compares {size(there, si)} with what is there")
    if plan.quarantined:
        parts.append(f"frees {size(plan.quarantined, si)} at the old place {_later(plan)}")
    return parts


def _also(parts: Iterable[str]) -> str:
    return "" if any("frees" in part for part in parts) else "frees "


def _later(plan: Plan) -> str:
    if plan.keep_until is None:
        return "at the purge"
    # A recovery comes later than the run whose time it keeps.
    days = -((plan.created_at - plan.keep_until) // timedelta(days=1))
    return f"in {counted(days, 'day')}" if days else "at the next purge"


def _counts(*pairs: tuple[int, str]) -> list[str]:
    return [f"{number:,} {word}" for number, word in pairs if number]
