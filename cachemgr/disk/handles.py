"""Open directories, by this system's means."""

import sys

if sys.platform == "win32":
    from cachemgr.disk.windows import (
        Handle,
        allocated,
        close,
        fstat,
        identity,
        kind,
        look,
        lstat,
        mount_id,
        names,
        open_below,
        open_child,
        open_root,
        owner,
        read_file,
        read_link,
    )
else:
    from cachemgr.disk.posix import (
        Handle,
        allocated,
        close,
        fstat,
        identity,
        kind,
        look,
        lstat,
        mount_id,
        names,
        open_below,
        open_child,
        open_root,
        owner,
        read_file,
        read_link,
    )

__all__ = [
    "Handle",
    "allocated",
    "close",
    "fstat",
    "identity",
    "kind",
    "look",
    "lstat",
    "mount_id",
    "names",
    "open_below",
    "open_child",
    "open_root",
    "owner",
    "read_file",
    "read_link",
]
