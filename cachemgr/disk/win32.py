"""The calls that Python has on Windows alone or not at all. Everything else about Windows is built on
these and on what Python has everywhere, so that tests put others in their place and run on any system."""

import os
import sys

REPARSE_POINT, DIRECTORY, READ_ONLY = 0x400, 0x10, 0x1
"""FILE_ATTRIBUTE_…, winnt.h."""
ONLINE_ONLY = 0x1000 | 0x40000 | 0x400000
"""FILE_ATTRIBUTE_OFFLINE, RECALL_ON_OPEN and RECALL_ON_DATA_ACCESS: whoever opens it waits for a download.
A sync client's placeholder hides from most programs that it is a reparse point, but not this."""
FIXED, REMOTE = 3, 4
"""DRIVE_…, fileapi.h."""


_OFF = 0x1
"""Of NtfsDisableLastAccessUpdate: 0 and 2 record accesses, 1 and 3 do not, whoever has decided it (Microsoft:
fsutil behavior)."""


def lstat(path: str) -> os.stat_result:
    """An entry's own facts, with `st_file_attributes`. Raises OSError."""
    return os.lstat(path)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _INVALID = ctypes.c_void_p(-1).value
    _LIST, _ATTRIBUTES = 0x1, 0x80  # FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES
    _SHARED = 0x1 | 0x2  # FILE_SHARE_READ, FILE_SHARE_WRITE
    _EXISTING = 3  # OPEN_EXISTING
    _AS_IT_IS = 0x02000000 | 0x00200000  # FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT

    _FILE_SYSTEM = "SYSTEM\\CurrentControlSet\\Control\\FileSystem"
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateFileW.restype = wintypes.HANDLE
    _kernel.CreateFileW.argtypes = (
        *(wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID),
        *(wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE),
    )
    _kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
    _kernel.GetVolumePathNameW.argtypes = (wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD)
    _kernel.GetDriveTypeW.argtypes = (wintypes.LPCWSTR,)

    def hold(path: str) -> int:
        """Keep a directory from being renamed or removed, and with it every one it lies in. Raises OSError.

        Opened to be listed and without FILE_SHARE_DELETE: a right to its attributes alone takes no part in
        sharing. What is a reparse point is held itself and not what it leads to.
        """
        handle = _kernel.CreateFileW(path, _LIST | _ATTRIBUTES, _SHARED, None, _EXISTING, _AS_IT_IS, None)
        if handle is None or handle == _INVALID:
            raise ctypes.WinError(ctypes.get_last_error())
        return int(handle)

    def release(handle: int) -> None:
        _kernel.CloseHandle(handle)

    def drive_type(path: str) -> int:
        """What kind of drive holds a path: FIXED, REMOTE or another. Raises OSError."""
        top = ctypes.create_unicode_buffer(32768)
        if not _kernel.GetVolumePathNameW(path, top, len(top)):
            raise ctypes.WinError(ctypes.get_last_error())
        return int(_kernel.GetDriveTypeW(top.value))

    def access_setting() -> int | None:
        """NtfsDisableLastAccessUpdate, as `fsutil behavior` sets it; None where nothing is set."""
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _FILE_SYSTEM) as key:
                return int(winreg.QueryValueEx(key, "NtfsDisableLastAccessUpdate")[0])
        except (OSError, ValueError, TypeError):
            return None

else:

    def hold(path: str) -> int:
        raise NotImplementedError

    def release(handle: int) -> None:
        raise NotImplementedError

    def drive_type(path: str) -> int:
        raise NotImplementedError

    def access_setting() -> int | None:
        raise NotImplementedError


def records_access() -> bool:
    """Whether reading a file changes its time of access; by default that is so on small disks alone."""
    setting = access_setting()
    return setting is not None and not setting & _OFF
