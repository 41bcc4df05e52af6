"""The calls that change a disk, by this system's means."""

import sys

if sys.platform == "win32":
    from cachemgr.execute.windows import (
        finish_mkdir,
        is_writable,
        let_in,
        mkdir,
        move,
        open_up,
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
        finish_mkdir,
        is_writable,
        let_in,
        mkdir,
        move,
        open_up,
        replace,
        rmdir,
        set_own_times,
        set_times,
        sync,
        unlink,
        write_new,
    )

__all__ = [
    "finish_mkdir",
    "is_writable",
    "let_in",
    "mkdir",
    "move",
    "open_up",
    "replace",
    "rmdir",
    "set_own_times",
    "set_times",
    "sync",
    "unlink",
    "write_new",
]
