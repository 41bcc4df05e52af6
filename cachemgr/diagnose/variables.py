"""Would a tool that is started here write where the configuration says?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.inventory import Cache, Finding, Inventory
from cachemgr.domain.rules import decision
from cachemgr.domain.terms import Severity

if TYPE_CHECKING:
    from cachemgr.domain.environment import Environment
    from cachemgr.domain.machine import Machine

ENV = ("cachemgr", "env")


@dataclass(frozen=True, slots=True)
class Target:
    """A cache type with the place that the configuration leads it to."""

    type: CacheType
    wanted: PurePath
    name: str
    """The variable that leads it."""


@dataclass(frozen=True, slots=True)
class Astray:
    """A tool that would write elsewhere."""

    target: Target
    rule: str
    """The variable that decides; empty where none is set."""
    path: PurePath


def find(
    inventory: Inventory, environment: Environment, types: Sequence[CacheType], machine: Machine
) -> Iterator[Finding]:
    """One finding for each variable that leads elsewhere, and one for each setting that none follows."""
    there = targets(types, environment)
    groups: dict[object, list[Astray]] = {}
    for one in astray(inventory, there, machine):
        kind = one.target.type
        setting = (environment.places[kind.id][1].origin, kind.home_setting)
        groups.setdefault(one.rule or setting, []).append(one)
    for group in groups.values():
        if group[0].rule:
            yield finding("variable-elsewhere", inventory, group, ENV)
            continue
        made = finding("variable-unset", inventory, group, ENV)
        yield made if made.size else replace(made, severity=Severity.INFO)
    yield from _second_copies(inventory, environment, types, machine)
    for kind in types:
        for name in kind.unread:
            if machine.env.get(name):
                yield Finding("unread-variable", Severity.INFO, setting=name)


def targets(types: Iterable[CacheType], environment: Environment) -> tuple[Target, ...]:
    places = environment.places
    return tuple(
        Target(kind, places[kind.id][0], places[kind.id][1].name) for kind in types if kind.id in places
    )


def astray(inventory: Inventory, there: Iterable[Target], machine: Machine) -> Iterator[Astray]:
    """Which tools an environment leads elsewhere. A setting that makes no sense has its own finding."""
    for target in there:
        decided = _decided(inventory, target.type, machine)
        if decided is not None and not _same(inventory, target.wanted, decided[1]):
            yield Astray(target, *decided)


def held(inventory: Inventory, group: Iterable[Astray]) -> int | None:
    """Bytes that lie where these tools write; None where nothing does."""
    there = {cache.id: cache for one in group if (cache := _at(inventory, one.path)) and cache.tally}
    return sum(map(inventory.own_size, there.values())) if there else None


def finding(code: str, inventory: Inventory, group: Sequence[Astray], fix: tuple[str, ...]) -> Finding:
    """About a group of tools by the one that most lies astray of; `detail` is how many more there are."""
    first = max(group, key=lambda one: held(inventory, (one,)) or 0)
    cache = _at(inventory, first.path) or _at(inventory, first.target.wanted)
    return Finding(
        code,
        Severity.WARNING,
        cache.id if cache is not None else None,
        Path(first.path),
        held(inventory, group),
        fix,
        detail=str(len(group) - 1),
        setting=first.rule or first.target.name,
        wanted=Path(first.target.wanted),
        type=first.target.type.id,
    )


def _second_copies(
    inventory: Inventory, environment: Environment, types: Sequence[CacheType], machine: Machine
) -> Iterator[Finding]:
    """A legacy kind's variable that keeps a copy beside its successor's, wherever that is."""
    by_id = {kind.id: kind for kind in types}
    places = {target.type.id: target.wanted for target in targets(types, environment)}
    for kind in types:
        successor = by_id.get(kind.replaced_by or "")
        if successor is None or not any(variable.name in machine.env for variable in kind.variables):
            continue
        here, there = (_decided(inventory, one, machine) for one in (kind, successor))
        wanted = places.get(successor.id) or (there[1] if there is not None else None)
        if here is not None and wanted is not None and not _same(inventory, wanted, here[1]):
            group = [Astray(Target(kind, wanted, here[0]), *here)]
            fix = ENV if here[0] in environment.removals else ()
            yield finding("second-copy", inventory, group, fix)


def _decided(inventory: Inventory, kind: CacheType, machine: Machine) -> tuple[str, PurePath] | None:
    """The variable that decides (empty: none does) and where it leads; None where nothing sensible does."""
    decided = decision(kind, machine, lambda path: _at(inventory, path) is not None)
    if decided is None or decided.path is None or decided.problems:
        return None
    return decided.variable, decided.path


def _same(inventory: Inventory, one: PurePath, other: PurePath) -> bool:
    """Whether two places are one, by their names or by what the scan found there."""
    first = _at(inventory, one)
    return one == other or (first is not None and first is _at(inventory, other))


def _at(inventory: Inventory, path: PurePath) -> Cache | None:
    """The cache at a place, by whichever of its names."""
    for cache in inventory.caches:
        aliases = (problem.detail for problem in cache.problems if problem.code == "alias")
        if path in (cache.path, cache.real_path) or str(path) in aliases:
            return cache
    return None
