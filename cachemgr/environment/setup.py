"""Setting a project up: directories for its caches, lines for git, a configuration. What is there stays."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cachemgr.catalogue.layouts.tag import SIGNATURE
from cachemgr.config import files, template
from cachemgr.disk.places import Protected, look
from cachemgr.disk.source_files import holds_sources
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused, Unavailable, UsageError
from cachemgr.domain.inventory import Problem
from cachemgr.domain.setup import Blueprint, Made, Part, SetupItem
from cachemgr.environment import gitignore
from cachemgr.environment.blueprint import blueprint
from cachemgr.execute.guard import refuse_foreign_home
from cachemgr.execute.project_files import Making, admit, directory_spot, file_spot, perform, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachemgr.domain.cache_type import CacheType
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.settings import Settings

_TAG = "CACHEDIR.TAG"
_TAG_TEXT = SIGNATURE + b"\n# What is in this directory can be had again. This file was made by cachemgr.\n"
_NO_PROJECT = {
    "home": "your home directory, or holds it",
    "other-home": "somebody's home directory",
    "own-state": "cachemgr's own",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class ProjectSetup:
    """Over one project and its configuration as it is now."""

    machine: Machine
    types: tuple[CacheType, ...]
    settings: Settings
    project: Path | None
    state: Path
    read_only: bool = False
    allow_root: bool = False

    @property
    def directory(self) -> Path:
        """The project; without one the working directory, which is to become one."""
        return self.project or Path(self.machine.cwd)

    def survey(self) -> tuple[SetupItem, ...]:
        """What is there, and what would be made. Changes nothing.

        Raises Refused where this is no place for a project or a link leads out of it, Unavailable where
        nothing can be written, UsageError where something is in the way.
        """
        present, steps = self._look()
        return (*present, *(step.item for step in steps))

    def carry_out(self) -> Iterator[SetupItem]:
        """Make what is missing, item by item. Raises as `survey` does, and Refused where we may not write."""
        present, steps = self._look()
        if steps and self.read_only:
            raise Refused("cachemgr runs with --read-only, so nothing is changed")
        if steps:
            refuse_foreign_home(self.machine, allow_root=self.allow_root)
        yield from present
        yield from perform(self.directory, steps)

    def _look(self) -> tuple[tuple[SetupItem, ...], tuple[Making, ...]]:
        self._refuse()
        toml = self.directory / files.TOML
        fresh = not os.path.lexists(toml) and not self._configured()
        wanted = blueprint(self.types, self.settings, self.directory, fresh=fresh)
        found = (*self._directories(wanted), self._ignored(wanted), self._configuration(toml, wanted))
        steps = tuple(step for step in found if step.item.state in (Made.CREATED, Made.ADDED))
        admit(self.directory, steps, allow_root=self.allow_root)
        return tuple(step.item for step in found if step not in steps), steps

    def _refuse(self) -> None:
        place = look(self.directory)
        shown = display_name(self.directory)
        if place is None or isinstance(place, Problem):
            raise Unavailable(f"{shown} cannot be reached")
        # The working directory is the very place where projects are set up.
        around = Protected.around(replace(self.machine, cwd=self.machine.home), None, (self.state,))
        if (problem := around.problem(place)) is not None:
            what = _NO_PROJECT.get(problem.code, "a directory of the system or of many programs")
            raise Refused(
                f"{shown} is {what}; change to the project's own directory, or name it with --project"
            )

    def _configured(self) -> bool:
        return any(Path(file).is_relative_to(self.directory) for file in self.settings.files)

    def _directories(self, wanted: Blueprint) -> Iterator[Making]:
        seen: set[tuple[str, ...]] = set()
        for path in map(Path, wanted.directories):
            if path.is_dir():
                yield Making(SetupItem(Part.DIRECTORY, path, Made.PRESENT), ())
                continue
            spot = directory_spot(self.directory, path)
            # From the first that is missing; what is on the way and there was not asked for.
            behind = len(path.relative_to(self.directory).parts) - len(spot.names)
            for count in range(spot.there + 1, len(spot.names) + 1):
                names = spot.names[:count]
                if names in seen:
                    continue
                seen.add(names)
                here = self.directory.joinpath(*path.relative_to(self.directory).parts[: count + behind])
                yield Making(SetupItem(Part.DIRECTORY, here, Made.CREATED), names)
                if here in wanted.tagged:
                    tag = SetupItem(Part.TAG, here / _TAG, Made.CREATED)
                    yield Making(tag, (*names, _TAG), _TAG_TEXT)

    def _ignored(self, wanted: Blueprint) -> Making:
        path = self.directory / ".gitignore"
        spot = file_spot(self.directory, path)
        existing = read(self.directory, spot)
        if existing.startswith(_UTF16):
            raise Refused(f"{display_name(path)} is UTF-16, which git does not read; save it as UTF-8")
        sources = [below for below in wanted.ignored if holds_sources(self.directory / below)]
        kept = [below for below in wanted.ignored if below not in sources]
        made = gitignore.addition(existing, kept, wanted.own)
        state = Made.PRESENT if not made.lines else Made.ADDED if spot.exists else Made.CREATED
        left_out = gitignore.addition(existing, sources, wanted.own).lines
        return Making(SetupItem(Part.GITIGNORE, path, state, made.lines, left_out), spot.names, made.content)

    def _configuration(self, toml: Path, wanted: Blueprint) -> Making:
        if os.path.lexists(toml):
            if not toml.exists():
                raise UsageError(f"{display_name(toml)} is a link to nothing; remove it first")
            return Making(SetupItem(Part.CONFIGURATION, toml, Made.PRESENT), (files.TOML,))
        text = template.text(wanted.homes).encode("utf-8")
        return Making(SetupItem(Part.CONFIGURATION, toml, Made.CREATED), (files.TOML,), text)
