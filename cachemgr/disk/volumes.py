"""The file systems roots lie on, and the mount points below them."""

import os
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from cachemgr.disk import win32
from cachemgr.domain.inventory import Volume

_NETWORK = frozenset(
    ("9p", "afs", "ceph", "cifs", "davfs", "fuse.rclone", "fuse.sshfs", "glusterfs", "gpfs", "lustre")
) | {"ncpfs", "nfs", "nfs4", "smb3", "smbfs"}
_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the kernel's mount table."""

    device: str
    """`major:minor`."""
    target: str
    type: str
    options: frozenset[str]
    """Of the mount and of what is mounted."""
    source: str
    root: str = "/"
    """The directory of the file system that is shown at `target`."""


def mounts(file: str = "/proc/self/mountinfo") -> tuple[Mount, ...]:
    """The mount table in the order of mounting; empty where the system shows none (proc(5), mountinfo)."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape", newline="\n") as table:
            return tuple(mount for line in table if (mount := _mount(line)) is not None)
    except OSError:
        return ()


def mounts_below(root: Path, table: tuple[Mount, ...]) -> frozenset[tuple[str, ...]]:
    """The mount points under a real path, as names below it."""
    prefix = str(root).rstrip("/") + "/"
    return frozenset(
        tuple(mount.target[len(prefix) :].split("/")) for mount in table if mount.target.startswith(prefix)
    )


def mount_of(path: str, table: tuple[Mount, ...]) -> Mount | None:
    """The mount a path lies on; None where the table does not say."""
    # The last mount at the longest matching target is the one on top.
    return max(
        (mount for mount in reversed(table) if f"{path}/".startswith(mount.target.rstrip("/") + "/")),
        key=lambda mount: len(mount.target),
        default=None,
    )


def volume(path: Path, table: tuple[Mount, ...]) -> Volume | None:
    """The file system below a real path; None when it cannot be asked."""
    if sys.platform == "win32":
        return _windows_volume(path)
    try:
        status = os.statvfs(path)
        device = os.stat(path).st_dev
    except OSError:
        return None
    number = f"{os.major(device)}:{os.minor(device)}"
    best = mount_of(str(path), table)
    kind = best.type if best is not None else ""
    found = Volume(
        device=best.source if best is not None and best.source.startswith("/") else number,
        type=kind,
        free=status.f_bavail * status.f_frsize,
        total=status.f_blocks * status.f_frsize,
        network=kind in _NETWORK,
        read_only=bool(status.f_flag & os.ST_RDONLY),
        mount=best.target if best is not None else "",
        records_access=best is None or "noatime" not in best.options,
    )
    return _on_macos(path, found) if sys.platform == "darwin" else found


def _on_macos(path: Path, volume: Volume) -> Volume:
    """With what no table of mounts tells there."""
    from cachemgr.disk import macos  # other systems need no ctypes for a scan

    try:
        found = macos.mounted(path)
    except OSError:
        return volume
    return replace(
        volume,
        device=found.source if found.source.startswith("/") else volume.device,
        type=found.type,
        network=not found.local,
        mount=found.target,
        records_access=found.records_access,
    )


def _windows_volume(path: Path) -> Volume | None:
    # Only Windows needs it, and importing it costs as much as everything else here.
    import shutil

    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return None
    try:
        network = win32.drive_type(str(path)) == win32.REMOTE
    except OSError:
        network = path.drive.startswith("\\\\")
    records = win32.records_access()
    return Volume(path.drive, "", usage.free, usage.total, network, False, path.anchor, records)


def _mount(line: str) -> Mount | None:
    fields = line.split(" ")
    try:
        separator = fields.index("-", 6)
        return Mount(
            device=fields[2],
            target=_decode(fields[4]),
            type=fields[separator + 1],
            options=frozenset(
                (*fields[5].split(","), *"".join(fields[separator + 3 :]).rstrip("\n").split(","))
            ),
            source=_decode(fields[separator + 2]),
            root=_decode(fields[3]),
        )
    except (ValueError, IndexError):
        return None


def _decode(field: str) -> str:
    """The kernel writes space, tab, newline and backslash as octal."""
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), field)
