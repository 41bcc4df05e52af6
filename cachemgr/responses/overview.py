"""What there is in a cache, and what it saved: nothing here removes anything."""

from collections.abc import Iterator

from cachemgr.responses import listing
from cachemgr.responses.analytics import Analytics, summed
from cachemgr.responses.entry import Entry
from cachemgr.responses.foundation import Foundation
from cachemgr.responses.query import (
    ALL,
    Day,
    EntryQuery,
    Grouping,
    Order,
    check_limit,
    check_order,
    day_of,
    groups_of,
)
from cachemgr.responses.report import Totals


class Overview(Foundation):
    def status(self, *, group_by: tuple[Grouping, ...] = ()) -> list[Totals]:
        """How much there is: one line for each group, the largest first; one line in all without groups.
        Raises TypeError, ValueError for what is no tuple of groups."""
        groups = groups_of(group_by)
        self.flush()
        return sorted(self._store.totals(self._now_ms(), groups), key=lambda line: -line.disk_bytes)

    def entries(
        self,
        query: EntryQuery = ALL,
        *,
        order_by: Order = "created",
        descending: bool = False,
        limit: int | None = None,
        after: Entry | None = None,
    ) -> Iterator[Entry]:
        """What there is, in order. A page is `limit` entries `after` the last one of the page before it,
        which need not be there any more. Raises ValueError for another order, and for a `limit` below 0."""
        check_order(order_by)
        check_limit(limit)
        self.flush()
        found = self._store.entries(query, self._now_ms(), order_by, descending=descending)
        return listing.page(found, order_by, descending=descending, limit=limit, after=after)

    def analytics(self, since: Day | None = None, until: Day | None = None) -> Analytics:
        """Hits, misses, tokens and money saved from day to day, both included; without days, of all that are
        kept. Days are dates or `2026-11-26`, in UTC. Raises TypeError, ValueError for what is no day."""
        first, last = day_of("since", since) or "", day_of("until", until) or "9999-12-31"
        self.flush()
        return summed(self._store.tallies(first, last))

    def reconcile(self) -> int:
        """Learn what others did to the files behind our back. How many entries came or went."""
        self.flush()
        return self._store.reconcile(self._now_ms())

    def flush(self) -> None:
        """Write down what waits in memory."""
        self._write_ledger()
        self._attempt("flushing", self._store.flush)
