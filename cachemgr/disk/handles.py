"""Open directories, by this system's means."""

import sys

if sys.platform == "win32":
    from cachemgr.disk.windows import (
        Handle,
        allocated,
        close,
        fstat,
        hold_lock,
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
        release_lock,
    )
else:
    from cachemgr.disk.posix import (
        Handle,
        allocated,
        close,
        fstat,
        hold_lock,
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
        release_lock,
    )

__all__ = [
    "Handle",
    "allocated",
    "close",
    "fstat",
    "hold_lock",
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
    "release_lock",
]
