"""Roots as the processes of one mount namespace see them: under their own path, through bind mounts, and from
containers."""

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from cachemgr.disk.volumes import Mount, mount_of

Names = tuple[str, ...]


class MountView:
    """Which paths of a mount table lead below which root.

    `ours` is the table that the roots' paths are from, `theirs` the one that the paths which are asked for
    are from; without it they are the same.
    """

    def __init__(
        self, roots: Sequence[Path], ours: tuple[Mount, ...], theirs: tuple[Mount, ...] | None = None
    ) -> None:
        self.is_whole = theirs is None
        """Paths are as we would see them, so that a file's path says all there is to say about its place."""
        table = ours if theirs is None else theirs
        found: list[tuple[str, int, Names]] = []
        devices: set[str] = set()
        for number, root in enumerate(roots):
            if theirs is None:
                found.append((str(root), number, ()))
            if (mount := mount_of(str(root), ours)) is not None:
                devices.add(mount.device)
                found += ((prefix, number, names) for prefix, names in _aliases(str(root), mount, table))
        # The deepest first: a root inside another is the one that counts.
        self._prefixes = sorted(dict.fromkeys(found), key=lambda alias: -len(alias[0]))
        self._devices = devices
        self._table = table
        self._near: dict[str, bool] = {}

    def place(self, path: str) -> tuple[int, Names] | None:
        """The root's number and names below it; None for a path that leads below none."""
        for prefix, number, names in self._prefixes:
            if path == prefix:
                return number, names
            if path.startswith(prefix + "/"):
                return number, (*names, *path[len(prefix) + 1 :].split("/"))
        return None

    def has(self, device: str) -> bool:
        """Whether a device, as `major:minor`, is that of a root."""
        return device in self._devices

    def is_near(self, path: str) -> bool:
        """Whether it may lie on the same file system as a root: nothing else is worth asking."""
        folder = posixpath.dirname(path)
        if folder not in self._near:
            mount = mount_of(folder, self._table)
            self._near[folder] = mount is None or mount.device in self._devices
        return self._near[folder]


def _aliases(root: str, mount: Mount, table: tuple[Mount, ...]) -> Iterator[tuple[str, Names]]:
    """Every path at which a table shows the root, or a part of it with the names that lead to that part."""
    inside = _join(mount.root, root[len(mount.target.rstrip("/")) :])
    for other in table:
        if other.device != mount.device:
            continue
        if _is_within(inside, other.root):
            yield _join(other.target, inside[len(other.root.rstrip("/")) :]), ()
        elif _is_within(other.root, inside):
            yield other.target, tuple(other.root[len(inside) :].strip("/").split("/"))


def _is_within(path: str, folder: str) -> bool:
    return f"{path}/".startswith(folder.rstrip("/") + "/")


def _join(folder: str, below: str) -> str:
    return f"{folder.rstrip('/')}/{below.strip('/')}".rstrip("/") or "/"
