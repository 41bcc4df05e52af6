"""A tree and its copy, walked side by side by two threads and, where there is much to do, a second process.

The calling thread walks both trees, a bounded number of directories open, and works on the files it meets.
The process is given batches of small files while it has room for them. Without one the other thread is given
a batch whenever it has none; it takes its share in large files, too.
"""

from collections.abc import Callable, Generator, Iterator
from threading import Lock, Thread

from cachemgr.execute.content import Haul
from cachemgr.execute.errands import Errands
from cachemgr.execute.exchange import Exchange
from cachemgr.execute.guard import Stop
from cachemgr.execute.level import Batch, Item, Level, Pass, Share
from cachemgr.execute.open_levels import OpenLevels

THREADS = 2
_ALONE = 64  # entries, before the other thread is started
_OPEN = 24
"""Levels that are held open on the way down, two directories each."""
_BATCH = 64
"""Entries that are given away together."""
_GROUP = 16
_PAUSE = 0.1
"""Seconds between two looks at how far the other thread is."""


class Crew:
    """Two threads that do passes over pairs of trees. To be closed."""

    def __init__(self, lifeline: int | None = None) -> None:
        self.files = self.bytes = 0
        """Of all passes together."""
        self._exchange: Exchange[Batch | Share] = Exchange()
        self._helpers: list[Thread] = []
        self._lock = Lock()
        """For what follows, for what a pass has done, and for who is at a level or a large file."""
        self._levels = OpenLevels(self._lock)
        self._errands = Errands(self._levels, self._count, lifeline)
        self._hauls: set[Haul] = set()
        self._given = 0
        """What was given away and is not done."""
        self._done = 0
        self._failures: list[BaseException] = []

    def run(self, passes: Iterator[Pass]) -> Generator[Pass, None, None]:
        """Do one pass after the other; the next is asked for when the last has been walked. Now and then
        yields the one that is worked on. What goes wrong is told to the pass."""
        job: Pass | None = None
        for job in passes:
            for _ in self._walk(job):
                yield job
        while (self._given or self._errands.waiting) and not self._exchange.stopped:
            if self._errands.waiting:
                yield from (job for _ in self._collect(_PAUSE) if job is not None)
                if job is not None:
                    yield job
            elif (work := self._exchange.get()) is not None:
                for _ in self._work(work):
                    yield work.level.job
            else:
                self._exchange.wait(_PAUSE, lambda: not self._given)
                if job is not None:
                    yield job
        if self._failures:
            raise self._failures[0]

    def meanwhile(self, call: Callable[[], None]) -> Iterator[None]:
        """Wait for something that cannot be interrupted, and yet be interrupted. Raises what it raises."""
        outcome: list[BaseException | None] = []

        def run() -> None:
            try:
                call()
            except BaseException as error:
                outcome.append(error)
            outcome.append(None)
            self._exchange.wake()

        Thread(target=run, name="sync", daemon=True).start()
        while not outcome:
            self._exchange.wait(_PAUSE, lambda: bool(outcome))
            yield
        if outcome[0] is not None:
            raise outcome[0]

    def close(self) -> None:
        """Stop, and close everything."""
        self._exchange.stop()
        self._errands.close()
        for helper in self._helpers:
            helper.join()
        for haul in self._hauls:
            haul.close()
        self._levels.close()

    def _walk(self, job: Pass) -> Iterator[None]:
        """Both trees of one pass, depth first."""
        way: list[Level] = []
        try:
            way.append(self._levels.hold(job.begin()))
            while way and job.failure is None and not self._exchange.stopped:
                level = way[-1]
                if level.names:
                    yield from self._some(level)
                elif level.folders:
                    way.append(self._levels.hold(job.enter(level, level.folders.pop())))
                    # The top stays open: what it lies in is not ours to recognise.
                    if len(way) > _OPEN and way[-_OPEN].held:
                        self._levels.let_go(way[-_OPEN])
                else:
                    way.pop()
                    if way and not way[-1].held:
                        self._levels.reopen(way[-1], level)
                    level.walked = True
                    self._levels.let_go(level)
                    yield
        except (OSError, Stop) as error:
            job.fail(error, way[-1] if way else None)
        finally:
            for level in way:
                if level.held:
                    self._levels.let_go(level)

    def _some(self, level: Level) -> Iterator[None]:
        names = level.names[-_BATCH:]
        del level.names[-_BATCH:]
        items = level.job.sort(level, names)
        if apart := self._errands.begun(level.job, self.files):
            yield from self._collect(0)
            items = self._errands.give(level, items)
            yield
        if not items:
            return
        batch = Batch(level, items)
        self._levels.use(level)
        if not apart and self._is_wanted():
            self._give(batch)
            yield
        else:
            yield from self._batch(batch)

    def _collect(self, seconds: float) -> Iterator[None]:
        """What the process has done meanwhile, and what it leaves to us."""
        for batch in self._errands.collect(seconds):
            yield from self._batch(batch)

    def _is_wanted(self) -> bool:
        """Whether the other thread has nothing to do. It is started once there is enough to do."""
        if self._done >= _ALONE and not self._helpers:
            for _ in range(THREADS - 1):
                helper = Thread(target=self._help, name="copy", daemon=True)
                try:
                    helper.start()
                except RuntimeError:
                    self._done = 0  # as many threads as the system allows: perhaps later
                    break
                self._helpers.append(helper)
        return self._exchange.wanted

    def _give(self, work: Batch | Share) -> None:
        with self._lock:
            self._given += 1
        self._exchange.give(work)

    def _help(self) -> None:
        try:
            while (work := self._exchange.take()) is not None:
                for _ in self._work(work):
                    pass
        except BaseException as error:
            # In this thread it would be printed and forgotten; the calling one raises it.
            self._failures.append(error)
            self._exchange.stop()

    def _work(self, work: Batch | Share) -> Iterator[None]:
        """What was given away."""
        try:
            yield from self._batch(work) if isinstance(work, Batch) else self._haul(work)
        finally:
            with self._lock:
                self._given -= 1
                finished = not self._given
            if finished:
                self._exchange.wake()

    def _batch(self, batch: Batch) -> Iterator[None]:
        level, job, waiting = batch.level, batch.level.job, batch.items
        try:
            job.prepare(level, waiting)
            while waiting:
                group, waiting = waiting[:_GROUP], waiting[_GROUP:]
                later: list[Item] = []
                files = content = 0
                for item in group:
                    if self._exchange.stopped or job.failure is not None:
                        return
                    try:
                        done = job.leaf(level, item)
                    except (OSError, Stop) as error:
                        job.fail(error, level, item[0])
                        return
                    if done is None:
                        later.append(item)
                    elif isinstance(done, Haul):
                        self._levels.use(level)
                        with self._lock:
                            self._hauls.add(done)
                            self._done += _ALONE
                        files += 1
                        yield from self._haul(Share(level, item, done))
                    else:
                        files += 1
                        content += done
                self._count(job, files, content)
                self._done += len(group)
                if len(later) == len(group):
                    self._exchange.wait(_PAUSE / 10, lambda: False)
                waiting += later
                yield
        finally:
            self._levels.release(level)

    def _haul(self, share: Share) -> Iterator[None]:
        """Take part in a large file until nothing of it is left."""
        haul, job, room = share.haul, share.level.job, bytearray(share.haul.room)
        try:
            while not self._exchange.stopped and job.failure is None:
                if haul.is_shareable and self._is_wanted():
                    with self._lock:
                        haul.hands += 1
                    self._give(share)
                done = haul.step(room)
                if done is None:
                    break
                self._count(job, 0, done)
                yield
        except (OSError, Stop) as error:
            job.fail(error, share.level, share.item[0])
        finally:
            with self._lock:
                haul.hands -= 1
                last = not haul.hands
            if last:
                self._end(share)

    def _end(self, share: Share) -> None:
        haul, job = share.haul, share.level.job
        try:
            if haul.complete and job.failure is None:
                job.landed(share.level, share.item, haul)
        except (OSError, Stop) as error:
            job.fail(error, share.level, share.item[0])
        finally:
            with self._lock:
                self._hauls.discard(haul)
            haul.close()
            self._levels.release(share.level)

    def _count(self, job: Pass, files: int, content: int) -> None:
        with self._lock:
            job.files += files
            job.bytes += content
            self.files += files
            self.bytes += content
