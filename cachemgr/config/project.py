"""Which directory is the project: the nearest one around the working directory with a configuration."""

import os
import sys
from pathlib import Path

from cachemgr.config import files
from cachemgr.config.source import Source
from cachemgr.domain.errors import ConfigError


def find_project(start: Path, home: Path) -> Path | None:
    """The nearest of `start` and its parents that holds a configuration; None outside of a project.

    The home directory is a project only where it holds a `cachemgr.toml`. A file of somebody else (in
    /tmp, for instance) makes no project: its author would decide what we may clear. `--project` names
    such a directory on purpose.
    """
    for place in (start, *start.parents):
        if _holds(place, files.TOML, home):
            return place
        if _same(place, home):
            continue
        if _holds(place, files.HARDWARE_CACHE, home) and _has_section(place / files.HARDWARE_CACHE):
            return place
        if _holds(place, files.QUESTFOUNDRY, home):
            return place
    return None


def _holds(place: Path, name: str, home: Path) -> bool:
    names = name.split("/")
    try:
        facts = [os.stat(place / name)]
        # A link that somebody else made to a file of ours is his: he says from where its paths count.
        facts += [os.lstat(place.joinpath(*names[: depth + 1])) for depth in range(len(names))]
    except (OSError, ValueError):
        return False
    if sys.platform == "win32":
        return True
    return {status.st_uid for status in facts} <= {0, os.geteuid(), _owner(home)}


def _owner(home: Path) -> int:
    try:
        return os.stat(home).st_uid
    except OSError:
        return os.geteuid()


def _has_section(path: Path) -> bool:
    from cachemgr.config import hardware_cache

    try:
        source = Source.read(path, limit=files.HARDWARE_CACHE_LIMIT)
        return source is not None and hardware_cache.section(source) is not None
    except ConfigError:
        # A broken file counts: its mistake is then reported rather than passed over.
        return True


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(os.stat(one), os.stat(other))
    except OSError:
        return False
