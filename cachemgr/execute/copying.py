"""The first pass: everything is read, hashed and written into staging."""

import hashlib
import os
import stat
from contextlib import suppress
from errno import EMLINK, ENOTSUP, EOPNOTSUPP, EPERM

from cachemgr.disk import handles
from cachemgr.domain.leads import Lead, lead
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Identity, Kind
from cachemgr.execute import files, system
from cachemgr.execute.aside import Aside
from cachemgr.execute.consignment import Consignment, Lost, Names, Relinked, mark
from cachemgr.execute.content import CHUNK, SPARSE, Haul, Writing, is_sparse, whole
from cachemgr.execute.guard import Stop
from cachemgr.execute.level import Folder, Item, Level, Pass
from cachemgr.execute.named import algorithm, named
from cachemgr.execute.remove import Mount
from cachemgr.execute.small_files import Answer, Order, complete, copy, of_source
from cachemgr.execute.sum import Sum

_ALONE = (EPERM, EMLINK, ENOTSUP, EOPNOTSUPP)
"""What is said where a file cannot have one more name."""


class Copying(Pass):
    """Of one unit. What it met is kept for the second pass."""

    task = "copy"

    def __init__(self, unit: Consignment, *, again: bool = False) -> None:
        super().__init__(unit)
        self.again = again
        """The unit had changed while it was copied, so that it is not what was planned."""
        self.outdated = False
        """It is not what was planned."""
        self.made = False
        """There is something in staging that is ours."""
        self.ground: Folder | None = None
        self.identity: Identity | None = None
        self.sum = Sum()
        self.relinked: list[Relinked] = []
        self.lost: list[Lost] = []
        self.leaving: list[Names] = []
        self.apart: set[Names] = set()
        """Names that were to be of one file with others, and are not."""
        self.aside = Aside(unit.staging, unit.stage)
        self._mount: Mount | None = None
        self._clones = True

    def begin(self) -> Level:
        unit = self.unit
        try:
            folder = handles.open_below(unit.root, unit.names[:-1])
        except OSError as error:
            raise of_source(error) from error
        try:
            if handles.mount_id(folder) != handles.mount_id(unit.root):
                raise Stop(Trouble("mount-point"))
            self._mount = Mount.of(folder)
            self._look(handles.lstat(folder, unit.names[-1]))
            self.ground = Folder(handles.fstat(folder))
        except (OSError, Stop) as error:
            handles.close(folder)
            if isinstance(error, FileNotFoundError):
                raise Stop(Trouble("missing", "/".join(unit.names))) from error
            raise
        return Level(self, "", None, folder, unit.staging, self.ground, [unit.names[-1]])

    def enter(self, level: Level, name: str) -> Level:
        try:
            source = handles.open_child(level.source, name)
        except OSError as error:
            raise of_source(error) from error
        target = None
        try:
            status = handles.fstat(source)
            if Mount.of(source) != self._mount:
                raise Stop(Trouble("mount-point", "/".join(self.place(level, name))))
            stage = self.stage(level, name)
            system.mkdir(level.target, stage, 0o700)
            self.made = True
            target = handles.open_child(level.target, stage)
            copy = handles.fstat(target)
            level.folder.folders[name] = folder = Folder(status)
            names = handles.names(source)
        except (OSError, Stop):
            handles.close(source)
            if target is not None:
                handles.close(target)
            raise
        inodes = ((status.st_dev, status.st_ino), (copy.st_dev, copy.st_ino))
        self.sum.entries += 1
        return Level(self, name, level, source, target, folder, names, inodes=inodes)

    def sort(self, level: Level, names: list[str]) -> list[Item]:
        items: list[Item] = []
        for name in names:
            try:
                status = handles.lstat(level.source, name)
            except FileNotFoundError as error:
                raise Stop(Trouble("changed", "/".join(self.place(level, name)))) from error
            kind = handles.kind(status)
            if kind is Kind.OTHER:
                raise Stop(Trouble("special", "/".join(self.place(level, name))))
            if kind is Kind.DIRECTORY:
                level.folders.append(name)
                continue
            if self._mount is not None and status.st_dev != self._mount.device:
                raise Stop(Trouble("mount-point", "/".join(self.place(level, name))))
            if status.st_nlink > 1 and kind is Kind.FILE:
                self.aside.open()
            self.sum.add(kind, status)
            items.append((name, status))
        return items

    def leaf(self, level: Level, item: Item) -> int | Haul | None:
        name, status = item
        assert status is not None
        if handles.kind(status) is Kind.LINK:
            return self._link(level, name, status)
        if (order := self.order(level, item)) is not None:
            return self.answered(level, order, copy(level.source, level.target, order))
        if status.st_nlink > 1 and (tied := self._tie(level, name, status)) is not False:
            return 0 if tied else None
        try:
            source = handles.open_file(level.source, name)
        except OSError as error:
            raise of_source(error) from error
        try:
            now = os.fstat(source)
            if mark(now) != mark(status) or not stat.S_ISREG(now.st_mode):
                raise Stop(Trouble("changed"))
            target = files.create(level.target, self.stage(level, name))
        except (OSError, Stop):
            os.close(source)
            raise
        self.made = True
        haul: Writing | None = None
        try:
            cloned = self._clone(source, target, now)
            if now.st_size > CHUNK or is_sparse(now):
                hashed = self.named(level, name, 0) is None
                haul = Writing(source, target, now, cloned=cloned, hashed=hashed)
                return haul
            content = whole(source, now.st_size)
            digest = self._digest(level, name, content)
            if not cloned:
                files.write(target, content)
            self._finish(level, name, now, source, target, digest)
            return now.st_size
        finally:
            if haul is None:
                os.close(source)
                os.close(target)

    def order(self, level: Level, item: Item) -> Order | None:
        name, status = item
        assert status is not None
        if status.st_nlink > 1 or status.st_size >= SPARSE or not stat.S_ISREG(status.st_mode):
            return None
        how = algorithm(self.place(level, name)) if self.unit.blob_names else ""
        return Order(name, self.stage(level, name), mark(status), how)

    def answered(self, level: Level, order: Order, answer: Answer) -> int:
        self.made = True
        for what, errno in answer.lost:
            self.lost.append(Lost(self.place(level, order.name), what, errno))
        level.folder.files[order.name] = (order.mark, answer.digest)
        level.folder.small.add(order.name)
        return order.mark[1]

    def redo(self, level: Level, order: Order) -> None:
        with suppress(FileNotFoundError):
            system.unlink(level.target, order.stage)

    def landed(self, level: Level, item: Item, haul: Haul) -> None:
        assert isinstance(haul, Writing)
        self._finish(level, item[0], haul.status, haul.source, haul.target, haul.digest())

    def named(self, level: Level, name: str, size: int) -> "hashlib._Hash | None":
        """The hash that has to give the file's name, if one has to."""
        return named(self.place(level, name), size) if self.unit.blob_names else None

    def check(self) -> None:
        """Whether all of that was what had been planned and may be moved. Raises Stop."""
        if self.leaving:
            raise Stop(Trouble("leaving", "/".join(self.leaving[0])))
        planned = self.unit.content
        if planned is not None and not self.again and not self.sum.content.is_still(planned):
            self.outdated = True
            raise Stop(Trouble("changed", "/".join(self.unit.names)))
        for inode, (names, links) in self.aside.firsts.items():
            if self.sum.met[inode] < links:
                self.lost.append(Lost(names, "other-names"))

    def _look(self, status: os.stat_result) -> None:
        """Whether the unit is what was planned. Raises Stop."""
        self.identity = now = handles.identity(status)
        planned = self.unit.seen
        if planned is not None and (now[:3] != planned[:3] if self.again else now != planned):
            self.outdated = True
            raise Stop(Trouble("changed", "/".join(self.unit.names)))

    def _link(self, level: Level, name: str, status: os.stat_result) -> int:
        place = self.place(level, name)
        if not stat.S_ISLNK(status.st_mode):
            raise Stop(Trouble("special"))  # a junction, or another reparse point
        try:
            text = handles.read_link(level.source, name)
        except OSError as error:
            raise of_source(error) from error
        found, new = lead(place, text, self.unit.moves)
        if found is Lead.LEAVING and place not in self.unit.accepted:
            self.leaving.append(place)
            return 0
        files.make_link(level.target, self.stage(level, name), new, status)
        self.made = True
        if new != text:
            self.relinked.append(Relinked(place, text, new))
        level.folder.links[name] = (mark(status), new)
        return 0

    def _tie(self, level: Level, name: str, status: os.stat_result) -> bool | None:
        """Make a further name of a file that was copied; None while it is being copied, False where this is
        the first. Raises OSError."""
        inode, place = (status.st_dev, status.st_ino), self.place(level, name)
        stage = self.stage(level, name)
        try:
            tied = self.aside.tie(inode, level.target, stage, place, status.st_nlink)
        except OSError as error:
            if error.errno not in _ALONE:
                raise
            self._part(place, error)
            return False
        if tied:
            self.made = True
            level.folder.files[name] = (mark(status), self.aside.digests[inode])
        return tied

    def _part(self, place: Names, error: OSError) -> None:
        self.apart.add(place)
        self.lost.append(Lost(place, "hard-link", error.errno))

    def _clone(self, source: int, target: int, status: os.stat_result) -> bool:
        if not self._clones or status.st_size < SPARSE:
            return False
        self._clones = files.clone(source, target)
        return self._clones

    def _digest(self, level: Level, name: str, content: bytes) -> bytes:
        # What has to have a certain digest is held against that when it is read back.
        return b"" if self.named(level, name, len(content)) else hashlib.sha256(content).digest()

    def _finish(
        self, level: Level, name: str, status: os.stat_result, source: int, target: int, digest: bytes
    ) -> None:
        stage = self.stage(level, name)
        for what, errno in complete(source, target, level.target, stage, status):
            self.lost.append(Lost(self.place(level, name), what, errno))
        level.folder.files[name] = (mark(status), digest)
        if status.st_nlink > 1 and (place := self.place(level, name)) not in self.apart:
            try:
                self.aside.keep((status.st_dev, status.st_ino), level.target, stage, digest)
            except OSError as error:
                if error.errno not in _ALONE:
                    raise
                self._part(place, error)
