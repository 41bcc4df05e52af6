"""Which directories may be roots at all: decided by what they are, not by what they are called."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from errno import EINVAL, ENOENT, ENOTDIR
from pathlib import Path

from cachemgr.domain.inventory import Problem
from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.unit import Inode

_SYSTEM = {
    Platform.LINUX: (
        "/ /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr"
        " /usr/bin /usr/lib /usr/local /usr/share /var /var/cache /var/lib /var/log /var/tmp"
    ).split(),
    Platform.MACOS: (
        "/ /Applications /Library /Library/Caches /System /Users /Volumes /bin /etc /opt /private"
        " /private/etc /private/tmp /private/var /sbin /tmp /usr /usr/local /var"
    ).split(),
    Platform.WINDOWS: [
        "C:\\",
        "C:\\Windows",
        "C:\\Program Files",
        "C:\\Program Files (x86)",
        "C:\\ProgramData",
        "C:\\Users",
    ],
}
_HOMES = ("/home", "/Users", "C:\\Users")
"""What lies directly in one of these is somebody's home; so is what lies beside one's own, where the
directory around that has one of their names."""
_CALLED = ("home", "Users")
_PERSONAL = (
    ".config .local .local/share .local/state .ssh .cache AppData AppData/Local AppData/Roaming Library"
    " Library/Caches Documents Downloads Desktop"
).split()
"""Below the home: places that hold many programs' files, so that none of them is one cache."""


@dataclass(frozen=True, slots=True)
class Protected:
    """The directories that are never a root, nor inside one, by device and inode."""

    reasons: dict[Inode, str]
    homes: frozenset[Inode]
    """The directories that hold people's homes."""
    own: frozenset[Inode] = frozenset()
    """Our own directories: nothing inside them is a root either."""

    @classmethod
    def around(cls, machine: Machine, project: Path | None, own: tuple[Path, ...] = ()) -> "Protected":
        """Home, project, working directory, our own directories, the home's trash, system directories, other
        users' homes, and all above them."""
        home = Path(machine.home)
        # First, because most of what is above it has better reasons.
        places = [] if (trash := home_trash(machine)) is None else _above(trash, "trash")
        places += [(Path(path), "system") for path in _SYSTEM[machine.platform]]
        places += [(home / name, "system") for name in _PERSONAL]
        named = [(Path(machine.cwd), "working-directory"), (home, "home")]
        named[:0] = [(path, "own-state") for path in own]
        if project is not None:
            named.insert(-1, (project, "project"))
        for path, reason in named:
            places += _above(path, reason)
        reasons = {inode: reason for path, reason in places if (inode := _inode(path)) is not None}
        around = (*map(Path, _HOMES), *((home.parent,) if home.parent.name in _CALLED else ()))
        homes = frozenset(inode for path in around if (inode := _inode(path)) is not None)
        return cls(reasons, homes, frozenset(inode for path in own if (inode := _inode(path)) is not None))

    def problem(self, found: "Found") -> Problem | None:
        """Why a directory is refused; None when it is not."""
        if (reason := self.reasons.get(found.inode)) is not None:
            return Problem(reason)
        if found.real.parent.name in _CALLED and _inode(found.real.parent) in self.homes:
            return Problem("other-home")
        if self.own and any(_inode(above) in self.own for above in found.real.parents):
            return Problem("own-state")
        return None


@dataclass(frozen=True, slots=True)
class Found:
    """A directory that exists, and where it really is."""

    real: Path
    inode: Inode


def data_home(machine: Machine) -> Path:
    """Where programs keep data. A relative one is to be ignored (XDG base directory specification)."""
    named = Path(machine.env.get("XDG_DATA_HOME") or ".")
    return named if named.is_absolute() else Path(machine.home, ".local", "share")


def home_trash(machine: Machine) -> Path | None:
    """The home's trash directory, which need not exist; None on Windows, where each drive has its bin."""
    if machine.platform is Platform.WINDOWS:
        return None
    if machine.platform is Platform.MACOS:
        return Path(machine.home, ".Trash")
    return data_home(machine) / "Trash"


def look(path: Path) -> Found | Problem | None:
    """What is at a path: a directory, a reason why it cannot be a root, or nothing.

    Links on the way are followed here, once, for display and admission; from then on the real path counts.
    """
    try:
        real = Path(os.path.realpath(path, strict=True))
        status = os.lstat(real)
    except OSError as error:
        if error.errno in (ENOENT, ENOTDIR):
            return None
        return Problem("unavailable", "", error.errno)
    except ValueError:
        # A NUL, or half of a surrogate pair, from a configuration file: no file can be called that.
        return Problem("unavailable", "", EINVAL)
    if not stat.S_ISDIR(status.st_mode):
        return Problem("not-a-directory")
    return Found(real, (status.st_dev, status.st_ino))


def leads_out(path: Path, project: Path | None) -> bool:
    """Whether a path goes into a project and is really outside of it: by a link, which whoever changes the
    project can turn. What does not go through the project at all does not lead out."""
    if project is None:
        return False
    root = Path(os.path.realpath(project))
    through = (path.is_relative_to(project) and os.pardir not in path.parts) or any(
        name != os.pardir and Path(os.path.realpath(above)).is_relative_to(root)
        for above, name in zip(reversed(path.parents), path.parts[1:], strict=True)
    )
    return through and not Path(os.path.realpath(path)).is_relative_to(root)


def _above(path: Path, reason: str) -> list[tuple[Path, str]]:
    """A directory and all above it, by its name and by where it really is: both have ancestors."""
    ways = {path: None}
    # Without success where a directory turns into a link, or back, between two of its looks.
    with suppress(OSError):
        ways[Path(os.path.realpath(path))] = None
    return [(above, reason) for way in ways for above in (way, *way.parents)]


def _inode(path: Path) -> Inode | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
