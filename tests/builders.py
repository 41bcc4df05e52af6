"""Words for tests: a machine, caches written the way their tools write them, and what a tree looks like."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from cachemgr.domain.machine import Machine, Platform

HERE = Machine.current().platform
"""The platform the tests run on."""


def machine(
    home: str | PurePath,
    platform: Platform = HERE,
    env: Mapping[str, str] | None = None,
    cwd: str | PurePath | None = None,
) -> Machine:
    """A computer with that home and nothing in its environment; paths in the platform's own syntax."""
    flavour: type[PurePath] = PureWindowsPath if platform is Platform.WINDOWS else PurePosixPath
    pure = Path if platform is HERE else flavour
    return Machine(platform, pure(home), dict(env or {}), pure(cwd if cwd is not None else home))


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link in a `tree`."""

    target: str


@dataclass(frozen=True, slots=True)
class Sparse:
    """A file in a `tree` that is a single hole of `size` bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class HardLink:
    """A further name, in a `tree`, of a file that an earlier line of it made; relative to the tree."""

    target: str


Node = str | bytes | Link | Sparse | HardLink | Mapping[str, "Node"]


def tree(path: Path, content: Mapping[str, Node]) -> Path:
    """Files, directories and links below `path` (made when missing): `{"a/b.txt": "text", "c": {}}`."""
    path.mkdir(parents=True, exist_ok=True)
    _plant(path, path, content)
    return path


def _plant(top: Path, path: Path, content: Mapping[str, Node]) -> None:
    for name, node in content.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        match node:
            case str():
                place.write_text(node, encoding="utf-8", newline="")
            case bytes():
                place.write_bytes(node)
            case Link(target):
                place.symlink_to(target)
            case Sparse(size):
                with place.open("xb") as file:
                    file.truncate(size)
            case HardLink(target):
                place.hardlink_to(top / target)
            case _:
                place.mkdir(exist_ok=True)
                _plant(top, place, node)


Facts = tuple[str, int, int, str]
"""Kind, permission bits, modification time in nanoseconds, and content digest or link text."""


def fingerprint(path: Path, *, times: bool = True) -> dict[str, Facts]:
    """Every name below `path` with its `Facts`, for a before-and-after comparison.

    Links are leaves. A link's permissions are left out, since they mean nothing.
    """
    return {name: _facts(place, times=times) for name, place in _walk(path)}


def access_times(path: Path) -> dict[str, int]:
    """The access time of `path` and of every name below it, each read before we list it ourselves."""
    return {name: os.lstat(place).st_atime_ns for name, place in _walk(path)}


def unread(path: Path) -> dict[str, int]:
    """Make everything look as if nobody had read it for two days, so that even a `relatime` mount records
    the next reader; compare the result with `access_times` afterwards."""
    places = dict(_walk(path))
    for place in places.values():
        facts = os.lstat(place)
        times = (facts.st_mtime_ns - 2 * 86400 * 10**9, facts.st_mtime_ns)
        if not stat.S_ISLNK(facts.st_mode):
            os.utime(place, ns=times)
        elif os.utime in os.supports_follow_symlinks:
            os.utime(place, ns=times, follow_symlinks=False)
    return {name: os.lstat(place).st_atime_ns for name, place in places.items()}


def _walk(path: Path) -> Iterator[tuple[str, str]]:
    """Relative name and place, parents first; `.` is the top itself."""
    pending = ["."]
    while pending:
        name = pending.pop()
        place = os.path.normpath(os.path.join(path, name))
        yield name, place
        if stat.S_ISDIR(os.lstat(place).st_mode):
            pending += [os.path.normpath(os.path.join(name, child)) for child in sorted(os.listdir(place))]


def _facts(place: str, *, times: bool) -> Facts:
    facts = os.lstat(place)
    kind, content, mode = "other", "", stat.S_IMODE(facts.st_mode)
    if stat.S_ISLNK(facts.st_mode):
        kind, content, mode = "link", os.readlink(place), 0
    elif stat.S_ISDIR(facts.st_mode):
        kind = "directory"
    elif stat.S_ISREG(facts.st_mode):
        with open(place, "rb") as file:
            kind, content = "file", hashlib.file_digest(file, "sha256").hexdigest()
    return kind, mode, facts.st_mtime_ns if times else 0, content


def git_etag(content: bytes) -> str:
    """What the Hugging Face hub calls an ordinary file: git's blob id."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def commit(label: str) -> str:
    """A 40-hex commit id that is the same for the same label."""
    return hashlib.sha1(label.encode()).hexdigest()
