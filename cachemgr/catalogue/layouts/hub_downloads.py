"""Downloads into a hub repository that are under way or were broken off, and the locks they hold.

Facts: huggingface_hub 2.4.0 file_download.py, utils/_fixes.py (WeakFileLock). A file is downloaded as
`blobs/<etag>.<8 hex>.incomplete` while `.locks/<repository>/<etag>.lock` is held, then becomes
`blobs/<etag>`, and is linked from its snapshot last of all. The lock's file stays for ever.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cachemgr.domain.layout import Names
from cachemgr.domain.unit import Item, Kind, Unit

LOCKS = ".locks"
ABANDONED = 24 * 3600
"""Seconds after which a partial download that nobody wrote to is given up; 2.x never resumes one."""
SETTLED = 3600
"""Seconds after which what was written is no longer part of a download: a blob is linked right after it was
completed, and one that is on its way is written to all the time."""
_INCOMPLETE = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})(\.[0-9a-f]{8})?\.incomplete")


def partial(blobs: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """The partial files among what `blobs` holds, each with the name of the blob that it would become."""
    for name in sorted(blobs):
        if blobs[name].kind is Kind.FILE and (match := _INCOMPLETE.fullmatch(name)):
            yield name, match[1]


def busy_until(blobs: Mapping[str, Item]) -> float | None:
    """Until when the whole repository is to be left alone, seconds since the epoch; None where nothing is
    being downloaded into it. Which snapshot waits for a file, nothing says until it is linked."""
    written = [blobs[name].identity.mtime_ns / 1e9 for name, _ in partial(blobs)]
    return max(written) + SETTLED if written else None


def lock_of(folder: str, blob: str) -> Names:
    """The lock that is held while a blob is downloaded or linked."""
    return (LOCKS, folder, f"{blob}.lock")


def locked(folder: str, units: Iterable[Unit | None]) -> tuple[Unit, ...]:
    """What leads to a repository's blobs, behind all of its locks: which of them it waits for is unknown."""
    return tuple(replace(unit, lock=(LOCKS, folder)) for unit in units if unit is not None)
