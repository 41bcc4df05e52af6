"""Would a tool that another shell or a service of this user starts write where the configuration says?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from cachemgr.diagnose.variables import ENV, Astray, Target, astray, finding, targets

if TYPE_CHECKING:
    from cachemgr.domain.cache_type import CacheType
    from cachemgr.domain.environment import Environment, Export
    from cachemgr.domain.inventory import Finding, Inventory
    from cachemgr.domain.machine import Machine


def find(
    inventory: Inventory,
    environment: Environment,
    types: Sequence[CacheType],
    machine: Machine,
    exports: Iterable[Export],
) -> Iterator[Finding]:
    """One finding for each line of a file that leads tools elsewhere, as far as that file alone says."""
    files: dict[PurePath, dict[str, Export]] = {}
    for export in exports:
        files.setdefault(export.file, {})[export.name] = export
    there = targets(types, environment)
    places = {target.type.id: target.wanted for target in there}
    # A legacy kind belongs where its successor is.
    there += tuple(
        Target(kind, places[kind.replaced_by], "")
        for kind in types
        if kind.replaced_by is not None and kind.replaced_by in places
    )
    for file, said in files.items():
        alone = replace(machine, env={export.name: export.value for export in said.values()})
        groups: dict[str, list[Astray]] = {}
        for one in astray(inventory, there, alone):
            if one.rule:
                groups.setdefault(one.rule, []).append(one)
        for name, group in groups.items():
            fix = (*ENV, "--shell", said[name].shell)
            made = finding("profile-elsewhere", inventory, group, fix)
            yield replace(made, path=Path(file), line=said[name].line)
