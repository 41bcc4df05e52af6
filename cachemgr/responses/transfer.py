"""Entries from one cache into another: backups, a second machine, another backend."""

from dataclasses import dataclass

from cachemgr.responses.errors import StoreError
from cachemgr.responses.maintained import Maintained
from cachemgr.responses.query import ALL, EntryQuery
from cachemgr.responses.report import Progress, Removed, Trouble

_STEP = 500
"""Entries between two reports of progress."""


@dataclass(frozen=True, slots=True)
class TransferReport:
    entries: int
    payload_bytes: int
    left_out: int
    """Entries that had expired."""
    kept: int
    """Entries that the target has as new, or newer: those stay."""
    troubles: tuple[Trouble, ...]
    hits: int = 0
    """Hits of what was copied. The copy has none of them: it begins at 0."""


def transfer(
    source: Maintained, target: Maintained, query: EntryQuery = ALL, *, on_progress: Progress | None = None
) -> TransferReport:
    """Copy what lives, with its times and its usage. Of two answers under one digest the later one stays.

    The source is not changed. What is corrupt or cannot be written is reported, and the others go on. After
    an interruption the same call again copies what is missing.
    """
    done, left_out, kept, hits, troubles = Removed(), 0, 0, 0, list[Trouble]()
    for entry in source.entries(query):
        if entry.state == "expired":
            left_out += 1
            continue
        try:
            stored = source.store.read(entry.digest, 0)
            if stored is None or stored.payload is None:
                continue  # it went in the meantime
            if not target.store.write_newer(entry.digest, stored.payload, stored.metadata):
                kept += 1
                continue
        except (OSError, StoreError) as error:
            troubles.append(Trouble(entry.digest, str(error) or type(error).__name__))
            continue
        done += Removed(1, len(stored.payload))
        hits += entry.hits
        if on_progress is not None and done.entries % _STEP == 0:
            on_progress(done)
    target.flush()
    return TransferReport(done.entries, done.payload_bytes, left_out, kept, tuple(troubles), hits)
