"""The second pass: the copy is read back from the disk and compared, and the original is looked at again."""

import hashlib
import os
import stat

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.unit import Inode
from cachemgr.execute import files
from cachemgr.execute.consignment import Lost, Settling, mark
from cachemgr.execute.content import CHUNK, SPARSE, Haul, Reading, digest_of, is_sparse, whole
from cachemgr.execute.copying import Copying
from cachemgr.execute.guard import Stop
from cachemgr.execute.level import Item, Level, Pass
from cachemgr.execute.named import algorithm
from cachemgr.execute.small_files import Answer, Order, look, of_source, open_ahead, read_back

_OWN = 0o700
"""What the owner of a directory needs to move it."""


class Verifying(Pass):
    """Of what one first pass copied. At its end directories get their modes and times."""

    task = "read"

    def __init__(self, copying: Copying) -> None:
        super().__init__(copying.unit)
        self.copying = copying
        self.settling: Settling | None = None
        self.directories = False
        """Whether there are any, whose facts were set."""
        self._tied: dict[Inode, Inode] = {}
        self._opened: dict[tuple[Level, str], int] = {}
        """Copies that the system was told of, until it is their turn."""

    def close(self) -> None:
        """Let go of what was opened and had no turn. Nobody may work on it any more."""
        while self._opened:
            os.close(self._opened.popitem()[1])

    def begin(self) -> Level:
        assert self.copying.ground is not None
        try:
            folder = handles.open_below(self.unit.root, self.unit.names[:-1])
        except OSError as error:
            raise of_source(error) from error
        names = [self.unit.names[-1]]
        return Level(self, "", None, folder, self.unit.staging, self.copying.ground, names)

    def enter(self, level: Level, name: str) -> Level:
        folder = level.folder.folders[name]
        expected = {*folder.files, *folder.links, *folder.folders}
        try:
            source = handles.open_child(level.source, name)
        except OSError as error:
            raise of_source(error) from error
        target: Handle | None = None
        try:
            status = handles.fstat(source)
            if mark(status) != mark(folder.status) or set(handles.names(source)) != expected:
                raise Stop(Trouble("changed", "/".join(self.place(level, name))))
            try:
                target = handles.open_child(level.target, self.stage(level, name))
            except OSError as error:
                raise self._differs(level, name) from error
            copy = handles.fstat(target)
            if set(handles.names(target)) != expected:
                raise self._differs(level, name)
        except (OSError, Stop):
            handles.close(source)
            if target is not None:
                handles.close(target)
            raise
        self.directories = True
        inodes = ((status.st_dev, status.st_ino), (copy.st_dev, copy.st_ino))
        return Level(self, name, level, source, target, folder, list(expected), inodes=inodes)

    def sort(self, level: Level, names: list[str]) -> list[Item]:
        folders = level.folder.folders
        level.folders += [name for name in names if name in folders]
        return [(name, None) for name in names if name not in folders]

    def prepare(self, level: Level, items: list[Item]) -> None:
        for name, _ in items:
            if name not in level.folder.files:
                continue
            try:
                self._opened[level, name] = open_ahead(level.target, self.stage(level, name))
            except OSError:
                continue  # said when it is its turn

    def leaf(self, level: Level, item: Item) -> int | Haul | None:
        name, _ = item
        if (order := self.order(level, item)) is not None:
            descriptor = self._opened.pop((level, name), -1)
            answer = read_back(level.source, level.target, order, descriptor)
            return self.answered(level, order, answer)
        known = level.folder.files.get(name) or level.folder.links[name]
        status = look(level.source, name, known[0])
        stage = self.stage(level, name)
        if (link := level.folder.links.get(name)) is not None:
            if handles.read_link(level.target, stage) != link[1]:
                raise self._differs(level, name)
            return 0
        return self._file(level, name, status)

    def order(self, level: Level, item: Item) -> Order | None:
        name, _ = item
        if name not in level.folder.small:
            return None
        how = algorithm(self.place(level, name)) if self.unit.blob_names else ""
        return Order(name, self.stage(level, name), level.folder.files[name][0], how)

    def answered(self, level: Level, order: Order, answer: Answer) -> int:
        self._judge(level, order.name, answer.digest, order.mark[1])
        return order.mark[1]

    def landed(self, level: Level, item: Item, haul: Haul) -> None:
        assert isinstance(haul, Reading)
        self._judge(level, item[0], haul.digest(), haul.status.st_size)
        self._look_for_holes(level, item[0], haul.source, handles.lstat(level.source, item[0]))

    def leave(self, level: Level) -> None:
        if level.outer is None:
            files.sync_directory(level.target)
            return
        status = level.folder.status
        for what, errno in files.carry_attributes(level.source, level.target):
            self.copying.lost.append(Lost(self.place(level), what, errno))
        mode = stat.S_IMODE(status.st_mode)
        if level.outer.outer is None and mode & _OWN != _OWN:
            self.settling = Settling(mode, status.st_atime_ns, status.st_mtime_ns)
            mode |= _OWN
        files.finish_directory(level.target, mode, status.st_atime_ns, status.st_mtime_ns)
        files.sync_directory(level.target)

    def _file(self, level: Level, name: str, original: os.stat_result) -> int | Haul:
        descriptor = self._opened.pop((level, name), -1)
        if descriptor < 0:
            try:
                descriptor = handles.open_file(level.target, self.stage(level, name))
            except OSError as error:
                raise self._differs(level, name) from error
        size = original.st_size
        if size > CHUNK:
            return self._large(level, name, descriptor, original)
        try:
            # What there is to know of most files is what they hold.
            if original.st_nlink > 1 and self._is_known(level, name, original, os.fstat(descriptor)):
                return 0
            self._judge(level, name, self._digest(level, name, descriptor, size), size)
            self._look_for_holes(level, name, descriptor, original)
            return size
        finally:
            os.close(descriptor)

    def _large(self, level: Level, name: str, descriptor: int, original: os.stat_result) -> int | Haul:
        haul = Reading(
            descriptor, None, os.fstat(descriptor), named=self.copying.named(level, name, original.st_size)
        )
        known = original.st_nlink > 1 and self._is_known(level, name, original, haul.status)
        if known or haul.status.st_size != original.st_size:
            haul.close()
            if not known:
                raise self._differs(level, name)
            return 0
        return haul

    def _digest(self, level: Level, name: str, descriptor: int, size: int) -> bytes:
        try:
            content = whole(descriptor, size)
        except Stop as stop:
            raise self._differs(level, name) from stop
        hash_of = self.copying.named(level, name, size) or hashlib.sha256()
        hash_of.update(content)
        return hash_of.digest()

    def _judge(self, level: Level, name: str, digest: bytes, size: int) -> None:
        """Whether a copy is what was read or, where the name says that, what it should be. Raises Stop."""
        named = self.copying.named(level, name, size)
        if named is None:
            if digest != level.folder.files[name][1]:
                raise self._differs(level, name)
        elif digest.hex() != name:
            source = handles.open_file(level.source, name)
            try:
                damaged = digest_of(source, size, named) != name
            finally:
                os.close(source)
            raise Stop(Trouble("damaged")) if damaged else self._differs(level, name)

    def _is_known(self, level: Level, name: str, original: os.stat_result, status: os.stat_result) -> bool:
        """Whether it is one more name of a file that was read already. Raises Stop where it should be."""
        if self.place(level, name) in self.copying.apart:
            return False
        inode, copy = (original.st_dev, original.st_ino), (status.st_dev, status.st_ino)
        known = self._tied.setdefault(inode, copy)
        if known != copy:
            raise self._differs(level, name)
        return known is not copy

    def _look_for_holes(self, level: Level, name: str, descriptor: int, original: os.stat_result) -> None:
        """Note it where the copy takes more room than the original's data."""
        if not is_sparse(original):
            return
        source = handles.open_file(level.source, name)
        try:
            parts = files.data(source, 0, original.st_size)
        finally:
            os.close(source)
        room = sum(last - first + SPARSE for first, last in parts) + SPARSE
        if handles.allocated(os.fstat(descriptor)) > room:
            self.copying.lost.append(Lost(self.place(level, name), "holes"))

    def _differs(self, level: Level, name: str) -> Stop:
        return Stop(Trouble("corrupt", "/".join(self.place(level, name))))
