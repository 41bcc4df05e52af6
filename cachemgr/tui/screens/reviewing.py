"""From any view to the one Plan screen: a plan is asked for beside the event loop, and where there is none a
notice says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.plan import Plan
from cachemgr.tui.screens.view import View

if TYPE_CHECKING:
    from cachemgr.tui.screens.plan import Request


def review(
    view: View, make: Callable[[], Plan], request: Request | None = None, *, instead: bool = False
) -> None:
    """Make a plan and open it; `instead` of the view, where there is no way back to that."""
    view.run_worker(_review(view, make, request, instead=instead), exclusive=True, group="plan")


def review_clearing(view: View, request: Request) -> None:
    """Plan what was asked for over the last inventory, and open the plan."""
    service, inventory = view.session.service, view.session.inventory
    if inventory is not None:
        review(view, lambda: service.plan_clear(inventory, request.entries, targets=request.targets), request)


async def ask(view: View, make: Callable[[], Plan]) -> Plan | None:
    """A plan; None where there is none, which was said."""
    try:
        return await view.session.relay.ask(make)
    except CacheMgrError as error:
        view.notify(str(error), severity="error", markup=False)
        return None


async def _review(view: View, make: Callable[[], Plan], request: Request | None, *, instead: bool) -> None:
    from cachemgr.tui.screens.plan import PlanScreen  # the plan opens the run, and the run what comes here

    if (plan := await ask(view, make)) is None:
        return
    screen = PlanScreen(view.session, plan, request, view.tab)
    await (view.app.switch_screen(screen) if instead else view.app.push_screen(screen))
