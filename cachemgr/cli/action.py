"""A plan on its way to being done: show it, ask, carry it out, report. Every command that changes
something ends here, and a dry run leaves at the first door."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from cachemgr.cli.ask import Declined, agree
from cachemgr.cli.plan_view import show_plan, show_result
from cachemgr.cli.route_view import show_switch, show_unled
from cachemgr.cli.running import Execution, carry_out
from cachemgr.cli.session import Session
from cachemgr.cli.wish import Wish
from cachemgr.domain.environment import Unled
from cachemgr.domain.errors import Busy, CacheMgrError, Interrupted, NeedsConfirmation, Refused, UsageError
from cachemgr.domain.outcome import Outcome, Totals
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Intent, Reason, Rule
from cachemgr.present.document.runs import result_document
from cachemgr.present.document.values import encode
from cachemgr.present.plan_rows import kept_rows
from cachemgr.present.promises import extent
from cachemgr.present.routes import migrated, route_rows
from cachemgr.present.text import counted, display_name, error_sentence, minute

PROMISED_WORDS = frozenset({"all", "legacy", "models", "apps", "responses", "packages", "builds"})
"""Targets that name whatever is there; that something in them stays is no refusal."""


_KEPT_BY_RULES = (Reason.PINNED, Reason.TOO_YOUNG, Reason.KEPT_BY_POLICY)
"""Why something stays that rules were asked about: the very answer, and no refusal."""


class Unconfirmed(NeedsConfirmation):
    """Carries what a script needs to go on: the plan and the command."""

    def __init__(self, message: str, plan: Mapping[str, object], command: list[str]) -> None:
        super().__init__(message)
        self.extra = {"command": command, "plan": plan}


def act(session: Session, plan: Plan, wish: Wish, *, saved: bool = False) -> int:
    """Returns the exit code. A `saved` plan is compared with a fresh scan first.

    Raises CacheMgrError where nothing was done.
    """
    # A saved plan may have overridden a rule itself.
    plan = replace(plan, forced=tuple(sorted({*plan.forced, *wish.forced})))
    # Nobody is shown a plan as good that has to wait for a recovery, or that a brake holds; but where nobody
    # can be asked either, it is shown, with the way on.
    waits, brake = _waits(session, plan), _brake(session, plan)
    asks = plan.steps and wish.plan is None and not (wish.yes or wish.dry_run or session.interactive)
    if (stop := waits or (None if asks else brake)) is not None and not wish.dry_run:
        raise stop
    if wish.plan is not None:
        return _save(session, plan, wish)
    machine_readable = session.options.json or wish.events
    if wish.dry_run:
        _look(session, plan, wish, waits, brake)
        return 0
    if not plan.steps:
        return _nothing(session, plan, wish)
    quietly = machine_readable or session.options.quiet
    if not quietly or (session.interactive and not wish.yes):
        route = _migration(session, plan)
        show_plan(session.output, plan, err=quietly, whole=not wish.yes, route=route)
        if not wish.yes:  # afterwards it is said once more
            show_unled(session.output, _unled(session, plan), err=quietly)
    if session.service.read_only:
        raise Refused("this is --read-only, so the plan is not carried out")
    _confirm(session, plan, wish, brake)
    run = carry_out(session, plan, events=wish.events, saved=saved)
    _report(session, plan, wish, run)
    if run.stopped:
        session.output.line(
            f"cachemgr: stopped between steps; `{session.command('history', run.id)}` says how far it came",
            err=True,
        )
        return Interrupted.exit_code
    return _code(run.outcomes) or _left_out(plan)


def _look(session: Session, plan: Plan, wish: Wish, waits: Refused | None, brake: Refused | None) -> None:
    """A dry run: what would be done, and what would keep it from being done."""
    if session.options.json or wish.events:
        # With --events whatever is printed is one object a line.
        session.output.document(session.service.encode_plan(plan), indent=None if wish.events else 2)
    else:
        show_plan(session.output, plan, quiet=session.options.quiet, route=_migration(session, plan))
        if not session.options.quiet:
            show_unled(session.output, _unled(session, plan))
    if waits is not None:
        session.output.line(f"cachemgr: {error_sentence(waits)}", err=True)
    elif brake is not None:
        session.output.line(f"cachemgr: with --yes this would be refused: {error_sentence(brake)}", err=True)


def _report(session: Session, plan: Plan, wish: Wish, run: Execution) -> None:
    """What was done, in the form that was asked for."""
    if session.options.json:
        session.output.document(
            result_document(
                plan,
                run.id,
                run.outcomes,
                undoable=run.undoable,
                now=session.now(),
                invocation=session.service.invocation,
                variables=_variables(session, plan),
            )
        )
    elif not wish.events:
        undo = session.command("undo", run.id)
        show_result(session.output, plan, run, undo, quiet=session.options.quiet)
        if not session.options.quiet and _brought(session, plan, run.outcomes):
            show_switch(session.output, _variables(session, plan), _unled(session, plan))


def _waits(session: Session, plan: Plan) -> Refused | None:
    """Why it is not carried out now: an interrupted run goes first."""
    try:
        session.service.recovery.refuse(plan)
    except Refused as first:
        return first
    return None


def _brake(session: Session, plan: Plan) -> Refused | None:
    """Why it is not carried out as it stands: what expires looks like a mistake."""
    try:
        session.service.expiring.refuse(plan)
    except Refused as first:
        return first
    return None


def _left_out(plan: Plan) -> int:
    """1 where something that was named stays because it is in use, or anything because something else has its
    new name: the rest went, and not all of it. Whoever removes the old place next would lose that."""
    reasons = {exclusion.reason for exclusion in plan.exclusions}
    named = not PROMISED_WORDS.issuperset(plan.targets)
    return int(Reason.CONFLICT in reasons or (Reason.IN_USE in reasons and named))


def _variables(session: Session, plan: Plan) -> Mapping[str, PurePath]:
    """Those that make tools use the places that a migration brings their caches to."""
    if (route := _migration(session, plan)) is None:
        return {}
    places = {row.type: row.target for row in route_rows(route)}
    return {one.name: one.value for one in session.service.variables.leading(places).assignments}


def _unled(session: Session, plan: Plan) -> tuple[Unled, ...]:
    """The places of a migration that no variable leads a tool to: to be known before it is begun."""
    if (route := _migration(session, plan)) is None:
        return ()
    return session.service.variables.unled({row.type: row.target for row in route_rows(route)})


def _migration(session: Session, plan: Plan) -> Plan | None:
    """The plan that brings something to a new place: this one, or the one whose rest it does."""
    if plan.intent is Intent.MIGRATE:
        return plan
    if plan.intent is not Intent.FINISH or plan.reverses is None:
        return None
    finished = session.service.run(plan.reverses).plan
    return finished if finished.intent is Intent.MIGRATE else None


def _brought(session: Session, plan: Plan, outcomes: Sequence[Outcome]) -> bool:
    """Whether something is at a new place now."""
    if plan.intent is Intent.FINISH and plan.reverses is not None:
        run = session.service.run(plan.reverses)
        return bool(run.plan.intent is Intent.MIGRATE and migrated(run.plan, run.fates.values()))
    return bool(plan.intent is Intent.MIGRATE and migrated(plan, outcomes))


def _code(outcomes: Sequence[Outcome]) -> int:
    totals = Totals.of(outcomes)
    if totals.complete:
        return 0
    in_use = all(one.trouble is not None and one.trouble.kind == "in-use" for one in outcomes)
    return Busy.exit_code if in_use else 1


def _confirm(session: Session, plan: Plan, wish: Wish, brake: Refused | None) -> None:
    if wish.yes:
        return
    if not session.interactive:
        overriding = () if brake is None else ("--force", Rule.MASS_EXPIRY.value)
        command = ["cachemgr", *_with_yes(session.arguments, overriding)]
        stop = "" if brake is None else f", and a yes alone would be refused: {brake}. If the plan is right,"
        raise Unconfirmed(
            f"this needs a yes and there is no terminal to ask on{stop or ';'} run: "
            f"{display_name(shlex.join(command))}",
            session.service.encode_plan(plan),
            [display_name(word) for word in command],
        )
    if not agree(session.output, plan):
        raise Declined("not confirmed, so nothing was changed")


def _with_yes(arguments: Sequence[str], more: Sequence[str] = ()) -> list[str]:
    words = list(arguments)
    # Behind `--` it would be a target.
    place = words.index("--") if "--" in words else len(words)
    return [*words[:place], *more, "--yes", *words[place:]]


def _save(session: Session, plan: Plan, wish: Wish) -> int:
    document = session.service.encode_plan(plan)
    indent = None if wish.events else 2
    if wish.plan is None or str(wish.plan) == "-":
        session.output.document(document, indent=indent)
        return 0
    try:
        with open(wish.plan, "x", encoding="ascii", newline="\n") as file:
            file.write(encode(document) + "\n")
    except FileExistsError as error:
        name = display_name(wish.plan)
        raise UsageError(f"{name} exists already, and a plan overwrites nothing; name a new file") from error
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise UsageError(f"cannot write the plan to {display_name(wish.plan)}: {why}") from error
    if session.options.json or wish.events:
        session.output.document(document, indent=indent)
    elif not session.options.quiet:
        apply = session.command("apply", str(wish.plan))
        session.output.line(
            f"Wrote {extent(plan)} to {display_name(wish.plan)}; "
            f"until {minute(plan.expires_at)} UTC it can be applied: {apply}\n"
            f"To read it first: {apply} --dry-run"
        )
    return 0


def _nothing(session: Session, plan: Plan, wish: Wish) -> int:
    """Done without doing, unless everything that was named stays for a reason."""
    error, machine_readable = _why_nothing(session, plan), session.options.json or wish.events
    if not machine_readable:
        show_plan(session.output, plan, quiet=session.options.quiet, route=_migration(session, plan))
    if error is not None:
        raise error
    if machine_readable:
        nothing = result_document(plan, None, (), undoable=False, now=session.now())
        session.output.document(nothing, indent=None if wish.events else 2)
    return _left_out(plan)


def _why_nothing(session: Session, plan: Plan) -> CacheMgrError | None:
    entries = [exclusion for exclusion in plan.exclusions if exclusion.entry is not None]
    if plan.intent is Intent.EXPIRE:
        entries = [exclusion for exclusion in entries if exclusion.reason not in _KEPT_BY_RULES]
        if not entries:
            return None
    many = counted(len(kept_rows(plan)), "item stays", "items stay")
    if entries and all(exclusion.reason is Reason.IN_USE for exclusion in entries):
        first = kept_rows(replace(plan, exclusions=tuple(entries[:1])))[0]
        return Busy(f"nothing of what was named can go now, and {many}; {first.id}: {first.why}")
    if not plan.exclusions or PROMISED_WORDS.issuperset(plan.targets):
        return None
    how = ("--trash",) if any(one.reason is Reason.NO_TRASH for one in plan.exclusions) else ()
    verb, what = ("migrate", "moved") if plan.intent is Intent.MIGRATE else (plan.intent.value, "removed")
    if all(exclusion.detail == "at-home" for exclusion in entries) and entries:
        return None
    look = session.command(verb, *plan.targets, *how, "--dry-run")
    why = kept_rows(replace(plan, exclusions=plan.exclusions[:1]))[0].why
    also = f" ({why})" if verb == "migrate" else ""
    return Refused(f"nothing of what was named may be {what}{also}; {many}, see `{look}`")
