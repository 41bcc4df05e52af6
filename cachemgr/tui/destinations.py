"""Where something may move to: the places that are offered, and what planning says about one of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cachemgr.domain.destination import Option, is_astray
from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.inventory import Cache, Inventory
from cachemgr.domain.plan import Plan
from cachemgr.present.plan_rows import kept_rows
from cachemgr.present.routes import route_rows
from cachemgr.present.text import counted, display_name, error_sentence, size
from cachemgr.service import CacheManager
from cachemgr.tui import move_view
from cachemgr.tui.outline import short_name
from cachemgr.tui.request import Request
from cachemgr.tui.session import Session
from cachemgr.tui.theme import Look
from cachemgr.tui.widgets.panel import Line

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A destination on offer."""

    path: Path | None
    """None: where each cache should be, when there are several."""
    what: str
    """What is there, or why it is offered; displayable."""
    request: Request


@dataclass(frozen=True, slots=True)
class Verdict:
    """What planning says about a destination."""

    request: Request
    plan: Plan | None = None
    refusal: str = ""
    """Why nothing can move there, in a sentence."""
    option: Option | None = None

    @property
    def open(self) -> bool:
        """There is a plan with something in it."""
        return self.plan is not None and bool(self.plan.steps)


def places(service: CacheManager, inventory: Inventory, request: Request) -> tuple[Place, ...]:
    """Where these entries may go, where they should be first."""
    caches = caches_of(inventory, request)
    if len(caches) > 1:
        return (Place(None, "each cache where it should be", replace(request, to=None)),)
    found = []
    for cache in caches:
        for place in service.migration.places(inventory, cache):
            # By default only what its successor knows again leaves a legacy place.
            named = None if place.default and is_astray(cache) else place.path
            what = "where it should be" if place.default else "usual place in a project"
            if place.cache is not None:
                what = f"{what}: {place.cache}" if place.default else place.cache
            found.append(Place(place.path, display_name(what), replace(request, to=named)))
    return tuple(found)


def caches_of(inventory: Inventory, request: Request) -> tuple[Cache, ...]:
    """The caches that the entries of a request are in."""
    wanted = {
        inventory.entry_by_id[entry].cache for entry in request.entries if entry in inventory.entry_by_id
    }
    return tuple(cache for cache in inventory.caches if cache.id in wanted)


def judge(service: CacheManager, inventory: Inventory, request: Request) -> Verdict:
    """Plan it, and say what comes of that. Reads the cache, so it may take a moment."""
    try:
        plan = request.plan(service, inventory)
        service.recovery.refuse(plan)
    except CacheMgrError as error:
        return Verdict(request, refusal=error_sentence(error, service.invocation))
    options = tuple(service.migration.options(inventory, request.entries, request.to))
    option = options[0] if len(options) == 1 else None
    return Verdict(replace(request, option=option), plan, option=option)


def lines(session: Session, verdict: Verdict, look: Look) -> Iterator[Line]:
    """The verdict, to be read."""
    if verdict.plan is None:
        yield (f"{look.glyphs.cross} ", "danger"), (verdict.refusal, "")
        return
    plan, si = verdict.plan, session.si
    kept = kept_rows(plan)
    if plan.steps:
        for row in route_rows(plan):
            if verdict.request.to is not None:
                yield ("To    ", "dim"), (display_name(row.target), "bold")
            tone = "good" if row.how == "renamed" else "downloads"
            weight = size(row.moves + row.copies + row.there, si)
            yield ("Route ", "dim"), (row.how, tone), (f", {weight}", "")
        yield from move_view.disks(plan, verdict.option, look, si=si)
    else:
        yield (f"{look.glyphs.cross} ", "danger"), ("nothing of it can go there", "")
    yield from move_view.unled(session.service, plan, "Tools ")
    reasons: dict[str, list[str]] = {}
    for stays in kept:
        reasons.setdefault(stays.why, []).append(short_name(stays.name))
    for number, (why, names) in enumerate(list(reasons.items())[:_MOST_REASONS]):
        also = f" and {len(names) - 1:,} more" if names[1:] else ""
        label = "      " if number else "Stays "
        yield (label, "dim"), (f"{names[0]}{also}", "accent-ink"), (f": {why}", "muted")
    if len(reasons) > _MOST_REASONS:
        more = counted(len(reasons) - _MOST_REASONS, "more reason")
        yield ("      ", ""), (f"{more} to stay; the plan has all", "dim")
    if plan.quarantined and plan.keep_until is not None:
        days = counted((plan.keep_until - plan.created_at).days, "day")
        yield ("Then  ", "dim"), (f"the source is kept for {days}", "muted")
