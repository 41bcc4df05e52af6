"""Which projects may name caches outside of themselves, because the user said so about this very text."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePath

from cachemgr.config.source import Source, contents, of_project
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError, Refused

FILE = "trust.json"
_SCHEMA = "cachemgr.trust/1"
_LIMIT = 4 * 1024 * 1024


def is_trusted(project: Path, raw: bytes, user_dir: Path) -> bool:
    """Whether the user agreed to a configuration file of that project with exactly these bytes."""
    return hashlib.sha256(raw).hexdigest() in _read(user_dir).get(os.path.realpath(project), ())


def trust(project: Path, shown: Mapping[PurePath, bytes], user_dir: Path) -> tuple[Path, ...]:
    """Agree to the project's configuration files as they were shown (`Settings.of_project`); they are
    returned. One that changes later is no longer trusted.

    Raises ConfigError where there is none, or where the agreement cannot be kept, and Refused where one is
    not what was shown any more.
    """
    sources = of_project(project)
    there = contents(project, sources)
    if not there and not shown:
        raise ConfigError(f"{display_name(project)} has no configuration that could be trusted")
    for path in (*shown, *there):
        if there.get(path) != shown.get(path):
            raise Refused(
                f"{display_name(path)} has changed since it was read, so nothing was trusted; "
                "look at it, and trust it again"
            )
    agreed = _read(user_dir)
    agreed[os.path.realpath(project)] = [hashlib.sha256(raw).hexdigest() for raw in shown.values()]
    _write(user_dir, agreed)
    return tuple(source.path for source in sources.values())


def _read(user_dir: Path) -> dict[str, list[str]]:
    source = Source.read(user_dir / FILE, limit=_LIMIT)
    if source is None:
        return {}
    try:
        document = json.loads(source.text)
        projects: dict[str, list[str]] = document["projects"]
        # The standard library's JSON keeps the surrogates of undecodable names, which msgspec refuses.
        return {str(project): [str(text) for text in texts] for project, texts in projects.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigError(
            f"{display_name(source.path)} is damaged; remove it and trust the projects again"
        ) from None


def _write(user_dir: Path, agreed: dict[str, list[str]]) -> None:
    """Replace our own file in one step, readable by its owner alone."""
    text = json.dumps({"schema": _SCHEMA, "projects": agreed}, indent=2, sort_keys=True) + "\n"
    target = user_dir / FILE
    fresh = user_dir / f"{FILE}.{os.getpid()}.new"
    try:
        user_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        fresh.replace(target)
    except OSError as error:
        raise ConfigError(f"{display_name(target)} cannot be written: {error.strerror or error}") from None
