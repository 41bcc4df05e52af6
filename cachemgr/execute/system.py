"""The calls that change a disk, by this system's means."""

import sys

if sys.platform == "win32":
    from cachemgr.execute.windows import (
        append,
        finish_mkdir,
        is_writable,
        let_in,
        make_folder,
        mkdir,
        move,
        open_up,
        replace,
        rmdir,
        set_own_times,
        set_times,
        sync,
        unlink,
        write_file,
        write_new,
    )
else:
    from cachemgr.execute.posix import (
        append,
        finish_mkdir,
        is_writable,
        let_in,
        make_folder,
        mkdir,
        move,
        open_up,
        replace,
        rmdir,
        set_own_times,
        set_times,
        sync,
        unlink,
        write_file,
        write_new,
    )

__all__ = [
    "append",
    "finish_mkdir",
    "is_writable",
    "let_in",
    "make_folder",
    "mkdir",
    "move",
    "open_up",
    "replace",
    "rmdir",
    "set_own_times",
    "set_times",
    "sync",
    "unlink",
    "write_file",
    "write_new",
]
