"""The files by which a user's shells and services get variables: read, never written.

Only what stands there literally is told. A line whose value would have to be computed says nothing, and
neither does an earlier one of the same variable.
"""

import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePath

from cachemgr.disk.small_file import read_bytes
from cachemgr.domain.environment import Export, Shell
from cachemgr.environment.words import Word, commands

_FILES = (
    (".profile", Shell.SH),
    (".bash_profile", Shell.BASH),
    (".bashrc", Shell.BASH),
    (".zshenv", Shell.ZSH),
    (".zprofile", Shell.ZSH),
    (".zshrc", Shell.ZSH),
    (".config/fish/config.fish", Shell.FISH),
)
_SYSTEMD = ".config/environment.d"
"""`*.conf` in it are the environment of the user's systemd services (environment.d(5))."""
_LIMIT = 256 * 1024
"""Bytes; a longer file was hardly written by a person."""
_MOST = 64
"""Files of environment.d that are looked at."""

Assignment = tuple[str, str | None]
"""A name with its new value; None where that is not known."""


def exports(home: PurePath, names: Collection[str]) -> tuple[Export, ...]:
    """What this user's files give those variables: for each file and variable its last word."""
    top = Path(home)
    found: list[Export] = []
    for below, shell in (*_FILES, *((name, Shell.DOTENV) for name in _environment_d(top))):
        text = _text(top / below, top)
        if text is None:
            continue
        last: dict[str, Export] = {}
        for number, line in enumerate(text.split("\n"), 1):
            for name, value in _assignments(line, shell, str(home)):
                last.pop(name, None)
                if name in names and value is not None:
                    last[name] = Export(top / below, number, name, value, shell)
        found += last.values()
    return tuple(found)


def _environment_d(home: Path) -> list[str]:
    try:
        names = sorted(os.listdir(home / _SYSTEMD))
    except OSError:
        return []
    return [f"{_SYSTEMD}/{name}" for name in names if name.endswith(".conf")][:_MOST]


def _text(file: Path, home: Path) -> str | None:
    """A file's text; None where there is none to read, or a link leads out of the home."""
    try:
        real = Path(os.path.realpath(file, strict=True))
        if not real.is_relative_to(os.path.realpath(home)):
            return None
        raw = read_bytes(real, _LIMIT)
    except (OSError, ValueError):
        return None
    return None if raw is None or len(raw) > _LIMIT else raw.decode("utf-8", "surrogateescape")


def _assignments(line: str, shell: Shell, home: str) -> Iterator[Assignment]:
    read = _READERS.get(shell, _posix)
    for words in commands(line, home):
        yield from read(words)


def _posix(words: list[Word]) -> Iterator[Assignment]:
    """`export NAME=value …`. Whatever else names a variable leaves it unknown."""
    first, *rest = words
    if first.text in ("declare", "typeset") and rest[:1] == [Word("-x")]:
        rest = rest[1:]
    elif first.text != "export":
        yield from ((word.text.partition("=")[0], None) for word in words)
        return
    for word in rest:
        name, equals, value = word.text.partition("=")
        yield name, value if equals and not word.computed else None


def _fish(words: list[Word]) -> Iterator[Assignment]:
    """`set -gx NAME value`, and fish's own `export NAME=value`."""
    if words[0].text != "set":
        yield from _posix(words)
        return
    flags = [word.text for word in words[1:] if word.text.startswith("-")]
    name, *values = [word for word in words[1:] if not word.text.startswith("-")] or [Word("")]
    short = "".join(flag for flag in flags if not flag.startswith("--"))
    exported = "--export" in flags or "x" in short
    known = exported and len(values) == 1 and not values[0].computed and "\\" not in values[0].text
    yield name.text, values[0].text if known else None


def _environment_file(words: list[Word]) -> Iterator[Assignment]:
    """`NAME=value`, alone on its line."""
    name, equals, value = words[0].text.partition("=")
    yield name, value if equals and len(words) == 1 and not words[0].computed else None


_READERS: dict[Shell, Callable[[list[Word]], Iterator[Assignment]]] = {
    Shell.FISH: _fish,
    Shell.DOTENV: _environment_file,
}
