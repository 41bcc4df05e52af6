"""What one invocation works with: the options that hold everywhere, and the service they lead to.

The composition root hands in a `Composition`; nothing in this room knows how a service is put together.
"""

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cachemgr.cli.output import Output
from cachemgr.cli.progress import scan_gauge
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.event import ScanFinished
from cachemgr.domain.inventory import Inventory
from cachemgr.present.text import passed_over_sentence
from cachemgr.service import CacheManager


class Unwritten(CacheMgrError):
    """The work was done; its report did not get out."""

    exit_code = 1
    kind = "output"


@dataclass(slots=True)
class Options:
    """The options that every command has, before or after its name; the last mention counts."""

    project: Path | None = None
    config: Path | None = None
    home: Path | None = None
    read_only: bool = False
    color: str = "auto"
    progress: bool = True
    quiet: bool = False
    verbose: bool = False
    json: bool = False
    si: bool = False
    allow_root: bool = False


class Sample(Protocol):
    """A safe home and project to try things on."""

    @property
    def service(self) -> CacheManager: ...
    @property
    def directory(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """Where configuration is looked for; a path that does not exist is where it would be."""

    user: Path
    project: Path | None
    state: Path


class Composition(Protocol):
    """What the composition root can put together. Everything raises CacheMgrError."""

    def service(self, options: Options) -> CacheManager: ...
    def around(self, options: Options, service: CacheManager, directory: Path) -> Sequence[CacheManager]:
        """The project that a directory lies in, as a service of its own; none where it is that service's."""
        ...

    def config_files(self, options: Options) -> ConfigFiles: ...
    def variable(self, name: str) -> str:
        """An environment variable of the process; empty where it is not set."""
        ...

    def trust(self, options: Options, service: CacheManager) -> Sequence[Path]:
        """Agree to the files of that service's project as it read them; returns the files."""
        ...

    def sample(
        self, options: Options, directory: Path | None, *, keep: bool
    ) -> AbstractContextManager[Sample]:
        """Build a sample, in a new temporary directory unless one is named; removed unless kept."""
        ...

    def explore(self, service: CacheManager) -> int:
        """Open the TUI; returns the exit code."""
        ...


@dataclass(slots=True)
class Session:
    """One invocation. Handed to commands as click's object."""

    composition: Composition
    arguments: Sequence[str]
    """As they were typed, without the program's name."""
    options: Options = field(default_factory=Options)
    tells_of: Callable[[str], bool] = lambda _name: False
    """Whether the command itself says what is wrong with the saved policy of a name."""
    _service: CacheManager | None = None
    _output: Output | None = None

    @property
    def service(self) -> CacheManager:
        """Built when it is first needed, so that `--help` needs no configuration."""
        if self._service is None:
            self._service = self.composition.service(self.options)
            self.output.si = self.options.si or self._service.settings.si
            self.output.invocation = self._service.invocation
            if passed_over := ", ".join(self._service.machine.passed_over):
                self.output.line(f"cachemgr: {passed_over_sentence(passed_over)}", err=True)
            for policy in self._service.settings.wrong_policies:
                if not self.tells_of(policy.name):
                    left_out = f"policy {display_name(policy.name)} is left out: {policy.wrong}"
                    self.output.line(f"cachemgr: {left_out}", err=True)
        return self._service

    @property
    def invocation(self) -> tuple[str, ...]:
        """What commands begin with that an error names; not known before there is a service."""
        return self._service.invocation if self._service is not None else ()

    @property
    def output(self) -> Output:
        if self._output is None:
            self._output = Output(
                sys.stdout,
                sys.stderr,
                color=self.options.color,
                no_color=bool(self.composition.variable("NO_COLOR")) or self._dumb,
                si=self.options.si,
            )
        return self._output

    def on(self, service: CacheManager) -> "Session":
        """The same invocation on another service."""
        return Session(self.composition, self.arguments, self.options, _service=service)

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def full_screen(self) -> bool:
        """Whether there is somebody at a terminal that can draw, for the app."""
        return self.interactive and sys.stdout.isatty() and not self._dumb

    @property
    def shows_progress(self) -> bool:
        """Whether progress is wanted, on a terminal that can take a line back."""
        return self.options.progress and not self.options.quiet and not self._dumb

    @property
    def _dumb(self) -> bool:
        """The terminal prints what it is sent: no colours, no line is taken back."""
        return self.composition.variable("TERM") == "dumb"

    def unwritten(self) -> "Unwritten | None":
        """What to say when standard output could not take everything."""
        error = self._output.unwritten if self._output else None
        return (
            Unwritten(f"cannot write to standard output: {os.strerror(error.errno or 0)}") if error else None
        )

    def command(self, *words: str) -> str:
        """A command line that a person can paste, for the caches this invocation looks at."""
        return display_name(shlex.join((*self.service.invocation, *words)))

    def now(self) -> datetime:
        return self.service.clock()

    def inventory(self) -> Inventory:
        """Scan, with progress on a terminal."""
        with scan_gauge(sys.stderr, shown=self.shows_progress) as gauge:
            for event in self.service.scan(gauge):
                if isinstance(event, ScanFinished):
                    return event.inventory
        raise AssertionError("a scan ends with its inventory")
