"""Migrations that are killed, and what holds whenever they are: each entry is whole in one place or another,
and under a final name it is whole or not at all."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cachemgr.disk.reader import OURS, STAGING
from cachemgr.domain.plan import Plan
from tests.migration.ground import Ground, Look, look

Repos = Mapping[str, Mapping[str, Look]]


def repos(hub: Path) -> dict[str, dict[str, Look]]:
    """Every repository in a hub, as it is."""
    return {
        path.name: look(path)
        for path in sorted(hub.glob("*--*"))
        if path.is_dir() and not path.name.startswith(".")
    }


def plan(found: Ground, what: str) -> Plan:
    """`migrate`, `undo`, or the recovery of what was interrupted."""
    service = found.service
    if what == "migrate":
        return found.plan()
    if what == "undo":
        return service.plan_undo()
    run = service.interrupted()[0].id
    return service.plan_finish(run) if what == "finish" else service.plan_roll_back(run)


def act(asked: dict[str, Any], begin: Callable[[], None]) -> None:
    """In a process of its own: plan, then `begin`, then carry out."""
    found = Ground(Path(asked["home"]), Path(asked["project"]))
    planned = plan(found, asked["what"])
    begin()
    for _ in found.service.execute(planned):
        pass


def check_at_any_moment(found: Ground, before: Repos) -> None:
    """Right after a kill, before anything is recovered."""
    here, there = repos(found.hub.root), repos(found.there.root)
    aside = [look(path) for path in found.hub.root.glob(f"{OURS}*/*") if path.is_dir()]
    for name, facts in before.items():
        assert here.get(name) == facts or there.get(name) == facts or facts in aside, f"{name} is nowhere"
    for name, facts in here.items():
        assert facts == before[name], f"{name} is not whole where it came from"
    for name, facts in there.items():
        assert facts == before[name], f"{name} is not whole under its final name"
    assert found.token.exists()


def without_folder_times(facts: Mapping[str, Look]) -> dict[str, Look]:
    """Nobody vouches for those of directories after a kill."""
    return {name: one[:2] if one[0] == stat.S_IFDIR else one for name, one in facts.items()}


def ours(*tops: Path) -> list[str]:
    """Directories of our own that are left."""
    return [
        name
        for top in tops
        for _, folders, _ in os.walk(top)
        for name in folders
        if name.startswith((OURS, STAGING))
    ]


@contextmanager
def whole(found: Ground, *tops: Path) -> Iterator[None]:
    """The source is as it was, and nothing of ours is left anywhere."""
    before = look(found.hub.root)
    yield
    assert look(found.hub.root) == before
    assert ours(found.home, *tops) == []
