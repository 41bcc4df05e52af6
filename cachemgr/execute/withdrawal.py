"""A copy that may have been found and used leaves its place only as long as it is what it was: it is moved to
where nobody finds it, looked at there, and put back where anything of it is new."""

import hashlib
import os
from collections.abc import Iterator
from typing import NoReturn

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import TAKEN
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Inode, Kind
from cachemgr.execute import system
from cachemgr.execute.guard import Stop
from cachemgr.execute.staging import Staging

Names = tuple[str, ...]


def picture(folder: Handle, name: str) -> bytes:
    """What tells whether anybody was at a unit since: a digest of the names in it, with the kind, inode,
    size, modification and change of each. Of the unit itself a directory's times are left out, and a file's
    change: they go with its place. Raises OSError, also where something in it cannot be looked at."""
    status = handles.lstat(folder, name)
    digest = hashlib.blake2b(_line("", status, top=True))
    if handles.kind(status) is Kind.DIRECTORY:
        top = handles.open_child(folder, name)
        try:
            for line in _lines(top):
                digest.update(line)
        finally:
            handles.close(top)
    return digest.digest()


def take_away(
    parent: Handle, name: str, staging: Staging, number: int, looked: bytes, made: Inode, kept: str
) -> None:
    """Into a staging directory, by its number there, if it is still what was `looked` at. Raises OSError, and
    Stop where it is not: then it is at its place again, of which `kept` is the path, or beside it if that was
    taken meanwhile."""
    place = f"{number}{TAKEN}"
    system.move(parent, name, staging.handle, place)
    try:
        status = handles.lstat(staging.handle, place)
        same = (status.st_dev, status.st_ino) == made and picture(staging.handle, place) == looked
    except OSError:
        same = False
    if not same:
        _put_back(staging, number, parent, name, kept)
    system.move(staging.handle, place, staging.handle, str(number))


def look_again(
    parent: Handle, name: str, staging: Staging, number: int, compared: Iterator[int], kept: str
) -> Iterator[int]:
    """The same for a copy that was taken away by a run which was killed before it had looked at it. What
    `compared` reads, which raises Stop where it is not what its source is, is passed on."""
    place = f"{number}{TAKEN}"
    looked = picture(staging.handle, place)
    try:
        yield from compared
        same = picture(staging.handle, place) == looked
    except Stop:
        same = False
    if not same:
        _put_back(staging, number, parent, name, kept)
    system.move(staging.handle, place, staging.handle, str(number))


def _put_back(staging: Staging, number: int, parent: Handle, name: str, kept: str) -> NoReturn:
    """Raises Stop, which says where it is, and OSError."""
    place = f"{number}{TAKEN}"
    try:
        system.move(staging.handle, place, parent, name)
    except FileExistsError as error:
        # Whoever wrote to it made it again. Staging is emptied, so that it must not stay there.
        beside = f"{name}.kept-{staging.run}"
        system.move(staging.handle, place, parent, beside)
        raise Stop(Trouble("beside", os.path.join(os.path.dirname(kept), beside))) from error
    raise Stop(Trouble("changed", kept))


def _lines(top: Handle) -> Iterator[bytes]:
    """Directory by directory, each opened by its names from the top, so that few are open at a time."""
    pending: list[Names] = [()]
    while pending:
        names = pending.pop()
        folder = handles.open_below(top, names)
        try:
            yield _text("/".join(names)) + b"\0"
            for name in sorted(handles.names(folder)):
                status = handles.lstat(folder, name)
                yield _line(name, status)
                if handles.kind(status) is Kind.DIRECTORY:
                    pending.append((*names, name))
        finally:
            handles.close(folder)


def _line(name: str, status: os.stat_result, *, top: bool = False) -> bytes:
    kind = handles.kind(status)
    facts: list[object] = [kind, status.st_dev, status.st_ino]
    if not (top and kind is Kind.DIRECTORY):
        facts += [status.st_size, status.st_mtime_ns]
        if not top:
            facts.append(status.st_ctime_ns)
    return _text(name) + b"\0" + repr(facts).encode("ascii") + b"\0"


def _text(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
