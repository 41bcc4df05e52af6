"""Hostile things, each with what it means for a tree that holds it."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.adversary.names import HOSTILE
from tests.adversary.stage import ROOT, SECRET, Stage

CREDENTIALS = (
    *("token", "stored_tokens", ".netrc", "server.pem", "prod.env", "id_rsa", "credentials.json"),
    *("trusted_list", "Token", ".git-credentials", "auth.json"),
)
FUTURE, ZERO = 4_300_000_000, 0
"""In the year 2106, beyond what 32 bits hold, and the beginning."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is planted into a directory under a name of its own."""

    name: str
    plant: Callable[[Stage, Path], object]
    keeps: bool = False
    """A tree that holds it stays."""
    foreign_names: bool = False
    """It keeps no tree of a cache whose content other people packed."""


def _link(target: Callable[[Stage, Path], str | Path]) -> Callable[[Stage, Path], object]:
    return lambda stage, path: path.symlink_to(target(stage, path))


def _up(stage: Stage, path: Path) -> str:
    return os.path.relpath(stage.outside / "precious.txt", path.parent)


def _in_vain(stage: Stage, path: Path) -> str:
    return "../" * 60 + "etc/passwd"


def _device(kind: int, number: tuple[int, int]) -> Callable[[Stage, Path], object]:
    return lambda stage, path: os.mknod(path, kind | 0o600, os.makedev(*number))


def _stranger(stage: Stage, path: Path) -> None:
    stage.file(path / "theirs.txt")
    stage.foreign(path / "theirs.txt")
    stage.foreign(path)


def _closed(stage: Stage, path: Path) -> None:
    stage.file(path / "unseen" / "token", SECRET)
    stage.close_up(path)


def _shared(stage: Stage, path: Path) -> None:
    """A second name of a file that lies outside."""
    partner = stage.file(stage.outside / "shared" / f"{len(stage.shared)}", f"shared {len(stage.shared)}")
    os.link(partner, path)
    stage.shared.add(partner)


def _shared_link(stage: Stage, path: Path) -> None:
    """A second name of a link that lies outside."""
    partner = stage.outside / "shared" / f"link-{len(stage.shared)}"
    partner.parent.mkdir(exist_ok=True)
    partner.symlink_to("../precious.txt")
    os.link(partner, path, follow_symlinks=False)
    stage.shared.add(partner)


def _sparse(stage: Stage, path: Path) -> None:
    stage.file(path, b"start")
    os.truncate(path, 2**40)


def _timed(seconds: float) -> Callable[[Stage, Path], object]:
    def plant(stage: Stage, path: Path) -> None:
        stage.file(path / "timed", time=seconds)
        stage.when(path, seconds)

    return plant


def _secret(name: str) -> Callable[[Stage, Path], object]:
    return lambda stage, path: stage.file(path.with_name(name), SECRET)


def _foreign_link(stage: Stage, path: Path) -> None:
    path.symlink_to("/etc")
    stage.foreign(path)


def _bait(content: bytes, mode: int = 0o644) -> Callable[[Stage, Path], object]:
    return lambda stage, path: stage.file(path, content).chmod(mode)


def _quarantine(stage: Stage, path: Path) -> None:
    """What looks like one of our quarantines and is somebody's directory."""
    place = path.with_name(f".cachemgr-quarantine-20250101-000000-{stage.dice.getrandbits(32):08x}")
    stage.file(place / "0" / "thesis.txt")
    stage.file(place / ".cachemgr", '{"run": "20250101-000000-0badf00d"}')


THINGS: tuple[Thing, ...] = (
    Thing("link-to-file", _link(lambda stage, _: stage.outside / "precious.txt")),
    Thing("link-to-tree", _link(lambda stage, _: stage.outside / "work")),
    Thing("link-up", _link(_up)),
    Thing("link-far-up", _link(_in_vain)),
    Thing("link-to-root", _link(lambda *_: "/")),
    Thing("link-to-home", _link(lambda stage, _: stage.home)),
    Thing("link-to-secret", _link(lambda stage, _: stage.home / ".netrc")),
    Thing("link-to-nothing", _link(lambda *_: "no/such/thing")),
    Thing("link-to-itself", _link(lambda _, path: path.name)),
    Thing("fifo", Stage.fifo),
    Thing("socket", Stage.socket),
    Thing("hard-link", _shared),
    Thing("hard-linked-link", _shared_link),
    Thing("sparse", _sparse),
    Thing("deep", lambda stage, path: stage.deep(path, 30, "d" * 200)),
    Thing("deeper", lambda stage, path: stage.deep(path, 80, "e")),
    Thing("future", _timed(FUTURE)),
    Thing("zero", _timed(ZERO)),
    Thing("script.sh", _bait(b"#!/bin/sh\ntouch pwned\n", 0o755)),
    Thing("bomb.pkl", _bait(b"cposix\nsystem\n(S'touch pwned'\ntR.")),
    Thing("cache.sqlite3", _bait(b"SQLite format 3\0" + b"\0" * 84)),
    Thing("closed", _closed, keeps=True, foreign_names=True),
    Thing("look-alike", _quarantine, keeps=True),
    *(Thing(f"secret-{name}", _secret(name), True, True) for name in CREDENTIALS),
)
OF_ROOT: tuple[Thing, ...] = (
    Thing("device", _device(stat.S_IFCHR, (1, 3))),
    Thing("disk", _device(stat.S_IFBLK, (7, 250))),
    Thing("foreign-file", lambda stage, path: stage.foreign(stage.file(path)), keeps=True),
    Thing("foreign-link", _foreign_link, keeps=True),
    Thing("foreign-tree", _stranger, keeps=True),
    Thing("immutable", lambda stage, path: stage.immutable(stage.file(path))),
)


def _name(mark: str, name: bytes, *, folder: bool) -> Thing:
    def plant(stage: Stage, path: Path) -> None:
        place = path.with_name(os.fsdecode(name))
        stage.file(place / "inside" if folder else place)

    return Thing(f"name-{mark}{'-folder' if folder else ''}", plant)


NAMES = (
    *(_name(hostile.mark, hostile.name, folder=False) for hostile in HOSTILE),
    *(_name(hostile.mark, b"F" + hostile.name[:250], folder=True) for hostile in HOSTILE),
    Thing("name-markup", lambda stage, path: stage.file(path.with_name("[") / "]Qfolder")),
)


def every_thing() -> tuple[Thing, ...]:
    """All that this user can make here."""
    return THINGS + (OF_ROOT if ROOT else ()) + NAMES


def plant(stage: Stage, thing: Thing, folder: Path) -> bool:
    """Whether this system knows such a thing; some have no bytes in names, no sockets, no such sizes."""
    try:
        thing.plant(stage, folder / f"a-{thing.name}")
    except FileExistsError:
        return True  # the level had one already
    except (PermissionError, NotImplementedError):
        return False
    except OSError as error:
        if error.errno in (errno.EILSEQ, errno.EFBIG, errno.ENOTSUP, errno.EINVAL, errno.ENAMETOOLONG):
            return False
        raise
    return True
