"""What a trash remembers of a thing: its `.trashinfo` in `info` (freedesktop.org specification)."""

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.execute import system

SUFFIX = ".trashinfo"
_LIMIT = 65536
_PATH = re.compile(rb"^Path=(.*)$", re.MULTILINE)
_DATE = re.compile(rb"^DeletionDate=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)$", re.MULTILINE)


def place_of(info: Handle, name: str) -> str | None:
    """The path a record says; None where there is no record, or none that says one."""
    found = _PATH.search(_content(info, name))
    return os.fsdecode(unquote_to_bytes(found[1])) if found else None


def mend(info: Handle, name: str, place: str) -> None:
    """Let a record say that path, durably: written beside it and renamed over it. Raises OSError.

    Its date stays; where none can be read, it is that of the record's last change.
    """
    beside = _beside(name)
    text = f"[Trash Info]\nPath={quote(os.fsencode(place))}\nDeletionDate={_date(info, name)}\n"
    with suppress(FileNotFoundError):
        system.unlink(info, beside)  # by an earlier attempt that was killed
    try:
        system.write_new(info, beside, text.encode("ascii"))
        system.replace(info, beside, name + SUFFIX)
    except OSError:
        with suppress(OSError):
            system.unlink(info, beside)
        raise
    system.sync(info)


def forget(info: Handle, name: str) -> None:
    """Remove a record and what was written beside it; nothing, where there is neither. Raises OSError."""
    for leftover in (_beside(name), name + SUFFIX):
        with suppress(FileNotFoundError):
            system.unlink(info, leftover)


def _beside(name: str) -> str:
    return f".{name}.new"


def _content(info: Handle, name: str) -> bytes:
    """Empty where there is none, or something that is no record: a link, a directory."""
    try:
        return handles.read_file(info, name + SUFFIX, _LIMIT) or b""
    except OSError:
        return b""


def _date(info: Handle, name: str) -> str:
    """Local time, as the specification wants it."""
    if found := _DATE.search(_content(info, name)):
        return found[1].decode("ascii")
    try:
        changed = handles.lstat(info, name + SUFFIX).st_mtime
    except FileNotFoundError:
        changed = handles.fstat(info).st_mtime
    return datetime.fromtimestamp(changed, UTC).astimezone().strftime("%Y-%m-%dT%H:%M:%S")
