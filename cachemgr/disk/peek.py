"""One small thing below an open directory, looked at by its names; None where it is not what was asked."""

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle

Names = tuple[str, ...]


def text(root: Handle, names: Names, limit: int) -> bytes | None:
    """A regular file's bytes, no more than `limit`."""
    try:
        parent = handles.open_below(root, names[:-1])
    except OSError:
        return None
    try:
        return handles.read_file(parent, names[-1], limit)
    except OSError:
        return None
    finally:
        handles.close(parent)


def link(root: Handle, names: Names) -> str | None:
    """A symbolic link's text."""
    try:
        parent = handles.open_below(root, names[:-1])
    except OSError:
        return None
    try:
        return handles.read_link(parent, names[-1])
    except OSError:
        return None
    finally:
        handles.close(parent)
