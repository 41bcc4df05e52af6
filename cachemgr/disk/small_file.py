"""A text file that a person wrote, in whole or not at all."""

import os
import stat
from pathlib import Path

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError

LIMIT = 256 * 1024
"""Bytes; no configuration written by a person is as long."""


def read_bytes(path: Path, limit: int) -> bytes | None:
    """At most one byte more than `limit`; None where it is no regular file, which is not waited for.

    Links are followed. Raises OSError.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return file.read(limit + 1)


def read_text(path: Path, name: str, limit: int) -> tuple[bytes, str] | None:
    """A configuration file, as it is and as text; None where there is none. `name` is what it is called in a
    sentence. Raises ConfigError where it cannot be read as text.

    A byte order mark is skipped: Windows PowerShell writes one.
    """
    shown = display_name(name)
    try:
        raw = read_bytes(path, limit)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror or error}") from None
    if raw is None:
        raise ConfigError(f"{shown} is not a regular file")
    if len(raw) > limit:
        raise ConfigError(f"{shown} is longer than {limit // 1024} KiB, too long for a configuration")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown}, line {line}: not UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        raise ConfigError(f"{shown} holds NUL bytes and is no text file")
    return raw, text
