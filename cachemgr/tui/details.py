"""Everything known about one row, as lines of spans: the detail pane, and the same in full for `i`."""

from collections.abc import Iterator
from datetime import datetime

from cachemgr.domain.inventory import Cache, Entry, Inventory
from cachemgr.domain.plan import Exclusion
from cachemgr.present.text import (
    age,
    count,
    counted,
    day,
    display_name,
    exclusion_sentence,
    glyph,
    middle,
    place_word,
    problem_sentence,
    size,
    state_word,
    tier_word,
)
from cachemgr.tui.outline import Kind, Node, short_name
from cachemgr.tui.session import Session
from cachemgr.tui.theme import Look
from cachemgr.tui.widgets.panel import Line

_LABEL = 10
"""Columns of the labels."""
_TITLE = 31
_UNITS = 6
_UNIT_NAME = 14
"""How many of an entry's files are named."""


def details(session: Session, node: Node, look: Look, *, whole: bool = False) -> list[Line]:
    """Lines about a node. `whole` names every path and where each value comes from."""
    inventory = session.inventory
    cache = inventory.cache_by_id.get(node.cache) if inventory else None
    made: list[Line] = _title(inventory, node, look, whole=whole)
    if inventory is None or cache is None:
        return [*made, (("measuring; the scan is not over yet", "muted"),)]
    made += _figures(session, node, look)
    if node.kind is Kind.ENTRY and (entry := inventory.entry_by_id.get(node.key)) is not None:
        made += _entry(session, inventory, entry, look, whole=whole)
    elif node.kind is Kind.GROUP:
        made += [
            (),
            *(((child.name, ""), (f"  {size(child.size, session.si)}", "muted")) for child in node.children),
        ]
    else:
        made += _cache(session, cache, look, whole=whole)
    if whole:
        made += [(), (("Id  ", "dim"), (display_name(node.key), ""))]
    return made


def _title(inventory: Inventory | None, node: Node, look: Look, *, whole: bool) -> list[Line]:
    entry = inventory.entry_by_id.get(node.key) if inventory else None
    grouped = entry is not None and entry.group
    name = short_name(display_name(grouped)) if grouped else node.name
    name = name if whole else middle(name, _TITLE, ellipsis=look.glyphs.ellipsis)
    return [((name, "bold"),), ((node.name, ""),)] if grouped else [((name, "bold"),)]


def _figures(session: Session, node: Node, look: Look) -> Iterator[Line]:
    yield (
        (glyph(node.tier, ascii=look.glyphs.ascii), node.tier.value),
        (f" {tier_word(node.tier)}", node.tier.value),
    )
    yield ()
    files = f" in {counted(node.files, 'file')}" if node.files is not None else ""
    yield _fact("Size", size(node.size, session.si) + files)
    shared = (node.size or 0) - node.frees
    if node.frees and shared > (node.size or 0) // 100:
        yield _fact("Frees", size(node.frees, session.si))
        yield _fact("Shared", f"{size(shared, session.si)} stay")
    else:
        yield _fact("Frees", size(node.frees, session.si) if node.frees else look.glyphs.none)
    used = age(node.used, session.now, unknown="")
    yield _fact("Last used", f"{used} ago" if used else "not recorded")


def _entry(
    session: Session, inventory: Inventory, entry: Entry, look: Look, *, whole: bool
) -> Iterator[Line]:
    if entry.apparent and abs(entry.apparent - entry.size) > entry.size // 20:
        yield _fact("Apparent", size(entry.apparent, session.si))
    yield _fact("Changed", day(entry.modified, unknown=look.glyphs.none))
    if entry.notes:
        yield _fact("Named by", ", ".join(map(display_name, entry.notes)))
    elif entry.detached:
        yield _fact("Named by", "nothing (detached)", "accent-ink")
    if entry.expires is not None:
        yield _fact("Valid", _validity(entry.expires, session.now))
    yield ()
    yield (("Files", "bold"),)
    units = sorted(entry.units, key=lambda unit: (-unit.tally.size, unit.names))
    for unit in units if whole else units[:_UNITS]:
        shared = len(inventory.holders.get((entry.cache, unit.names), ()))
        also = f"  in {shared}" if shared else ""
        name = "/".join(unit.names) if whole else unit.names[-1]
        name = display_name(name)
        yield (
            (f"{size(unit.tally.size, session.si):>9}  ", "muted"),
            (name if whole else middle(name, _UNIT_NAME, ellipsis=look.glyphs.ellipsis), ""),
            (also, "dim"),
        )
    if not whole and len(units) > _UNITS:
        yield ((f"{'':>9}  + {count(len(units) - _UNITS)} more", "dim"),)
    yield from _reasons(entry, session.now)


def _reasons(entry: Entry, now: datetime) -> Iterator[Line]:
    """Why an entry is suggested, or why it stays."""
    if entry.obstacles:
        yield ()
        yield (("Why it stays", "bold"),)
        for obstacle in entry.obstacles[:3]:
            excluded = Exclusion(obstacle.reason, entry.cache, detail=obstacle.detail)
            yield ((exclusion_sentence(excluded), "muted"),)
    elif entry.detached or (entry.expires is not None and entry.expires <= now):
        yield ()
        yield (("Why it is suggested", "bold"),)
        if entry.detached:
            yield (("Nothing names it any more: a newer one took its place.", "muted"),)
        else:
            yield (("The cache itself recorded that its time is over.", "muted"),)


def _cache(session: Session, cache: Cache, look: Look, *, whole: bool) -> Iterator[Line]:
    yield _fact("State", state_word(cache.state))
    yield _fact("Place", place_word(cache.place))
    origin = cache.origin
    where = f"{origin.key} ({origin.source})" if origin.source != "default" else "default"
    yield _fact("Set by", display_name(where))
    if cache.quarantined:
        yield _fact("Set aside", size(cache.quarantined, session.si))
    if cache.unknown:
        yield _fact("Unknown", f"{counted(len(cache.unknown), 'item')} not recognised; never cleared")
    if cache.volume is not None:
        yield _fact(
            "Volume", display_name(f"{cache.volume.mount or cache.volume.device} ({cache.volume.type})")
        )
    if cache.way_back:
        yield _fact("Way back", display_name(" ".join(cache.way_back)))
    yield ()
    yield ((display_name(cache.path), ""),)
    if whole and cache.real_path is not None and cache.real_path != cache.path:
        yield ((f"{look.glyphs.arrow} {display_name(cache.real_path)}", "muted"),)
    for problem in cache.problems:
        yield ((f"{look.glyphs.cross} ", "danger"), (problem_sentence(problem), ""))


def _validity(expires: datetime, now: datetime) -> str:
    if expires <= now:
        return f"ended {age(expires, now)} ago"
    return f"until {day(expires)}"


def _fact(label: str, value: str, tone: str = "") -> Line:
    return ((f"{label:<{_LABEL}}", "dim"), (value, tone))
