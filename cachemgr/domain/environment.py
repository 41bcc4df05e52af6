"""The variables that put tools into the configured caches, as a value: for a shell, a child or a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from cachemgr.domain.inventory import Origin


class Shell(StrEnum):
    """What variables can be written for."""

    BASH = "bash"
    ZSH = "zsh"
    SH = "sh"
    """POSIX: dash, ksh, busybox."""
    FISH = "fish"
    POWERSHELL = "powershell"
    CMD = "cmd"
    """A batch file."""
    DOTENV = "dotenv"
    SYSTEMD = "systemd"
    """Lines of a unit's `[Service]` section."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One variable, with the value under which its tools write where the configuration says."""

    name: str
    value: PurePath
    places: Mapping[str, PurePath]
    """Each cache type that it leads, and where that is then."""
    origin: Origin
    """The setting that says so."""


UNTRUSTED = "untrusted"
"""The remark about a place outside the project that nobody has allowed yet."""
LEADS_OUT = "leads-out"
"""The remark about a place that a link in the project leads out of it."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the variables cannot do, or do only in part. `present.remarks` has the sentences."""

    code: str
    """One of `untrusted` `home` `leads-out` `no-variable` `unheard` `expands` `cannot-remove` `console`
    `delayed`."""
    subject: str
    """The setting, cache type or variable it is about."""
    path: PurePath | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unled:
    """A place to which no variable leads a kind of cache."""

    type: str
    path: PurePath
    variable: str = ""
    """One that would lead it to `near`, below that place: it appends a name of its own. Empty for none."""
    near: PurePath | None = None
    """The place itself where the variable is not a tool's but of cachemgr's own configuration."""
    setting: tuple[str, str] | None = None
    """The key that says otherwise, and its file."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What has to change in an environment so that every tool uses the configured caches."""

    assignments: tuple[Assignment, ...] = ()
    removals: tuple[str, ...] = ()
    """Variables of the machine that would lead a legacy tool away from its successor's cache."""
    remarks: tuple[Remark, ...] = ()

    @property
    def places(self) -> Mapping[str, tuple[PurePath, Assignment]]:
        """Where each cache type is to be, and the variable that leads it there."""
        return {
            name: (path, assignment)
            for assignment in self.assignments
            for name, path in assignment.places.items()
        }

    def over(self, env: Mapping[str, str]) -> dict[str, str]:
        """An environment with these variables, for a child process."""
        kept = {name: value for name, value in env.items() if name not in self.removals}
        return kept | {assignment.name: str(assignment.value) for assignment in self.assignments}


@dataclass(frozen=True, slots=True)
class Export:
    """A line by which shells or services of this user get a variable."""

    file: PurePath
    line: int
    name: str
    value: str
    shell: Shell
    """How what replaces the line is written."""


@dataclass(frozen=True, slots=True)
class Script:
    """The lines that carry an environment's changes out, exact to the byte (`os.fsencode`)."""

    lines: tuple[str, ...]
    end: str = "\n"
    """What a line ends with."""
    remarks: tuple[Remark, ...] = ()
