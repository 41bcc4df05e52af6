"""The last check before an effect: would a careful person let this through?"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from cachemgr.disk import handles, locks
from cachemgr.disk.handles import Handle
from cachemgr.disk.places import Found, Protected, look
from cachemgr.disk.reader import OURS, STAGING
from cachemgr.disk.scope import Scope
from cachemgr.disk.volumes import mounts, mounts_below
from cachemgr.domain.action import Copy, Move, Remove, Withdraw
from cachemgr.domain.credentials import is_credential
from cachemgr.domain.errors import Refused
from cachemgr.domain.inventory import CacheId, Problem
from cachemgr.domain.machine import Machine
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.plan import Plan, Root, Step
from cachemgr.domain.unit import Inode
from cachemgr.domain.usage import LOCK, OUT_OF_REACH

Names = tuple[str, ...]


class Stop(Exception):
    """A step must not happen; carries why. Never leaves this package."""

    def __init__(self, trouble: Trouble, returned: tuple[int, ...] = ()) -> None:
        super().__init__(trouble.kind)
        self.trouble = trouble
        self.returned = returned
        """Earlier steps whose units went back to their places for the same reason."""


@dataclass(slots=True)
class OpenRoot:
    """A root held open for the whole run, so that nobody can put another one in its place."""

    root: Root
    handle: Handle
    scope: Scope


class Guard:
    """The pinned roots of one plan, and the checks before each of its steps. Use as a context manager."""

    def __init__(self, plan: Plan, protected: Protected) -> None:
        self.plan = plan
        self.protected = protected
        self._roots: dict[CacheId, OpenRoot | Trouble] = {}
        self._own: dict[CacheId, Handle] = {}
        """Where our own directories are made, in roots where that is not the root itself."""

    def __enter__(self) -> "Guard":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for root in self._roots.values():
            if isinstance(root, OpenRoot):
                handles.close(root.handle)
        for handle in self._own.values():
            handles.close(handle)
        self._roots.clear()
        self._own.clear()

    def root(self, cache: CacheId) -> OpenRoot:
        """A planned root, opened and found to be the one that was planned. Raises Stop."""
        if cache not in self._roots:
            self._roots[cache] = self._open(self.plan.root(cache))
        found = self._roots[cache]
        if isinstance(found, Trouble):
            raise Stop(found)
        return found

    def own(self, cache: CacheId) -> Handle:
        """Where in a root our own directories are made. Raises Stop, OSError."""
        root = self.root(cache)
        if not root.root.own:
            return root.handle
        if cache not in self._own:
            handle = handles.open_below(root.handle, root.root.own)
            if handles.mount_id(handle) != handles.mount_id(root.handle):
                handles.close(handle)
                raise Stop(Trouble("mount-point", "/".join(root.root.own)))
            self._own[cache] = handle
        return self._own[cache]

    @contextmanager
    def folder(self, step: Step, names: Names) -> Iterator[Handle]:
        """The directory a step works in, opened name by name. Raises Stop."""
        with self.folder_in(step.cache, names) as handle:
            yield handle

    @contextmanager
    def folder_in(self, cache: CacheId, names: Names) -> Iterator[Handle]:
        """The directory in which something lies, or is to lie, in any of the plan's roots. Raises Stop."""
        root = self.root(cache)
        self._check_names(root, names)
        try:
            handle = handles.open_below(root.handle, names[:-1])
        except FileNotFoundError as error:
            raise Stop(Trouble("missing", "/".join(names))) from error
        except OSError as error:
            raise Stop(Trouble("changed", "/".join(names), error.errno)) from error
        try:
            if handles.mount_id(handle) != handles.mount_id(root.handle):
                raise Stop(Trouble("mount-point", "/".join(names[:-1])))
            yield handle
        finally:
            handles.close(handle)

    def check_names(self, step: Step, names: Names) -> None:
        """Whether names lead somewhere below the root, and nowhere else. Raises Stop."""
        self._check_names(self.root(step.cache), names)

    def check(self, step: Step, names: Names, parent: Handle, *, tree: bool = True) -> None:
        """Whether what is there is what was planned, and may go, as far as that can be told without looking
        into it: see `look_through`. Raises Stop. Of a container, which is no `tree`, only the inode counts.
        """
        root = self.root(step.cache)
        try:
            status = handles.lstat(parent, names[-1])
        except FileNotFoundError as error:
            raise Stop(Trouble("missing", "/".join(names))) from error
        except OSError as error:
            raise Stop(Trouble("os", "/".join(names), error.errno)) from error
        now = handles.identity(status)
        planned = step.identity
        if planned is None or (now != planned if tree else now.inode != planned.inode):
            raise Stop(Trouble("changed", "/".join(names)))
        if is_credential(names[-1]) or (not root.root.third_party and any(map(is_credential, names))):
            raise Stop(Trouble("credential", "/".join(names)))
        if root.scope.owner is not None and status.st_uid != root.scope.owner:
            raise Stop(Trouble("foreign-owner", "/".join(names)))
        if (reason := root.scope.roots.get(now.inode)) is not None:
            raise Stop(Trouble("protected", reason))
        for mount in root.scope.mounts if tree else ():
            if mount[: len(names)] == names:
                raise Stop(Trouble("mount-point", "/".join(mount)))

    @contextmanager
    def lock(self, step: Step, action: Remove | Move | Copy | Withdraw) -> Iterator[None]:
        """The owning tool's lock, held while its file goes, where there is one. Raises Stop."""
        held: int | None = None
        if action.lock:
            root = self.root(step.cache)
            self._check_names(root, action.lock)
            try:
                held = locks.take(root.handle, action.lock)
            except BlockingIOError as error:
                raise Stop(Trouble("in-use", LOCK)) from error
            except OSError as error:
                raise Stop(Trouble("in-use", OUT_OF_REACH, error.errno)) from error
        try:
            yield
        finally:
            if held is not None:
                handles.release_lock(held)

    def _open(self, root: Root) -> OpenRoot | Trouble:
        found = look(root.path)
        if not isinstance(found, Found) or found.real != root.path:
            return Trouble("root-changed", str(root.path))
        if (problem := self._problem(root, found)) is not None:
            return Trouble("protected-root", problem)
        try:
            handle = handles.open_root(root.path)
        except OSError as error:
            return Trouble("root-changed", str(root.path), error.errno)
        try:
            handles.pin(handle)
        except OSError as error:
            handles.close(handle)
            return Trouble("root-changed", str(root.path), error.errno)
        status = handles.fstat(handle)
        if (status.st_dev, status.st_ino) != root.identity.inode:
            handles.close(handle)
            return Trouble("root-changed", str(root.path))
        scope = Scope(
            device=status.st_dev,
            owner=handles.owner(),
            mounts=mounts_below(root.path, mounts()),
            roots=dict(self.protected.reasons),
            third_party=root.third_party,
        )
        return OpenRoot(root, handle, scope)

    def _problem(self, root: Root, found: Found) -> str | None:
        """Why a root must not be worked in. Where a cache is to be in it, the cache has to be sound."""
        place: Found | Problem | None = found
        if root.below:
            # What is there of it; as long as it is not, it cannot be home or project.
            place = look(root.top) if root.own else None
            if self.protected.own and any(inode in self.protected.own for inode in _above(found.real)):
                return "own-state"
        problem = self.protected.problem(place) if isinstance(place, Found) else place
        return None if problem is None else problem.code

    def _check_names(self, root: OpenRoot, names: Names) -> None:
        """A unit is a root and names; a name is never a way to somewhere else."""
        below = root.root.below
        # What is around a cache is not ours, but for the way to it.
        if not names or (names[: len(below)] != below and below[: len(names)] != names):
            raise Stop(Trouble("outside", str(root.root.path)))
        for name in names:
            if name in ("", ".", "..") or "/" in name or "\0" in name or (os.sep in name):
                raise Stop(Trouble("outside", "/".join(names)))
            if name.startswith((OURS, STAGING)):
                raise Stop(Trouble("outside", name))


def _above(real: Path) -> Iterator[Inode]:
    for place in (real, *real.parents):
        with suppress(OSError):
            status = os.stat(place)
            yield (status.st_dev, status.st_ino)


def refuse_foreign_home(machine: Machine, *, allow_root: bool) -> None:
    """Writing as root through sudo, or into a home that is somebody else's, needs `--allow-root`.

    Raises Refused. Plain root in a container, with its own home, is nobody else.
    """
    if sys.platform == "win32" or allow_root:
        return
    user = os.geteuid()
    if user == 0 and machine.env.get("SUDO_UID", "0") != "0":
        raise Refused(
            "running under sudo: files would be changed as root; run it as yourself, or add --allow-root"
        )
    try:
        owner = os.stat(Path(machine.home)).st_uid
    except OSError:
        return
    if owner != user:
        raise Refused("the home directory belongs to another user; run it as that user, or add --allow-root")
