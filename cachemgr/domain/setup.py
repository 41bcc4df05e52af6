"""What a project is set up with: directories for its caches, lines for git, a configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath


class Part(StrEnum):
    """What a path of a set-up is."""

    DIRECTORY = "directory"
    TAG = "tag"
    """CACHEDIR.TAG: backups leave the directory out."""
    GITIGNORE = "gitignore"
    CONFIGURATION = "configuration"


class Made(StrEnum):
    """What became of it, or would."""

    CREATED = "created"
    ADDED = "added"
    """Lines, to a file that was there."""
    PRESENT = "present"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a project should have, whatever is there already."""

    project: PurePath
    directories: tuple[PurePath, ...]
    tagged: frozenset[PurePath]
    """Of the directories, and of those on the way, the ones whose content can be had again."""
    ignored: tuple[str, ...]
    """Paths below the project that git should not see, `/`-separated: the usual ones, then its own."""
    own: frozenset[str]
    """Of those, the ones that this project names."""
    homes: Mapping[str, str]
    """What a new configuration names: homes by their setting, relative to the project."""


@dataclass(frozen=True, slots=True)
class SetupItem:
    """One path of a set-up."""

    part: Part
    path: PurePath
    state: Made
    lines: tuple[str, ...] = ()
    """What was added to a file that others write, too."""
    left_out: tuple[str, ...] = ()
    """Lines that would hide somebody's sources from git."""
    errno: int | None = None
