"""A project's directories and files, made where they really are: no link on the way leads out of it."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.small_file import read_bytes
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused, Unavailable, UsageError
from cachemgr.domain.setup import Made, SetupItem
from cachemgr.domain.unit import Kind
from cachemgr.execute import system

_LIMIT = 1 << 20
"""Bytes of a file that lines are added to."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A path in a project."""

    names: tuple[str, ...]
    """Where it really is, below where the project really is."""
    there: int
    """How many of the names exist."""

    @property
    def exists(self) -> bool:
        return self.there == len(self.names)


@dataclass(frozen=True, slots=True)
class Making:
    """Something to make."""

    item: SetupItem
    names: tuple[str, ...]
    content: bytes = b""
    """Of a file; a directory has none."""


def directory_spot(project: Path, path: Path) -> Spot:
    """Where a directory is, or would be made.

    Raises Refused where a link leads out of the project, UsageError where something else is in the way.
    """
    spot = _spot(project, path)
    real = Path(os.path.realpath(project)).joinpath(*spot.names[: spot.there])
    if not real.is_dir():
        raise UsageError(
            f"{display_name(real)} is no directory, so no cache can be in it; move it away first"
        )
    return spot


def file_spot(project: Path, path: Path) -> Spot:
    """Where a file is, or would be made. Raises as `directory_spot` does."""
    spot = _spot(project, path)
    real = Path(os.path.realpath(project)).joinpath(*spot.names)
    if spot.exists and not real.is_file():
        raise UsageError(f"{display_name(path)} is no regular file; move it away first")
    return spot


def read(project: Path, spot: Spot) -> bytes:
    """A file's content, empty where there is none. Raises UsageError where it cannot be read whole."""
    if not spot.exists:
        return b""
    real = Path(os.path.realpath(project)).joinpath(*spot.names)
    try:
        content = read_bytes(real, _LIMIT)
    except OSError as error:
        raise UsageError(f"{display_name(real)} cannot be read: {error.strerror}") from None
    if content is None or len(content) > _LIMIT:
        raise UsageError(f"{display_name(real)} is longer than {_LIMIT >> 20} MiB, so it is left alone")
    return content


def admit(project: Path, makings: Iterable[Making], *, allow_root: bool) -> None:
    """Each place where something is to be made is ours, or `--allow-root` was said, and can be written; a
    file that lines are added to has no other name.

    Raises Refused, Unavailable.
    """
    root = Path(os.path.realpath(project))
    for making in makings:
        place = root.joinpath(*making.names)
        if making.item.state is not Made.ADDED:
            place = next(above for above in place.parents if os.path.lexists(above))
        mode = os.W_OK | (os.X_OK if place.is_dir() else 0)
        shown = display_name(place)
        if sys.platform != "win32" and not allow_root and os.stat(place).st_uid != os.geteuid():
            raise Refused(f"{shown} belongs to another user; run it as that user, or add --allow-root")
        if making.item.state is Made.ADDED and os.stat(place).st_nlink > 1:
            raise Refused(
                f"{shown} is also called something else (a hard link), where lines would be added as well; "
                "make it a file of its own"
            )
        if not os.access(place, mode):
            raise Unavailable(f"{shown} cannot be written by you, so nothing was made")


def perform(project: Path, steps: Iterable[Making]) -> Iterator[SetupItem]:
    """Each step in turn, with what became of it. Nothing that exists is overwritten."""
    root = handles.open_root(Path(os.path.realpath(project)))
    try:
        for step in steps:
            try:
                yield replace(step.item, state=_perform(root, step))
            except OSError as error:
                yield replace(step.item, state=Made.FAILED, lines=(), errno=error.errno)
    finally:
        handles.close(root)


def _perform(root: handles.Handle, step: Making) -> Made:
    *above, name = step.names
    parent = handles.open_below(root, tuple(above))
    try:
        if step.item.state is Made.ADDED:
            system.append(parent, name, step.content)
        elif step.content:
            system.write_file(parent, name, step.content)
        else:
            system.make_folder(parent, name)
    except FileExistsError:
        # Somebody else made it meanwhile; theirs stays.
        return Made.PRESENT
    finally:
        handles.close(parent)
    return step.item.state


def _spot(project: Path, path: Path) -> Spot:
    root = Path(os.path.realpath(project))
    names: tuple[str, ...] = ()
    parts = path.relative_to(project).parts
    if ".." in parts:
        raise Refused(
            f"{display_name(path)} holds a `..`, which may lead out of the project; write it without"
        )
    for number, part in enumerate(parts):
        place = root.joinpath(*names, part)
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            return Spot((*names, *parts[number:]), len(names))
        except OSError as error:
            raise UsageError(f"{display_name(place)} cannot be looked at: {error.strerror}") from None
        if handles.kind(status) is not Kind.LINK:
            names = (*names, part)
            continue
        real = Path(os.path.realpath(place))
        if real == root or not real.is_relative_to(root):
            raise Refused(
                f"{display_name(place)} is a link that leads out of the project; name the real place in your "
                "own configuration"
            )
        if not real.exists():
            raise UsageError(f"{display_name(place)} is a link to nothing; remove it first")
        names = real.relative_to(root).parts
    return Spot(names, len(names))
