"""A small file that has one name, copied in one go, and read back in one go.

What is to be done and what came of it are plain values: another process can do it as well.
"""

import hashlib
import os
import stat
from contextlib import suppress
from errno import EINVAL, ELOOP, ENOENT, ENOTDIR
from typing import NamedTuple

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.execute import files, system
from cachemgr.execute.consignment import Mark, mark
from cachemgr.execute.content import whole
from cachemgr.execute.guard import Stop
from cachemgr.execute.named import begun


class Order(NamedTuple):
    """One file of a directory."""

    name: str
    stage: str
    """What the copy is called."""
    mark: Mark
    """What the original has to be still."""
    named: str
    """What gives the file its name, as `named.algorithm` says it."""


class Answer(NamedTuple):
    """What came of an order that was carried out."""

    digest: bytes
    """Of what was copied or read back; of a copy none where its name says what it has to be."""
    lost: list[tuple[str, int]]
    """Extended attributes that the copy does not have, and why."""


def copy(source: Handle, target: Handle, order: Order) -> Answer:
    """Copy a file from one directory to the other; all of it or nothing. Raises Stop, OSError."""
    try:
        original = handles.open_file(source, order.name)
    except OSError as error:
        raise of_source(error) from error
    try:
        status = os.fstat(original)
        if mark(status) != order.mark or not stat.S_ISREG(status.st_mode):
            raise Stop(Trouble("changed"))
        made = files.create(target, order.stage)
        try:
            content = whole(original, status.st_size)
            files.write(made, content)
            digest = b"" if order.named else hashlib.sha256(content).digest()
            return Answer(digest, complete(original, made, target, order.stage, status))
        except BaseException:
            with suppress(OSError):
                system.unlink(target, order.stage)
            raise
        finally:
            os.close(made)
    finally:
        os.close(original)


def complete(
    original: int, made: int, target: Handle, stage: str, status: os.stat_result
) -> list[tuple[str, int]]:
    """Give a copy that was written all else its original has. The attributes that were not kept, and why.

    Raises OSError."""
    lost = files.carry_attributes(original, made)
    files.finish(made, target, stage, status)
    files.sync_file(made)
    return lost


def open_ahead(target: Handle, stage: str) -> int:
    """Open a copy before it is its turn: the system then reads it, from the disk and not from memory, while
    something else is done. Raises OSError."""
    descriptor = handles.open_file(target, stage)
    files.forget(descriptor)
    files.expect(descriptor)
    return descriptor


def read_back(source: Handle, target: Handle, order: Order, descriptor: int = -1) -> Answer:
    """Read a copy, opened ahead or not, while its original is still what it was. Closes the descriptor.

    Raises Stop, OSError."""
    try:
        look(source, order.name, order.mark)
        if descriptor < 0:
            try:
                descriptor = handles.open_file(target, order.stage)
            except OSError as error:
                raise Stop(Trouble("corrupt")) from error
        size = order.mark[1]
        try:
            content = whole(descriptor, size)
        except Stop as stop:
            raise Stop(Trouble("corrupt")) from stop
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    how = begun(order.named, size) or hashlib.sha256()
    how.update(content)
    return Answer(how.digest(), [])


def look(source: Handle, name: str, known: Mark) -> os.stat_result:
    """Whether an original is what it was. Raises Stop where it is not, OSError."""
    try:
        status = handles.lstat(source, name)
    except FileNotFoundError as error:
        raise Stop(Trouble("changed")) from error
    if mark(status) != known:
        raise Stop(Trouble("changed"))
    return status


def of_source(error: OSError) -> OSError | Stop:
    """What an error means when an original is opened: what is not there any more, or has become a link or is
    one no more, has changed."""
    return Stop(Trouble("changed")) if error.errno in (EINVAL, ELOOP, ENOENT, ENOTDIR) else error
