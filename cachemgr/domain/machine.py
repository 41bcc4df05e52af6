"""The facts about a computer that decide where caches live, handed in as one value."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""The variables that name the directory for temporary files, in the order in which Python asks them."""


class Platform(StrEnum):
    """The three systems whose rules differ."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Machine:
    """Platform, home, environment and working directory: nothing below reads them from the process.

    A test for Windows builds a Windows `Machine` on Linux; its paths are then `PureWindowsPath`.
    """

    platform: Platform
    home: PurePath
    env: Mapping[str, str]
    cwd: PurePath
    own: bool = True
    """False: another home is looked at than that of whoever asks. What belongs to everybody on this system
    is then not that home's, and what their environment says is about their own."""
    passed_over: tuple[str, ...] = ()
    """The variables that would lead tools to caches and were not asked for that reason."""

    @classmethod
    def current(cls) -> "Machine":
        """This computer. Called by the composition root and nowhere else.

        Raises FileNotFoundError when the working directory was deleted, RuntimeError when no home is known.
        """
        if os.environ.get("HOME") == "" and os.name == "posix":
            raise RuntimeError("HOME")  # which Python takes for the working directory, or for /
        platform = {"darwin": Platform.MACOS, "win32": Platform.WINDOWS}.get(sys.platform, Platform.LINUX)
        return cls(platform, Path.home(), dict(os.environ), Path.cwd())

    def path(self, text: str) -> PurePath:
        """`text` in this platform's path syntax."""
        return PureWindowsPath(text) if self.platform is Platform.WINDOWS else PurePosixPath(text)

    @property
    def temp(self) -> str:
        """The directory `tempfile.gettempdir()` would try first (CPython Lib/tempfile.py)."""
        for name in TEMPORARY:
            if self.env.get(name):
                return self.env[name]
        if self.platform is Platform.WINDOWS:
            return str(self.home / "AppData" / "Local" / "Temp")
        return "/tmp"

    def expand_user(self, text: str) -> str:
        """A leading `~` or `~/` replaced by the home, as `os.path.expanduser` does; `~name` stays."""
        if text == "~" or text[:2] in ("~/", "~\\" if self.platform is Platform.WINDOWS else "~/"):
            return str(self.home) + text[1:]
        return text

    def expand_vars(self, text: str) -> str:
        """`$NAME` and `${NAME}` (and `%NAME%` on Windows) replaced, unset ones kept, as
        `os.path.expandvars` does."""
        pattern = r"\$(\w+)|\$\{([^}]*)\}"
        if self.platform is Platform.WINDOWS:
            pattern += r"|%([^%]+)%"

        def value(match: re.Match[str]) -> str:
            name = next((group for group in match.groups() if group is not None), "")
            # Windows knows no case in names, and Python's `os.environ` has them in capitals there.
            other = name.upper() if self.platform is Platform.WINDOWS else name
            return self.env.get(name, self.env.get(other, match.group(0)))

        return re.sub(pattern, value, text)
