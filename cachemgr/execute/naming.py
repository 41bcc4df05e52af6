"""What has a name in an open directory, and giving it one over nothing."""

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Inode, Kind
from cachemgr.execute import system
from cachemgr.execute.guard import Stop

Names = tuple[str, ...]


def rename(source: Handle, name: str, target: Handle, place: Names) -> None:
    """Raises Stop where something has that name, OSError."""
    try:
        system.move(source, name, target, place[-1])
    except FileExistsError as error:
        raise Stop(Trouble("exists", "/".join(place))) from error


def inode(folder: Handle, name: str) -> Inode | None:
    try:
        status = handles.lstat(folder, name)
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino)


def leads(folder: Handle, name: str) -> str | None:
    """Where a link leads; None where it is none."""
    if handles.kind(handles.lstat(folder, name)) is not Kind.LINK:
        return None
    return handles.read_link(folder, name)
