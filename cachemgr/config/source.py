"""A configuration file as it was read, once; and where in it a key stands."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from cachemgr.config import files
from cachemgr.disk.small_file import LIMIT, read_text
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.domain.inventory import Origin

Key = str | int
_LONGEST = 120
"""Characters of a key or value that a sentence repeats."""


@dataclass(frozen=True, slots=True)
class Source:
    path: Path
    name: str
    """As it is shown and as origins name it: below the project, or whole."""
    raw: bytes
    text: str

    @classmethod
    def read(cls, path: Path, name: str = "", *, limit: int = LIMIT) -> "Source | None":
        """None where there is no such file. Raises ConfigError where it cannot be read as text."""
        name = name or str(path)
        read = read_text(path, name, limit)
        return None if read is None else cls(path, name, *read)

    def line(self, *keys: Key) -> int | None:
        """The line on which a key stands; None where it cannot be told."""
        at = 0
        for number, key in enumerate(keys):
            if isinstance(key, int):
                continue
            following = keys[number + 1] if number + 1 < len(keys) else 0
            for _ in range(following + 1 if isinstance(following, int) else 1):
                match = _stands(key).search(self.text, at)
                if match is None:
                    return None
                at = match.end()
        return self.text.count("\n", 0, at) + 1 if keys else None

    def origin(self, *keys: Key) -> Origin:
        return Origin(self.name, dotted(keys), self.line(*keys))

    def mistake(self, sentence: str, *keys: Key, line: int | None = None) -> ConfigError:
        # A key on the line of another is found with that one.
        found = (self.line(*keys[:end]) for end in range(len(keys), 0, -1))
        line = line or next((one for one in found if one), None)
        where = f", line {line}" if line else ""
        return ConfigError(f"{display_name(self.name)}{where}: {sentence}")


def of_project(project: Path | None) -> Mapping[str, Source]:
    """A project's configuration files by name, as far as there are any. Raises ConfigError."""
    if project is None:
        return {}
    limits = {files.HARDWARE_CACHE: files.HARDWARE_CACHE_LIMIT}
    found = {
        name: Source.read(project / name, name, limit=limits.get(name, LIMIT)) for name in files.OF_PROJECT
    }
    return {name: source for name, source in found.items() if source is not None}


def contents(project: Path | None, sources: Mapping[str, Source]) -> Mapping[PurePath, bytes]:
    """What they hold, by real path: another project's file with the same text is not the same."""
    if project is None:
        return {}
    real = PurePath(os.path.realpath(project))
    return {real / name: source.raw for name, source in sources.items()}


def dotted(keys: tuple[Key, ...]) -> str:
    """A key as a person would write it: `roots.applications.tmdb`, `cache[1].name`."""
    text = ""
    for key in keys:
        text += f"[{key + 1}]" if isinstance(key, int) else f".{key}"
    return _short(display_name(text.lstrip(".")))


def quoted(value: object) -> str:
    """A value from a file, fit for a sentence."""
    return _short(display_name(repr(value)))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _stands(key: str) -> re.Pattern[str]:
    """A key in TOML, JSON or YAML: not in a comment, and followed by what follows a key."""
    return re.compile(
        rf"^[^#\n]*?(?<![\w.-])[\"']?{re.escape(key)}[\"']?(?=\s*[=:\].])|"
        rf"(?<=[.\[]){re.escape(key)}(?=\s*[=\].])",
        re.MULTILINE,
    )
