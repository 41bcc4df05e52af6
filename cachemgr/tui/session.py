"""What the screens share: the service, what is known so far, and what is marked."""

from collections.abc import Collection, Set
from dataclasses import dataclass, field
from datetime import datetime

from textual.app import App

from cachemgr.domain.inventory import CacheId, EntryId, Finding, Inventory, Volume
from cachemgr.present.text import Tier
from cachemgr.service import CacheManager
from cachemgr.tui.outline import Kind, Node, frees_together, size_together
from cachemgr.tui.relay import Relay, RunProgress
from cachemgr.tui.widgets.capacity_bar import Capacity

LOW = 0.9
"""From this used share on a volume is called low."""
SORT_ORDER = ("size", "frees", "used", "files", "name")


@dataclass(slots=True)
class Session:
    """One person's visit. Marks are entry ids, so that they outlive a scan."""

    service: CacheManager
    relay: Relay
    host: str = ""
    """The machine's name, displayable; empty when it is not to be shown."""
    marks: set[EntryId] = field(default_factory=set)
    explored: CacheId | None = None
    """The cache that Explore shows; None: all of them."""
    sort: str = "size"
    looked_at: str | None = None
    """The run that History puts its cursor on when it is opened next."""
    _concluded: RunProgress | None = None
    """The last execution of which everything was drawn up."""

    @property
    def now(self) -> datetime:
        return self.service.clock()

    @property
    def si(self) -> bool:
        return self.service.settings.si

    @property
    def inventory(self) -> Inventory | None:
        return self.relay.scanned.inventory if self.relay.scanned else None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """A node for each cache; while the first scan runs, what it has met so far."""
        if self.relay.scanned is not None:
            return self.relay.scanned.nodes
        progress = self.relay.scanning
        if progress is None:
            return ()
        titles = {cache_type.id: cache_type for cache_type in self.service.types}
        made = []
        for cache, (files, size) in progress.found.items():
            known = titles.get(cache.partition("@")[0])
            made.append(
                Node(
                    key=cache,
                    kind=Kind.CACHE,
                    cache=cache,
                    name=known.title if known else cache,
                    tier=Tier(known.rebuild.value) if known else Tier.PROTECTED,
                    size=size,
                    frees=0,
                    files=files,
                    used=None,
                    entries=(),
                    note="measured" if cache in progress.finished else "measuring",
                    text=cache.casefold(),
                )
            )
        return tuple(made)

    @property
    def unused(self) -> frozenset[EntryId]:
        """Entries that nothing names any more, or that are past their time."""
        scanned = self.relay.scanned
        return scanned.unused if scanned else frozenset()

    def mark_of(self, node: Node) -> str:
        """`all`, `part` or nothing."""
        if not self.marks or not node.entries:
            return ""
        marked = sum(entry in self.marks for entry in node.entries)
        return "all" if marked == len(node.entries) else "part" if marked else ""

    def toggle(self, entries: Collection[EntryId]) -> None:
        """Mark these, or unmark them when all of them are marked."""
        if self.marks.issuperset(entries):
            self.marks.difference_update(entries)
        else:
            self.marks.update(entries)

    def conclude(self, app: App[None]) -> None:
        """Once after each execution, whichever screen is there by then: what it was about is marked no more,
        and the disk is looked at again."""
        progress = self.relay.running
        if progress is None or not progress.over or progress is self._concluded:
            return
        if self.relay.scanning is not None:
            return  # that look began before the end; the next one is this
        self._concluded = progress
        if progress.outcomes:
            self.marks.clear()
        self.relay.start_scan(app)

    def forget_gone(self) -> None:
        """Drop the marks of entries that the last scan did not find."""
        if self.inventory is not None and self.marks:
            self.marks.intersection_update(self.inventory.entry_by_id)

    def weight(self) -> tuple[int, int]:
        """What is marked: bytes on disk, and what clearing it would free."""
        if self.inventory is None:
            return 0, 0
        return size_together(self.inventory, self.marks), frees_together(self.inventory, self.marks)

    def words(self, nodes: tuple[Node, ...]) -> tuple[str, ...]:
        """Targets that name these nodes on the command line: the coarsest ids that say the same."""
        return tuple(target for node in nodes for target in (node.key.removesuffix("/"),))

    def marked_words(self) -> tuple[str, ...]:
        """The same for what is marked."""
        return self.words_for(self.marks)

    def words_for(self, entries: Set[EntryId]) -> tuple[str, ...]:
        """The same for any entries."""
        found: list[str] = []
        for cache in self.relay.scanned.nodes if self.relay.scanned and entries else ():
            met = entries & frozenset(cache.entries)
            if met and len(met) == len(cache.entries):
                found.append(cache.key)
            else:
                found += sorted(met)
        return tuple(found)

    def volume(self) -> tuple[Volume, Capacity] | None:
        """The volume that holds most of the caches, and how it is used."""
        scanned = self.relay.scanned
        if scanned is None:
            return None
        held: dict[str, int] = {}
        volumes: dict[str, Volume] = {}
        frees: dict[str, int] = {}
        for cache in scanned.inventory.caches:
            if cache.volume is None or cache.tally is None:
                continue
            device = cache.volume.device
            volumes[device] = cache.volume
            held[device] = held.get(device, 0) + scanned.inventory.own_size(cache)
            frees[device] = frees.get(device, 0) + scanned.frees.get(cache.id, 0)
        if not held:
            return None
        device = max(held, key=lambda name: (held[name], name))
        if len(held) == 1:
            frees[device] = scanned.frees.get(None, frees[device])
        return volumes[device], _capacity(volumes[device], held[device], frees[device])


def mending(finding: Finding, invocation: tuple[str, ...]) -> tuple[str, ...]:
    """A finding's command from its verb on, without the options that say which caches are looked at."""
    whole = finding.fix[: len(invocation)] == invocation
    return finding.fix[len(invocation) :] if whole else finding.fix[1:]


def _capacity(volume: Volume, cached: int, frees: int) -> Capacity:
    used = max(volume.total - volume.free, 0)
    cached = min(cached, used)
    frees = min(frees, cached)
    return Capacity(used - cached, cached - frees, frees, volume.free)
