"""Linux: what processes have open, mapped, and as working directory, root and program, from /proc (proc(5)).

A link's text there is made by the kernel without asking the file system it leads to, so that reading it
cannot hang. Only what lies on the same file system as a root is ever asked for more.
"""

import os
import re
import stat
from collections.abc import Iterator, Set
from pathlib import Path

from cachemgr.disk.volumes import Mount, mounts
from cachemgr.domain.unit import Inode
from cachemgr.scan import sight
from cachemgr.scan.mount_view import MountView
from cachemgr.scan.sight import Seen

_KERNEL_THREAD = 0x00200000  # PF_KTHREAD, linux/sched.h: has no files, and cannot be looked at
_DELETED = " (deleted)"
_MAPPED = re.compile(rb"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) +(/.*)$", re.MULTILINE)
_HIDDEN = frozenset(
    f"hidepid={how}" for how in ("1", "2", "4", "noaccess", "invisible", "ptraceable")
)  # proc(5)


class ProcessFiles:
    """All processes but those left out."""

    maps = True
    folds = False

    def __init__(self, roots: tuple[Path, ...], leave_out: Set[int], proc: str = "/proc") -> None:
        self.proc = proc
        self.roots = roots
        self.leave_out = leave_out
        self.others = self.own = 0
        self._table = mounts(f"{proc}/self/mountinfo")
        self._own_space = self._space("self")
        self._views = {self._own_space: MountView(roots, self._table)}
        self._said: set[tuple[int, Inode | tuple[int, tuple[str, ...]]]] = set()

    def look(self) -> Iterator[Seen]:
        hidden = _hides(self._table, self.proc) and os.geteuid() != 0
        # What cannot even be counted is one at least.
        self.others += hidden
        for entry in os.listdir(self.proc):
            if entry.isascii() and entry.isdigit() and int(entry) not in self.leave_out:
                yield from self._process(int(entry))

    def name(self, pid: int) -> str:
        return sight.name(pid)

    def _process(self, pid: int) -> Iterator[Seen]:
        try:
            yield from self._files(pid)
        except PermissionError:
            if not self._has_none(pid):
                if self._owner(pid) == os.geteuid():
                    self.own += 1
                else:
                    self.others += 1
        except OSError:
            return  # it is gone

    def _files(self, pid: int) -> Iterator[Seen]:
        where = f"{self.proc}/{pid}"
        view = self._view(pid)
        for link in ("cwd", "root", "exe"):
            yield from self._link(pid, f"{where}/{link}", view)
        for number in os.listdir(f"{where}/fd"):
            yield from self._link(pid, f"{where}/fd/{number}", view)
        yield from self._mapped(pid, f"{where}/maps", view)

    def _link(self, pid: int, link: str, view: MountView) -> Iterator[Seen]:
        try:
            path = os.readlink(link)
        except FileNotFoundError:
            return  # closed meanwhile, or a thread of the kernel
        if not path.startswith("/") or not view.is_near(path):
            return
        place, is_marked = view.place(path), path.endswith(_DELETED)
        if place is not None and not is_marked:
            yield from self._new(Seen(pid, place))
            return
        try:
            status = os.stat(link)
        except OSError:
            return
        inode = (status.st_dev, status.st_ino)
        if place is not None and _is_called(path, inode[1]):
            yield from self._new(Seen(pid, place))
        elif stat.S_ISREG(status.st_mode) and status.st_nlink > (view.is_ours and not is_marked):
            # With a single name, which is this one, it has none below a root.
            yield from self._new(Seen(pid, inode=inode))

    def _mapped(self, pid: int, maps: str, view: MountView) -> Iterator[Seen]:
        """A file that was mapped and closed (safetensors, llama.cpp) shows nowhere else."""
        with open(maps, "rb") as file:
            text = file.read()
        for match in set(_MAPPED.findall(text)):
            device = os.makedev(int(match[0], 16), int(match[1], 16))
            # The kernel writes a line feed as `\012`, and a backslash as itself.
            for path in dict.fromkeys(map(os.fsdecode, (match[3], match[3].replace(b"\\012", b"\n")))):
                if view.is_near(path):
                    yield from self._mapping(pid, path, (device, int(match[2])), view)

    def _mapping(self, pid: int, path: str, inode: Inode, view: MountView) -> Iterator[Seen]:
        place = view.place(path)
        if place is not None and (not path.endswith(_DELETED) or _is_called(path, inode[1])):
            yield from self._new(Seen(pid, place))
            return
        try:
            status = os.stat(path)
        except OSError:
            status = None
        if status is None or status.st_ino != inode[1]:
            # Gone from that name, or seen from another mount namespace: the kernel's own numbers, then.
            if view.has(f"{os.major(inode[0])}:{os.minor(inode[0])}"):
                yield from self._new(Seen(pid, inode=inode))
        elif status.st_nlink > 1:
            # As `stat` numbers devices, which on btrfs is not as `maps` does.
            yield from self._new(Seen(pid, inode=(status.st_dev, status.st_ino)))

    def _new(self, seen: Seen) -> Iterator[Seen]:
        what = seen.place or seen.inode
        if what is not None and (seen.pid, what) not in self._said:
            self._said.add((seen.pid, what))
            yield seen

    def _view(self, pid: int) -> MountView:
        """The roots as that process sees them: a container has mounts of its own."""
        space = self._space(str(pid))
        if space not in self._views:
            table = mounts(f"{self.proc}/{pid}/mountinfo")
            self._views[space] = MountView(self.roots, self._table, table)
        return self._views[space]

    def _space(self, pid: str) -> str:
        return os.readlink(f"{self.proc}/{pid}/ns/mnt")

    def _owner(self, pid: int) -> int | None:
        try:
            return os.stat(f"{self.proc}/{pid}").st_uid
        except OSError:
            return None

    def _has_none(self, pid: int) -> bool:
        """Threads of the kernel, and processes that ended and wait to be noticed, have no files."""
        try:
            with open(f"{self.proc}/{pid}/stat", "rb") as file:
                state, *rest = file.read().rpartition(b") ")[2].split()
        except OSError:
            return True
        return state in (b"Z", b"X") or bool(int(rest[5]) & _KERNEL_THREAD)


def locker(path: Path, proc: str = "/proc") -> int | None:
    """Which process holds a lock on a file, whoever it belongs to; None where the kernel does not say."""
    try:
        status = os.lstat(path)
        with open(f"{proc}/locks", "rb") as lines:
            fields = [line.split() for line in lines]
    except OSError:
        return None
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}".encode()
    pids = (int(line[4]) for line in fields if len(line) > 5 and line[1] != b"->" and line[5] == file)
    # One of another pid namespace has no number here.
    return next((pid for pid in pids if pid > 0), None)


def _is_called(path: str, number: int) -> bool:
    """Whether a file is really called that, and the text's ending no remark of the kernel's."""
    try:
        return os.lstat(path).st_ino == number
    except OSError:
        return False


def _hides(table: tuple[Mount, ...], proc: str) -> bool:
    return any(mount.target == proc and mount.options & _HIDDEN for mount in table)
