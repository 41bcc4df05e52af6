"""The calls that copy a file, by this system's means."""

import sys

if sys.platform == "win32":
    from cachemgr.execute.windows_files import (
        SHARES,
        add_name,
        carry_attributes,
        clone,
        copy_range,
        create,
        data,
        expect,
        finish,
        finish_directory,
        forget,
        make_link,
        read_at,
        sync_all,
        sync_directory,
        sync_file,
        write_at,
        write_out,
    )
else:
    from cachemgr.execute.posix_files import (
        SHARES,
        add_name,
        carry_attributes,
        clone,
        copy_range,
        create,
        data,
        expect,
        finish,
        finish_directory,
        forget,
        make_link,
        read_at,
        sync_all,
        sync_directory,
        sync_file,
        write_at,
        write_out,
    )

__all__ = [
    "SHARES",
    "add_name",
    "carry_attributes",
    "clone",
    "copy_range",
    "create",
    "data",
    "expect",
    "finish",
    "finish_directory",
    "forget",
    "make_link",
    "read_at",
    "sync_all",
    "sync_directory",
    "sync_file",
    "write_at",
    "write_out",
]
