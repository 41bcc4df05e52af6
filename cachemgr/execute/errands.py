"""What the second process was given to do, and whatever becomes of it."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from cachemgr.execute import files
from cachemgr.execute.guard import Stop
from cachemgr.execute.level import Batch, Item, Level, Pass
from cachemgr.execute.open_levels import OpenLevels
from cachemgr.execute.small_files import Order

if TYPE_CHECKING:
    from cachemgr.execute.copy_process import CopyProcess, Done

_ENOUGH = 256
"""Files, before the process is started: it costs as much as some hundred of them."""


class Errands:
    """Used by the thread that walks. `done` is told of every batch: its pass, files, bytes of content. The
    process has the lifeline, a descriptor."""

    def __init__(
        self, levels: OpenLevels, done: Callable[[Pass, int, int], None], lifeline: int | None
    ) -> None:
        self._lifeline = lifeline
        self._levels = levels
        self._done = done
        self._process: CopyProcess | None = None
        self._alone = not files.TRAVELS
        """There can be no process, or there was one and it has gone."""
        self._given: deque[tuple[Batch, list[Order]]] = deque()

    @property
    def waiting(self) -> bool:
        """Whether something that was given is not done."""
        return bool(self._given)

    def begun(self, job: Pass, files: int) -> bool:
        """Whether there is a process that can work on a pass. It is started once so many files were met that
        there may be enough for two."""
        if self._process is None and not self._alone and job.task and files >= _ENOUGH:
            # Messages cost time to import, and most runs send none.
            from cachemgr.execute.copy_process import CopyProcess

            try:
                self._process = CopyProcess(self._lifeline)
            except OSError:
                self._alone = True
        return self._process is not None and bool(job.task)

    def give(self, level: Level, items: list[Item]) -> list[Item]:
        """Give the process what it can do of these, if it has room for it; what is left of them."""
        # The directory a whole copy lies in was not made by us: what has its name there may be anybody's.
        if self._process is None or not self._process.has_room or level.outer is None:
            return items
        mine: list[Item] = []
        theirs: list[Item] = []
        orders: list[Order] = []
        for item in items:
            order = level.job.order(level, item)
            if order is None:
                mine.append(item)
            else:
                theirs.append(item)
                orders.append(order)
        if not orders:
            return items
        try:
            self._process.give(level.job.task, level.source, level.target, orders)
        except OSError:
            return items  # it has gone: `collect` notices
        self._levels.use(level)
        self._given.append((Batch(level, theirs), orders))
        return mine

    def collect(self, seconds: float) -> list[Batch]:
        """Take what the process has done, and wait so long for the first of it. If it has gone, whatever it
        had is to be done by the caller."""
        while self._given and self._process is not None:
            try:
                done = self._process.take(seconds)
            except OSError:
                return self._given_back()
            if done is None:
                break
            self._note(*self._given.popleft(), done)
        return []

    def close(self) -> None:
        if self._process is not None:
            self._process.close()

    def _note(self, batch: Batch, orders: list[Order], done: "Done") -> None:
        level, job, content, at = batch.level, batch.level.job, 0, 0
        try:
            if job.failure is not None:
                return
            for order, answer in zip(orders, done.answers, strict=False):
                content += job.answered(level, order, answer)
                at += 1
            if done.failure is not None:
                raise done.failure
        except (OSError, Stop) as error:
            job.fail(error, level, orders[at].name)
        finally:
            self._done(job, at, content)
            self._levels.release(level)

    def _given_back(self) -> list[Batch]:
        assert self._process is not None
        self._process.close()
        self._process, self._alone = None, True
        batches: list[Batch] = []
        for batch, orders in self._given:
            level = batch.level
            for order in orders:
                try:
                    level.job.redo(level, order)
                except OSError as error:
                    level.job.fail(error, level, order.name)
                    break
            batches.append(batch)
        self._given.clear()
        return batches
