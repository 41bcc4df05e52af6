"""The verbs about tiktoken's encodings: look for them, warm them, bundle them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cachemgr.catalogue.tiktoken import (
    BY_HAND,
    CURRENT,
    EVERYWHERE,
    FILES,
    LAYOUT,
    MODELS,
    TIKTOKEN,
    files_of,
)
from cachemgr.disk.places import Found, Protected
from cachemgr.domain.display import display_name
from cachemgr.domain.encoding_cache import EncodingCache
from cachemgr.domain.errors import Refused, UnknownTarget, UsageError
from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import Origin
from cachemgr.domain.terms import Place
from cachemgr.plan import encodings as deciding
from cachemgr.scan import encodings as reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachemgr.domain.encoding import EncodingFile
    from cachemgr.domain.encoding_plan import EncodingEvent, EncodingPlan
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.settings import Settings

_FINE = frozenset({"project", "working-directory"})
"""Places that are no cache, and yet a person may want a file in them."""


@dataclass(frozen=True, slots=True)
class Encodings:
    """tiktoken's encodings on one machine, under one configuration."""

    machine: Machine
    settings: Settings
    project: Path | None
    state: Path
    protected: Protected
    read_only: bool = False
    allow_root: bool = False

    def caches(self) -> tuple[EncodingCache, ...]:
        """Every place where tiktoken reads them, read them once, or was told to, with what is there."""
        return reading.caches(
            TIKTOKEN, FILES, self.machine, self.settings, self.project, self.protected, also=EVERYWHERE
        )

    def cache(self, directory: Path, option: str = "--dir", *, by_hand: bool = False) -> EncodingCache:
        """One directory with what is there; `by_hand` also knows files by the names that a browser gives."""
        return reading.read(self._named(directory, option), BY_HAND if by_hand else LAYOUT, FILES)

    def directory(self, named: Path | None = None, option: str = "--dir") -> EncodingCache:
        """Where files go: the directory that is named, else the configured one, else tiktoken's own now.

        One that must not be written to has a problem. Raises UsageError where none is known.
        """
        if named is not None:
            return self._admitted(self.cache(named, option))
        found = reading.configured(TIKTOKEN, self.machine, self.settings, self.project)
        if found is None:
            raise UsageError("where tiktoken looks in that home is not known here; say where with --dir")
        return found if found.problems else self._admitted(reading.read(found, LAYOUT, FILES))

    def files(self, names: Sequence[str]) -> tuple[EncodingFile, ...]:
        """The files that encodings and models are read from; `all` is all of them. Raises UsageError."""
        found: dict[EncodingFile, None] = {}
        for name in names:
            files = FILES if name == "all" else files_of(name)
            if not files:
                raise UsageError(_unknown(name))
            found |= dict.fromkeys(files)
        return tuple(found)

    def plan_warm(
        self, names: Sequence[str], directory: EncodingCache, source: EncodingCache | None = None
    ) -> EncodingPlan:
        """Give a directory the files of encodings and models: those of `source`, else by download.

        Without names: all that `source` has, else the encodings of current models. Raises UsageError,
        UnknownTarget, Refused.
        """
        _check(directory)
        files = self.files(names or (() if source else CURRENT))
        if source is not None and not names:
            files = _met((source,))
            if not files:
                raise UnknownTarget(f"{display_name(source.path)} holds no file of tiktoken's encodings")
        return deciding.warm(files, directory, source)

    def plan_bundle(self, names: Sequence[str], directory: EncodingCache) -> EncodingPlan:
        """Copy the files of encodings and models into a directory, from wherever they are right.

        Without names: all that are anywhere. Raises UsageError, UnknownTarget, Refused.
        """
        _check(directory)
        named = self.files(names)
        sources = tuple(one for one in self.caches() if one.real_path not in (None, directory.real_path))
        files = named or _met((directory, *sources))
        if not files:
            raise UnknownTarget("no encoding was found here; `cachemgr tiktoken warm` fetches some")
        return deciding.bundle(files, directory, sources)

    def execute(
        self, plan: EncodingPlan, *, python: str | None = None, gauge: Gauge | None = None
    ) -> Iterator[EncodingEvent]:
        """Carry a plan out. What is to be downloaded, the tiktoken of that Python fetches (default: the one
        that runs this).

        Raises Refused, Busy, UsageError (that Python has no tiktoken), Unavailable (a directory cannot be
        made or written to).
        """
        from cachemgr.execute.encodings import fill

        gauge = gauge or Gauge()
        if not plan.writes:
            yield from fill(plan, None, gauge)
            return
        from cachemgr.execute.guard import refuse_foreign_home
        from cachemgr.execute.lock import writing
        from cachemgr.journal.store import make_private

        if self.read_only:
            raise Refused("cachemgr runs with --read-only, so nothing is changed")
        refuse_foreign_home(self.machine, allow_root=self.allow_root)
        make_private(self.state)
        with writing(self.state, "tiktoken"):
            if not plan.downloads:
                yield from fill(plan, None, gauge)
                return
            from cachemgr.execute.tiktoken_download import Download, Interpreter, staging

            interpreter = Interpreter(self._python(python), self.machine.env)
            with staging(self.state) as (place, folder):
                interpreter.check(place)
                yield from fill(plan, Download(interpreter, place, folder, gauge, {}), gauge)

    def _python(self, named: str | None) -> str:
        """A path from the working directory, or a name that PATH leads to."""
        if named is None:
            return sys.executable
        separators = (os.sep, os.altsep or os.sep)
        return str(Path(self.machine.cwd) / named) if any(sep in named for sep in separators) else named

    def _named(self, directory: Path, option: str) -> EncodingCache:
        path = Path(self.machine.cwd) / directory
        if ".." in path.parts:
            path = Path(os.path.realpath(path))
        return EncodingCache(path, Place.CUSTOM, Origin("command-line", option))

    def _admitted(self, cache: EncodingCache) -> EncodingCache:
        real = Path(os.path.realpath(cache.path))
        try:
            status = os.lstat(real)
            found = Found(real, (status.st_dev, status.st_ino))
        except (OSError, ValueError):
            found = Found(real, (-1, -1))
        problem = self.protected.problem(found)
        if problem is None or problem.code in _FINE:
            return cache
        return replace(cache, problems=(*cache.problems, problem))


def _check(directory: EncodingCache) -> None:
    """Raises Refused where a directory must not be written to."""
    for problem in directory.problems:
        if problem.code != "unreadable":
            where = display_name(directory.path)
            raise Refused(f"nothing is written to {where}, which cannot be used ({problem.code})")


def _met(caches: Sequence[EncodingCache]) -> tuple[EncodingFile, ...]:
    """The files of which there is one, right or wrong; of an encoding that needs two, both."""
    met = [file for file in FILES if any(cache.best(file) for cache in caches)]
    encodings = {name for file in met for name in file.encodings}
    return tuple(file for file in FILES if encodings.intersection(file.encodings))


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # only a mistake needs it

    known = [*dict.fromkeys(name for file in FILES for name in file.encodings), *MODELS, "all"]
    near = get_close_matches(name, known, 1, 0.5)
    way_out = f"did you mean {near[0]}?" if near else f"encodings are {', '.join(known[:7])}"
    return f"there is no encoding or model {name!r}; {way_out}"
