"""Paths in configuration files: what they may look like, and whether a project may name them."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from cachemgr.config.source import Key, Source, dotted, quoted
from cachemgr.domain.unexpanded import is_unexpanded

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
RESERVED = frozenset(("all", "apps", "builds", "custom", "legacy", "models", "other", "packages"))
"""Words that mean something else where a cache's name may stand."""
_LONGEST = 4096
_NOT_FILES = frozenset((".git", ".hg", ".svn"))


@dataclass(frozen=True, slots=True)
class Base:
    """What the paths of one file count from."""

    directory: Path | None
    """None: they have to be absolute."""
    home: Path | None
    """What a leading `~` stands for; None where the file's own tools do not expand it."""

    def path(self, source: Source, text: str, *keys: Key) -> Path:
        """Raises ConfigError where the text cannot be a cache's place."""
        if not text.strip():
            raise source.mistake(f"`{dotted(keys)}` is empty; it must be a path", *keys)
        if "\0" in text or len(text) > _LONGEST:
            raise source.mistake(f"`{dotted(keys)}` is no path", *keys)
        start = self.home if text == "~" or text.startswith(("~/", "~\\")) else None
        rest = text[1:].lstrip("/\\") if start is not None else text
        if is_unexpanded(rest):
            what = f"`{dotted(keys)}` is {quoted(text)}, which nothing expands here"
            raise source.mistake(f"{what}; write the path out", *keys)
        path = start / rest if start is not None else Path(rest)
        if path.is_absolute():
            return path
        if self.directory is None:
            raise source.mistake(
                f"`{dotted(keys)}` is {quoted(text)}; here it must be absolute or begin with ~/",
                *keys,
            )
        path = self.directory / path
        if os.path.normpath(path) == os.path.normpath(self.directory):
            raise source.mistake(f"`{dotted(keys)}` is the whole directory; name one in it", *keys)
        return path


def name(source: Source, text: str, *keys: Key) -> str:
    """A cache's name. Raises ConfigError where it could not be told from other words of a command line."""
    if not NAME.fullmatch(text):
        raise source.mistake(
            f"{quoted(text)} cannot be a cache's name; use letters, digits, '.', '_' and '-'",
            *keys,
        )
    if text.lower() in RESERVED:
        raise source.mistake(f"{quoted(text)} is a word of the command line, not a cache's name", *keys)
    return text


def below(path: Path, project: Path) -> bool:
    """Whether a place really lies in the project: `..` and links out of it do not count as inside."""
    real, root = Path(os.path.realpath(path)), Path(os.path.realpath(project))
    if real == root or not real.is_relative_to(root):
        return False
    return _NOT_FILES.isdisjoint(real.relative_to(root).parts)
