"""The calls that change a disk, by this system's means."""

import sys

if sys.platform == "win32":
    from cachemgr.execute.windows import (
        hold_lock,
        is_writable,
        let_in,
        mkdir,
        move,
        open_up,
        release_lock,
        replace,
        rmdir,
        set_own_times,
        set_times,
        sync,
        unlink,
        write_new,
    )
else:
    from cachemgr.execute.posix import (
        hold_lock,
        is_writable,
        let_in,
        mkdir,
        move,
        open_up,
        release_lock,
        replace,
        rmdir,
        set_own_times,
        set_times,
        sync,
        unlink,
        write_new,
    )

__all__ = [
    "hold_lock",
    "is_writable",
    "let_in",
    "mkdir",
    "move",
    "open_up",
    "release_lock",
    "replace",
    "rmdir",
    "set_own_times",
    "set_times",
    "sync",
    "unlink",
    "write_new",
]
