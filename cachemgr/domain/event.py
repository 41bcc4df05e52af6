"""What a scan reports while it runs. Stopping the loop over the events is cancelling."""

from dataclasses import dataclass

from cachemgr.domain.inventory import CacheId, Inventory


class Stopped(Exception):
    """Somebody asked a gauge's work to stop."""


class Gauge:
    """How far a scan is, for a face to look at while it runs: written by one thread, pulled by another.

    The only mutable object that crosses rooms: an event for every directory would make the scan as slow
    as the screen.
    """

    __slots__ = ("cache", "files", "size", "stopped")

    def __init__(self) -> None:
        self.files = 0
        self.size = 0
        self.cache: CacheId | None = None
        self.stopped = False
        """Set by a face to end the scan at the next directory."""

    def add(self, files: int, size: int) -> None:
        """Count what one directory held. Raises Stopped."""
        self.files += files
        self.size += size
        if self.stopped:
            raise Stopped


@dataclass(frozen=True, slots=True)
class ScanStarted:
    caches: int
    """How many roots there are to measure."""


@dataclass(frozen=True, slots=True)
class CacheScanned:
    cache: CacheId
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ScanFinished:
    inventory: Inventory


ScanEvent = ScanStarted | CacheScanned | ScanFinished
