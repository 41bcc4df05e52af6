"""Roots as the processes of one mount namespace see them: under their own path, through bind mounts, and from
containers."""

import posixpath
from collections.abc import Sequence
from pathlib import Path

from cachemgr.disk.volumes import Mount, mount_of

Names = tuple[str, ...]


class MountView:
    """Which paths of a mount table lead below which root.

    `ours` is the table that the roots' paths are from, `theirs` the one that the paths which are asked for
    are from; without it they are the same. A path is taken to where it lies inside its file system, which
    is the same from everywhere.
    """

    def __init__(
        self, roots: Sequence[Path], ours: tuple[Mount, ...], theirs: tuple[Mount, ...] | None = None
    ) -> None:
        self.is_ours = theirs is None
        """Paths are as we would see them, so that a file's path says all there is to say about its place."""
        found: list[tuple[str, str, int]] = []
        for number, root in enumerate(roots):
            mount = mount_of(str(root), ours)
            device, inside = ("", str(root)) if mount is None else (mount.device, _inside(mount, str(root)))
            found.append((device, inside, number))
        # The deepest first: a root inside another is the one that counts.
        self._roots = sorted(found, key=lambda root: -len(root[1]))
        self._devices = {device for device, _, _ in found}
        table = ours if theirs is None else theirs
        # The deepest first here, too, and of several at one place the last.
        deepest = sorted(enumerate(table), key=lambda each: (-len(each[1].target), -each[0]))
        self._table = tuple(mount for _, mount in deepest)
        self._targets = {mount.target for mount in table}
        self._known: dict[str, Mount | None] = {}

    def place(self, path: str) -> tuple[int, Names] | None:
        """The root's number and names below it; None for a path that leads below none."""
        mount = self._mount(path)
        device, inside = ("", path) if mount is None else (mount.device, _inside(mount, path))
        for other, root, number in self._roots:
            if device == other and inside == root:
                return number, ()
            if device == other and inside.startswith(root.rstrip("/") + "/"):
                return number, tuple(inside[len(root.rstrip("/")) + 1 :].split("/"))
        return None

    def is_near(self, path: str) -> bool:
        """Whether it lies on the same file system as a root: nothing else is worth asking for more."""
        mount = self._mount(path)
        return mount is None or mount.device in self._devices

    def has(self, device: str) -> bool:
        """Whether a device, as `major:minor`, is that of a root."""
        return device in self._devices

    def _mount(self, path: str) -> Mount | None:
        folder = path if path in self._targets else posixpath.dirname(path)
        if folder not in self._known:
            self._known[folder] = next(
                (each for each in self._table if f"{folder}/".startswith(each.target.rstrip("/") + "/")), None
            )
        return self._known[folder]


def _inside(mount: Mount, path: str) -> str:
    """Where a path lies inside the file system that is mounted there."""
    below = path[len(mount.target.rstrip("/")) :].strip("/")
    return f"{mount.root.rstrip('/')}/{below}".rstrip("/") or "/"
