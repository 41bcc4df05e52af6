"""What only macOS knows: whether a volume is this computer's own, and so has a trash."""

from pathlib import Path

from cachemgr.disk import macos
from cachemgr.domain.outcome import Trouble


def trash_trouble(root: Path) -> Trouble | None:
    """Why nothing below a directory can go to the trash; None when it can. A server's volume has no trash,
    and what goes there is gone at once. Raises OSError."""
    volume = macos.mounted(root)
    if not volume.local:
        return Trouble("trash", "network-volume")
    return Trouble("trash", "not-writable") if volume.read_only else None
