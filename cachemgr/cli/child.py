"""Becoming another program. On POSIX it takes this process over, so that signals, terminal, descriptors and
exit status are its own; Windows has no such call, and the program is waited for."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from errno import ENOENT, ENOEXEC
from types import FrameType
from typing import NoReturn

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import CommandNotFound, NotExecutable

_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")
"""What CPython ignores from its start on (Python/pylifecycle.c), and a child would go on ignoring."""


def become(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a program found by the PATH of `env`; its exit code, where this process outlives it.

    Raises CommandNotFound, NotExecutable.
    """
    if not command[0]:
        raise CommandNotFound("there is no program ''; what follows `--` begins with the name of one")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    try:
        if sys.platform == "win32":
            return _wait(command, env)
        _replace(command, env)
    except OSError as error:
        raise _refusal(command[0], error) from None
    except ValueError:
        # A NUL, which no argument of a program can hold.
        raise NotExecutable(f"{display_name(command[0])} cannot be run with these arguments") from None


def _replace(command: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    for name in _IGNORED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.execvpe(command[0], list(command), dict(env))  # noqa: S606 - what this command is for


def _wait(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Windows: Ctrl-C reaches every program of the console by itself, so here it is only not to end us."""
    import shutil
    import subprocess

    def leave(_number: int, _frame: FrameType | None) -> None:
        """The child decides."""

    signal.signal(signal.SIGINT, leave)
    # CreateProcess would look in the parent's PATH, and for `.exe` alone.
    path = next((value for name, value in env.items() if name.upper() == "PATH"), None)
    program = shutil.which(command[0], path=path)
    if program is None:
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), command[0])
    code = subprocess.Popen([program, *command[1:]], env=dict(env)).wait()
    # Exit codes are unsigned there (0xC000013A: ended by Ctrl-C), and what Python exits with is not.
    return code if code < 1 << 31 else code - (1 << 32)


def _refusal(name: str, error: OSError) -> CommandNotFound | NotExecutable:
    shown = display_name(name)
    if error.errno == ENOENT and not (os.path.dirname(name) and os.path.lexists(name)):
        return CommandNotFound(f"there is no program {shown}; see that it is installed and on PATH")
    if error.errno == ENOENT:
        return NotExecutable(f"{shown} cannot be run: the program that its first line names is missing")
    if error.errno == ENOEXEC:
        return NotExecutable(f"{shown} cannot be run: it is no program, and no script that begins with #!")
    return NotExecutable(f"{shown} cannot be run: {error.strerror or error}")
