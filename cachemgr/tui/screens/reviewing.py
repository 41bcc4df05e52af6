"""From any view to the one Plan screen: a plan is asked for beside the event loop, and where there is none a
notice says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.dom import DOMNode

from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.plan import Plan
from cachemgr.domain.run import Run
from cachemgr.present.text import display_name, error_sentence
from cachemgr.tui.screens.view import View

if TYPE_CHECKING:
    from cachemgr.tui.request import Request
    from cachemgr.tui.session import Session


def review(
    view: View, make: Callable[[], Plan], request: Request | None = None, *, instead: bool = False
) -> None:
    """Make a plan and open it; `instead` of the view, where there is no way back to that."""
    # With a view that is taken away its workers are, in the middle of taking its place.
    worker_of: DOMNode = view.app if instead else view
    worker_of.run_worker(_review(view, make, request, instead=instead), exclusive=True, group="plan")


def review_request(view: View, request: Request, made: Plan | None = None) -> None:
    """Plan what was asked for over the last inventory, unless that was done already, and open the plan."""
    service, inventory = view.session.service, view.session.inventory
    if inventory is not None:
        review(view, lambda: made or request.plan(service, inventory), request)


def choose_destination(view: View, request: Request) -> None:
    """Ask where something is to move to."""
    from cachemgr.tui.screens.destination import DestinationScreen  # it opens the plan, as this does

    if (inventory := view.session.inventory) is not None:
        asked = replace(request, moves=True, disposal=None)
        view.app.push_screen(DestinationScreen(view.session, inventory, asked, view.tab))


def build_rules(view: View, request: Request) -> None:
    """Ask which rules are to say what goes."""
    from cachemgr.tui.screens.expire import ExpireScreen  # it opens the plan, as this does

    if (inventory := view.session.inventory) is not None:
        view.app.push_screen(ExpireScreen(view.session, inventory, request, view.tab))


def last_undoable(session: Session) -> str | None:
    """The last run of which something can be brought back, or that waits for a decision about it."""
    return next((run.id for run in session.relay.runs if run.undoable), None)


def review_undo(view: View, wanted: str | None, *, instead: bool = False) -> None:
    """Plan the reverse of a run. One that was interrupted is not undone but recovered: where, is said."""
    run = next((run for run in view.session.relay.runs if run.id == wanted), None)
    if run is not None and run.interrupted:
        view.notify(recover_first(view.session, run), severity="warning", markup=False)
    elif wanted is not None:
        review(view, lambda: view.session.service.plan_undo(wanted), instead=instead)


def recover_first(session: Session, run: Run) -> str:
    """Where the way on from an interrupted run is."""
    choices = session.service.recovery.choices(run)
    open_to = (("F finishes it", choices.finish), ("R rolls it back", choices.roll_back))
    ways = [way for way, is_open in open_to if is_open]
    return f"run {display_name(run.id)} was interrupted, so it is recovered: in 4 History {', '.join(ways)}"


async def ask(view: View, make: Callable[[], Plan]) -> Plan | None:
    """A plan; None where there is none, or where a run goes first that was interrupted. Either was said."""

    def admitted() -> Plan:
        plan = make()
        view.session.service.recovery.refuse(plan)
        view.session.service.expiring.refuse(plan)
        return plan

    try:
        return await view.session.relay.ask(admitted)
    except CacheMgrError as error:
        said = error_sentence(error, view.session.service.invocation)
        view.notify(said, severity="error", markup=False)
        return None


async def _review(view: View, make: Callable[[], Plan], request: Request | None, *, instead: bool) -> None:
    from cachemgr.tui.screens.plan import PlanScreen  # the plan opens the run, and the run what comes here

    if (plan := await ask(view, make)) is None:
        return
    screen = PlanScreen(view.session, plan, request, view.tab)
    await (view.app.switch_screen(screen) if instead else view.app.push_screen(screen))
