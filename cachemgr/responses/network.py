"""Whether a directory is on another machine: SQLite's write-ahead log works among processes of one only."""

import os
from pathlib import Path

MOUNTS = "/proc/self/mountinfo"


def is_remote(directory: str, mounts: str = MOUNTS) -> bool:
    """False where it cannot be told."""
    # An application that only reads never gets here.
    from cachemgr.disk import volumes

    try:
        found = volumes.volume(Path(os.path.realpath(directory)), volumes.mounts(mounts))
    except (OSError, ValueError):
        return False
    return found is not None and found.network
