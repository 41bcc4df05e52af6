"""Copies units into a staging directory. A stand-in with the interface of branch `copy`."""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.scope import Scope
from cachemgr.disk.walk import Walk
from cachemgr.domain.leads import Lead, Move, lead
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Content, Identity, Inode, Kind
from cachemgr.execute import system
from cachemgr.execute.remove import Removal
from cachemgr.execute.remove_parallel import remove_tree

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consignment:
    number: int
    root: Handle
    names: Names
    staging: Handle
    stage: str
    seen: Identity | None
    content: Content | None = None
    moves: tuple[Move, ...] = ()
    accepted: frozenset[Names] = frozenset()
    blob_names: bool = False


class CopyPhase(StrEnum):
    COPYING = "copying"
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True)
class CopyProgress:
    number: int
    phase: CopyPhase
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Settling:
    mode: int


@dataclass(frozen=True, slots=True)
class Copied:
    number: int
    identity: Identity
    content: Content
    inode: Inode
    files: int = 0
    bytes: int = 0
    settling: Settling | None = None


@dataclass(frozen=True, slots=True)
class NotCopied:
    number: int
    trouble: Trouble
    leaving: tuple[Names, ...] = field(default=())
    left: bool = False


class _Leaving(Exception):
    pass


def copy_all(units: Iterator[Consignment]) -> Generator[CopyProgress | Copied | NotCopied, None, None]:
    for one in units:
        folder = handles.open_below(one.root, one.names[:-1])
        try:
            _copy(one, folder, one.names, one.staging, one.stage)
            status = handles.lstat(folder, one.names[-1])
            walk = Walk(Scope(status.st_dev), one.names)
            if handles.kind(status) is Kind.DIRECTORY:
                handle = handles.open_child(folder, one.names[-1])
                walk.tree(handle, handles.fstat(handle))
                handles.close(handle)
            if one.content is not None and walk.result().content != one.content:
                raise _Leaving
            made = handles.lstat(one.staging, one.stage)
            yield CopyProgress(one.number, CopyPhase.COPYING, 1, 1)
            yield Copied(
                one.number, handles.identity(status), walk.result().content, (made.st_dev, made.st_ino)
            )
        except _Leaving:
            for _ in discard(one.staging, one.stage, Removal()):
                pass
            yield NotCopied(one.number, Trouble("changed", "/".join(one.names)))
        except OSError as error:
            for _ in discard(one.staging, one.stage, Removal()):
                pass
            yield NotCopied(one.number, Trouble("os", error.strerror or "", error.errno))
        finally:
            handles.close(folder)


def _copy(one: Consignment, folder: Handle, names: Names, target: Handle, name: str) -> None:
    status = handles.lstat(folder, names[-1])
    kind = handles.kind(status)
    times = (status.st_atime_ns, status.st_mtime_ns)
    if kind is Kind.LINK:
        how, text = lead(names, handles.read_link(folder, names[-1]), one.moves)
        if how is Lead.LEAVING and names not in one.accepted:
            raise _Leaving
        os.symlink(text, name, dir_fd=target)
    elif kind is Kind.DIRECTORY:
        system.mkdir(target, name, 0o700)
        inner, made = handles.open_child(folder, names[-1]), handles.open_child(target, name)
        for child in handles.names(inner):
            _copy(one, inner, (*names, child), made, child)
        os.fchmod(made, status.st_mode & 0o7777)
        handles.close(inner)
        handles.close(made)
    else:
        source = os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
        copy = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=target)
        try:
            while chunk := os.read(source, 1 << 20):
                while chunk := chunk[os.write(copy, chunk) :]:
                    pass
            os.fchmod(copy, status.st_mode & 0o7777)
        finally:
            os.close(source)
            os.close(copy)
    system.set_times(target, name, *times)


def settle(parent: Handle, name: str, settling: Settling) -> None:
    pass


def discard(staging: Handle, stage: str, done: Removal) -> Iterator[Removal]:
    try:
        handles.lstat(staging, stage)
    except FileNotFoundError:
        return
    yield from remove_tree(staging, stage, done)
