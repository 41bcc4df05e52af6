"""Targets on the command line and on standard input."""

import os
import shlex
import sys
from collections.abc import Sequence

from cachemgr.cli.session import Session
from cachemgr.domain.errors import Refused, Unavailable
from cachemgr.domain.inventory import Cache, Entry, Inventory
from cachemgr.domain.target import Selection, select
from cachemgr.domain.terms import CacheState
from cachemgr.present.text import display_name, finding_sentence, problem_sentence, state_word

NOTHING = Selection(frozenset(), ())


def read_targets(words: Sequence[str], *, nul: bool) -> tuple[str, ...] | None:
    """The targets, with `-` replaced by the ids on standard input; None where only an empty input was named.

    An empty list must not become "everything": a filter in front of the pipe may have let nothing through.
    """
    targets: list[str] = []
    for word in words:
        targets += _standard_input(nul=nul) if word == "-" else [word]
    return tuple(targets) if targets or not words else None


def selected(session: Session, inventory: Inventory, targets: Sequence[str] | None) -> Selection:
    """What the targets name. Raises UnknownTarget, and Unavailable for a named root that is out of reach."""
    if targets is None:
        return NOTHING
    selection = select(inventory, targets, session.service.types, display_name)
    for cache in inventory.caches:
        if cache.id in selection.named and cache.state is CacheState.UNAVAILABLE:
            raise Unavailable(_why_unavailable(cache))
    return selection


def out_of_reach(
    session: Session, inventory: Inventory, selection: Selection, *, acting: bool = True
) -> bool:
    """Whether a wide word (`all`, a category) takes in roots that cannot be reached, each of which is then
    said on standard error: missing is never treated as empty."""
    left = "; it was left alone" if acting else ""
    lost = [
        cache
        for cache in inventory.caches
        if cache.id in selection.caches and cache.state is CacheState.UNAVAILABLE
    ]
    for cache in lost:
        session.output.line(f"cachemgr: {_why_unavailable(cache)}{left}", err=True)
    return bool(lost)


def say_packed(session: Session, inventory: Inventory, selection: Selection) -> None:
    """Where what was named keeps its responses in a database, and the command that is about those."""
    for finding in inventory.findings:
        if finding.code == "packed-responses" and finding.cache in selection.caches:
            sentence = finding_sentence(finding, session.service.machine.home, session.service.project)
            session.output.line(f"cachemgr: {sentence}: {display_name(shlex.join(finding.fix))}", err=True)


def refuse_unusable(inventory: Inventory, selection: Selection) -> None:
    """Raise Refused where all that was named are places which must not be used, with the reason."""
    caches = [cache for cache in inventory.caches if cache.id in selection.named]
    if caches and not selection.entries and all(cache.state is CacheState.UNUSABLE for cache in caches):
        cache = caches[0]
        why = problem_sentence(cache.problems[0]) if cache.problems else state_word(cache.state)
        raise Refused(f"{display_name(cache.path)} is not cleared: {why}")


def _why_unavailable(cache: Cache) -> str:
    why = problem_sentence(cache.problems[-1]) if cache.problems else state_word(cache.state)
    return f"{display_name(cache.path)} is unavailable: {why}"


def matching(
    session: Session, inventory: Inventory, selection: Selection, where: str | None
) -> tuple[Entry, ...]:
    """The selected entries that a filter lets through, in the inventory's order."""
    entries = tuple(entry for entry in inventory.entries if entry.id in selection.entries)
    if where is None:
        return entries
    from cachemgr.domain.query import Query

    return Query.parse(where).select(entries, inventory, session.now())


def _standard_input(*, nul: bool) -> list[str]:
    text = sys.stdin.buffer.read()
    parts = text.split(b"\0") if nul else [line.removesuffix(b"\r") for line in text.split(b"\n")]
    return [os.fsdecode(part) for part in parts if part]
