"""What keeps a cache in shape: the operations behind `cachemgr responses`, and the hourly sweep.

They report trouble with single entries; a place that cannot be reached at all raises StoreError or OSError
here, since whoever calls them wants to know.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import sleep

from cachemgr.responses import forks
from cachemgr.responses.background import Background
from cachemgr.responses.brake import Brake
from cachemgr.responses.clock import Clock
from cachemgr.responses.config import CacheConfig
from cachemgr.responses.entry import Entry
from cachemgr.responses.errors import StoreError, Unreachable
from cachemgr.responses.limits import Limits, removed
from cachemgr.responses.overview import Overview
from cachemgr.responses.query import ALL, EntryQuery
from cachemgr.responses.report import Finding, Progress, Removed, Repairs, SweepReport, VerifyReport
from cachemgr.responses.store import Store
from cachemgr.responses.tally import day

_DAY_MS = 86_400_000
BUSY = "somebody else is sweeping this cache"
THE_SERVERS = "a Redis server keeps no size limit of ours; its own `maxmemory` and `maxmemory-policy` do"


class Maintained(Overview):
    def __init__(self, store: Store, config: CacheConfig, clock: Clock) -> None:
        super().__init__(store, config, clock)
        self._brake = Brake(clock)
        self._background = Background(
            self, interval=config.cleanup_interval_seconds, flush_after=config.index.flush_ms / 1000
        )
        self._limits = Limits(config)
        self._headroom = self._limits.headroom
        self._written = 0
        self._stores = False
        self._forgotten = self._told = ""
        self._stale_ms = int(1000 * max(config.stale_while_revalidate_seconds, config.stale_if_error_seconds))
        forks.register(self)

    def expire(
        self,
        *,
        older_than: timedelta | None = None,
        endless: bool = False,
        keep: Collection[str] = (),
        dry_run: bool = False,
        force: bool = False,
        leftovers: bool = False,
        on_progress: Progress | None = None,
    ) -> SweepReport:
        """Remove what has expired, and may not be served stale either (`stale_seconds`); with `older_than`
        also what is older than that, of what never expires only if `endless`; but nothing whose digest is in
        `keep`. Stops with a reason where the clock was set, or is far ahead of what was stored, and more than
        half of what may go would, unless `force` says that the clock is right. `leftovers`: also what
        writers left who were killed, as the hourly sweep does; those are no entries and are not counted.
        Raises ValueError for an age below 0, which all would be older than."""
        if older_than is not None and older_than < timedelta():
            raise ValueError(f"`older_than` is an age; not {older_than}")
        now_ms, kept = self._now_ms(), frozenset(keep)
        over_ms = now_ms - self._stale_ms
        over = EntryQuery(expired_at_ms=over_ms, keep=kept)
        older = None if older_than is None else EntryQuery(
            created_before_ms=now_ms - int(older_than.total_seconds() * 1000), ending=not endless, keep=kept
        )  # fmt: skip
        if dry_run:
            return self._rehearsed(over, older)
        with self._sweeping() as mine:
            if not mine:
                return SweepReport(skipped=BUSY)
            if not force and (reason := self._held(over, older)):
                return SweepReport(skipped=reason)
            batches = self._store.clear(over) if kept else self._store.expire(over_ms, leftovers=leftovers)
            removed = self._run(batches, on_progress)
            if older is not None:
                removed += self._run(self._store.clear(older), on_progress)
            return SweepReport(removed)

    def evict(
        self, *, to_bytes: int | None = None, dry_run: bool = False, on_progress: Progress | None = None
    ) -> SweepReport:
        """Make the cache no larger than so many bytes on disk; without a number, than the limit's low water
        where it is over the limit. Oldest first, and among those of one hour the least recently used. Raises
        ValueError for less than 0 bytes."""
        if to_bytes is not None and to_bytes < 0:
            raise ValueError(f"`to_bytes` is a size, 0 or more; not {to_bytes}")
        found = list(self._limits.excesses(self.status, to_bytes))
        if found and self._store.backend == "redis":
            return SweepReport(dry_run=dry_run, skipped=THE_SERVERS)
        if dry_run:
            taken = set[Entry]()
            for excess in found:
                taken |= self._limits.first(list(self.entries(excess.query)), excess, self._now_ms())
            return _would_go(taken)
        if not found:
            return SweepReport()
        done, in_vain = Removed(), set[EntryQuery]()
        with self._sweeping() as mine:
            if not mine:
                return SweepReport(skipped=BUSY)
            while found:
                # One at a time: what one rule takes may be what another would have taken.
                excess, late_ms = found[0], self._limits.late(self._now_ms())
                batches = self._store.evict(excess.disk_bytes, self._limits.bucket_ms, excess.query, late_ms)
                batch = self._run(batches, on_progress)
                done += batch
                if len(found) == 1 and self._limits.met(found[0], batch):
                    break
                if not batch.entries:
                    in_vain.add(found[0].query)
                again = self._limits.excesses(self.status, to_bytes)
                found = [excess for excess in again if excess.query not in in_vain]
        self._ledger.event("evicted", self._now_ms(), number=done.entries)
        return SweepReport(done)

    def clear(
        self,
        query: EntryQuery = ALL,
        *,
        dry_run: bool = False,
        on_progress: Progress | None = None,
    ) -> SweepReport:
        """Remove what the query means: everything, unless it says otherwise."""
        if dry_run:
            return self._rehearsed(query)
        with self._sweeping(wait=True) as mine:
            if not mine:
                return SweepReport(skipped=BUSY)
            return SweepReport(self._run(self._store.clear(query), on_progress))

    def verify(self, *, repair: bool = False, agreed: VerifyReport | None = None) -> VerifyReport:
        """Read every byte and compare, and say what a repair does about what is wrong. With `repair`, do it,
        unless somebody else sweeps for so long that it is only looked at; and where a report was `agreed` to,
        only what it says."""
        self.flush()
        now_ms, mine = self._now_ms(), True
        if repair:
            with self._sweeping(wait=True) as mine:
                findings = tuple(self._store.verify(now_ms, Repairs.of(agreed) if mine else None))
            self.flush()
        else:
            findings = tuple(self._store.verify(now_ms))
        return VerifyReport(self._number(now_ms, findings), findings, "" if mine else BUSY)

    def sweep(self, *, evicting: bool = True) -> SweepReport:
        """What happens every hour: expire, evict, and drop counters that are too old."""
        self.reconcile()
        report = self.expire(leftovers=True)
        if report.skipped:
            return report
        evicted = self.evict() if evicting else SweepReport()
        before = day(self._now_ms() - self._config.analytics.retention_days * _DAY_MS)
        if before != self._forgotten:
            self._store.forget_tallies(before)
            self._forgotten = before
        return SweepReport(report.removed + evicted.removed, skipped=evicted.skipped)

    @property
    def stale_seconds(self) -> float:
        """For how long what has expired is kept, since it may be served: as configured, or as `get` was asked
        for here."""
        return self._stale_ms / 1000

    def sweep_quietly(self) -> None:
        """As the background thread does it: trouble is warned about, a clock that is not believed once. Who
        has stored nothing leaves the size to those who do: their limit may be another."""
        report = self._attempt("sweeping", lambda: self.sweep(evicting=self._stores))
        if report is not None and report.skipped not in ("", BUSY, self._told):
            self._told = report.skipped
            self._fault("sweeping", report.skipped)

    def close(self) -> None:
        """Idempotent. A cache that is used after that opens again."""
        self._background.stop()
        self._attempt("counting", lambda: self._ledger.write(self._store, all_of_it=True))
        self.flush()
        self._attempt("closing", self._store.close)

    def after_fork(self) -> None:
        self._background.after_fork()
        self._ledger.after_fork()
        self._warnings.after_fork()

    # -- within

    def _number(self, now_ms: int, findings: tuple[Finding, ...]) -> int:
        """Of entries. None can be counted where all that was found is that the store cannot be read."""
        try:
            return self._store.totals(now_ms)[0].entries
        except (StoreError, TypeError) as error:  # the latter where damage stands for a number
            if not findings or isinstance(error, Unreachable):
                raise
            return 0

    def _held(self, over: EntryQuery, older: EntryQuery | None) -> str:
        """Why nothing should go now. What is kept, or never may go, is not counted among what stays."""

        def most_go(at_ms: int) -> bool:
            if older is None and not over.keep:
                return self._store.mostly_expired(at_ms - self._stale_ms)
            going = self._rehearsed(over, older).removed.entries
            may_go = EntryQuery(ending=older is None or older.ending, keep=over.keep)
            return going > 0 and going * 2 > self._rehearsed(may_go).removed.entries

        return self._brake.holds(most_go, self._store.witness)

    def _keep(self, written: int = 0) -> None:
        """Something happened: it wants to be written down, or there may be too much of it."""
        self._written += written
        self._stores |= written > 0
        if self._headroom is not None and self._written > self._headroom:
            self._written = 0
            self._background.ring(sweep=True)
        elif not self._background.rung:
            self._background.ring()

    @contextmanager
    def _sweeping(self, *, wait: bool = False) -> Iterator[bool]:
        patience = self._clock.steady() + (10.0 if wait else 0.0)
        while True:
            with self._store.maintenance() as mine:
                if mine or self._clock.steady() >= patience:
                    yield mine
                    return
            sleep(0.05)

    def _run(self, batches: Iterator[Removed], on_progress: Progress | None) -> Removed:
        done = Removed()
        for batch in batches:
            done += batch
            if on_progress is not None:
                on_progress(batch)
        return done

    def _rehearsed(self, *queries: EntryQuery | None) -> SweepReport:
        return _would_go(entry for query in queries if query is not None for entry in self.entries(query))


def _would_go(found: Iterable[Entry]) -> SweepReport:
    once = {entry.digest: entry for entry in found}.values()
    entries = sorted(once, key=lambda entry: (entry.created_at, entry.digest))
    return SweepReport(removed(entries), dry_run=True, entries=tuple(entries))
