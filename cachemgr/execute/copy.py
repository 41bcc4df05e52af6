"""Copying of units into staging: hashed, durable, read back, and given up rather than guessed.

A copy is made in two passes with a `sync` of the whole file system between them, which is as good as one for
each file and far cheaper. So many units are copied together: those that are small share it.
"""

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.execute import files
from cachemgr.execute.aside import SUFFIX
from cachemgr.execute.consignment import (
    Consignment,
    Copied,
    CopyEvent,
    CopyProgress,
    NotCopied,
    Settling,
    Stage,
)
from cachemgr.execute.copying import Copying
from cachemgr.execute.guard import Stop
from cachemgr.execute.level import Pass
from cachemgr.execute.pairs import Crew
from cachemgr.execute.remove import Removal
from cachemgr.execute.remove_parallel import remove_tree
from cachemgr.execute.verifying import Verifying

_FILES, _BYTES = 4096, 1 << 30
"""After so much of what units hold the next ones wait for the next sync."""
_REPORT_FILES, _REPORT_BYTES = 256, 16 << 20
"""Between two reports of progress."""


def copy_all(units: Iterator[Consignment], lifeline: int | None = None) -> Generator[CopyEvent, None, None]:
    """Copy many units. The next is asked for when there is room for it. Every process that takes part has the
    lifeline, a descriptor.

    Yields a `CopyProgress` now and then, and for each unit a `Copied` or a `NotCopied`; of those that are
    copied together that comes at the end. Closing the iterator stops all threads; what then lies in staging
    is for `discard`.
    """
    return _Copier(units, lifeline).run()


def discard(staging: Handle, stage: str, done: Removal) -> Iterator[Removal]:
    """Remove what a copy that came to nothing has left in staging. What cannot go is in its `errors`."""
    for name in (stage, stage + SUFFIX):
        yield from remove_tree(staging, name, done)


def settle(parent: Handle, name: str, settling: Settling) -> None:
    """Give a copied directory that is at its place the mode and times it could not have before.

    Raises OSError.
    """
    handle = handles.open_child(parent, name)
    try:
        files.finish_directory(handle, settling.mode, settling.accessed_ns, settling.modified_ns)
    finally:
        handles.close(handle)


class _Copier:
    def __init__(self, units: Iterator[Consignment], lifeline: int | None) -> None:
        self._units = units
        self._again: deque[Consignment] = deque()
        """Those that changed while they were copied."""
        self._crew = Crew(lifeline)
        self._verifyings: list[Verifying] = []
        self._reported = (Stage.COPYING, -1, 0, 0)

    def run(self) -> Generator[CopyEvent, None, None]:
        batch: list[Copying] = []
        try:
            while True:
                batch = []
                with closing(self._crew.run(self._first_passes(batch))) as news:
                    for job in news:
                        yield from self._report(job, Stage.COPYING)
                if not batch:
                    return
                yield from self._finish(batch)
        finally:
            self._crew.close()
            for second in self._verifyings:
                second.close()
            for copying in batch:
                copying.aside.close()

    def _first_passes(self, batch: list[Copying]) -> Iterator[Copying]:
        files, content = self._crew.files + _FILES, self._crew.bytes + _BYTES
        while self._crew.files + len(batch) < files and self._crew.bytes < content:
            if batch and batch[-1].failure is not None:
                return  # what it has left goes first: it may be what fills the disk
            again = bool(self._again)
            unit = self._again.popleft() if again else next(self._units, None)
            if unit is None:
                return
            batch.append(Copying(unit, again=again))
            yield batch[-1]

    def _finish(self, batch: list[Copying]) -> Iterator[CopyEvent]:
        """The second pass over what was copied, and what came of each unit."""
        for copying in batch:
            copying.aside.close()
            if copying.failure is None:
                try:
                    copying.check()
                except Stop as stop:
                    copying.fail(stop, None)
        yield from self._sync([copying for copying in batch if copying.failure is None])
        verifyings = {copying.unit.number: Verifying(copying) for copying in batch if copying.failure is None}
        self._verifyings = list(verifyings.values())
        if verifyings:
            number = next(iter(verifyings))
            self._reported = (Stage.VERIFYING, number, 0, 0)
            yield CopyProgress(number, Stage.VERIFYING, 0, 0)
        with closing(self._crew.run(iter(verifyings.values()))) as news:
            for job in news:
                yield from self._report(job, Stage.VERIFYING)
        for second in self._verifyings:
            second.close()
        # Of directories the modes and times were set only now.
        yield from self._sync([one for one in verifyings.values() if one.directories and not one.failure])
        for copying in batch:
            verifying = verifyings.get(copying.unit.number)
            if verifying is not None and verifying.failure is None:
                yield self._copied(copying, verifying)
            else:
                yield from self._not_copied(copying, (verifying or copying).failure)

    def _sync(self, passes: "list[Copying] | list[Verifying]") -> Iterator[CopyEvent]:
        """Make what they did durable; what cannot be has failed."""
        for staging in {one.unit.staging for one in passes}:
            served: list[Pass] = [one for one in passes if one.unit.staging == staging]
            try:
                for _ in self._crew.meanwhile(partial(files.sync_all, staging)):
                    yield from self._report(served[0], self._reported[0])
            except OSError as error:
                for one in served:
                    one.fail(error, None)

    def _report(self, job: Pass, stage: Stage) -> Iterator[CopyProgress]:
        number = job.unit.number
        was, whose, count, content = self._reported
        same = (was, whose) == (stage, number) and job.files >= count
        if not same or job.files >= count + _REPORT_FILES or job.bytes >= content + _REPORT_BYTES:
            self._reported = (stage, number, job.files, job.bytes)
            yield CopyProgress(number, stage, job.files, job.bytes)

    def _copied(self, copying: Copying, verifying: Verifying) -> CopyEvent:
        unit = copying.unit
        assert copying.identity is not None
        try:
            status = handles.lstat(unit.staging, unit.stage)
        except OSError as error:
            return NotCopied(unit.number, Trouble("os", unit.stage, error.errno))
        return Copied(
            unit.number,
            copying.identity,
            copying.sum.content,
            (status.st_dev, status.st_ino),
            copying.files,
            copying.bytes,
            tuple(sorted(copying.relinked, key=lambda one: one.names)),
            tuple(sorted(copying.lost, key=lambda one: (one.names, one.what))),
            verifying.settling,
        )

    def _not_copied(self, copying: Copying, trouble: Trouble | None) -> Iterator[CopyEvent]:
        assert trouble is not None
        unit, done = copying.unit, Removal()
        if copying.made:
            for _ in discard(unit.staging, unit.stage, done):
                yield CopyProgress(unit.number, self._reported[0], copying.files, copying.bytes)
        if trouble.kind == "changed" and not (copying.again or copying.outdated or done.errors):
            self._again.append(unit)
            return
        leaving = tuple(sorted(copying.leaving))
        yield NotCopied(unit.number, trouble, leaving, left=bool(done.errors))
