"""The index's schema and statements. Everything in it but the counters can be read from the files again."""

import json

from cachemgr.responses.query import EntryQuery, Grouping, Order

SCHEMA_VERSION = 5
APPLICATION = 0x51464343
"""`QFCC`, for file(1) and for ourselves."""

SCHEMA = (
    # Of an earlier version: read from the files again.
    "DROP TABLE IF EXISTS e",
    "DROP TABLE IF EXISTS shards",
    """CREATE TABLE IF NOT EXISTS e(
        id INTEGER PRIMARY KEY, digest TEXT NOT NULL, ns TEXT NOT NULL, provider TEXT NOT NULL,
        model TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER, accessed INTEGER,
        hits INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL, disk INTEGER NOT NULL,
        cost INTEGER NOT NULL, rtok INTEGER NOT NULL, otok INTEGER NOT NULL,
        encoding TEXT NOT NULL, form INTEGER NOT NULL, own TEXT, stamp TEXT NOT NULL)""",
    # Covers what `status` adds up, and grows at its end where the time to live is the same for all.
    "CREATE INDEX IF NOT EXISTS e_expires ON e(expires, disk, bytes, created)",
    "CREATE INDEX IF NOT EXISTS e_old ON e(form) WHERE form <= 0",
    # When a shard was looked through, by its own time of change, and how often its rows were written.
    "CREATE TABLE IF NOT EXISTS shards("
    "n INTEGER PRIMARY KEY, mtime_ns INTEGER NOT NULL, writes INTEGER NOT NULL DEFAULT 0)",
)

COLUMNS = (
    "id digest ns provider model created expires accessed hits bytes disk cost rtok otok encoding form own "
    "stamp"
).split()
PUT = (
    f"INSERT INTO e({', '.join(COLUMNS)}) VALUES({', '.join('?' * len(COLUMNS))}) "
    "ON CONFLICT(id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in ("id", "accessed", "hits"))
    # Written by reconciliation, a row knows no reads; what is known of them stays, if it is the same answer.
    + ", accessed = CASE WHEN created = excluded.created THEN accessed END"
    + ", hits = CASE WHEN created = excluded.created THEN hits ELSE 0 END"
)
DROP = "DELETE FROM e WHERE id = ? AND created <= ?"
WRITTEN = (
    "INSERT INTO shards(n, mtime_ns, writes) VALUES(?, -1, 1) "
    "ON CONFLICT(n) DO UPDATE SET mtime_ns = -1, writes = writes + 1"
)
"""Rows come late, in whatever order processes write them: who reconciles next has to look at the files."""
LOOKED = (
    "INSERT INTO shards(n, mtime_ns, writes) VALUES(?, ?, ?) "
    "ON CONFLICT(n) DO UPDATE SET mtime_ns = excluded.mtime_ns WHERE writes = excluded.writes"
)
"""Unless rows were written since the looking began."""
ACCESS = "UPDATE e SET accessed = max(coalesce(accessed, 0), ?), hits = hits + ? WHERE id = ?"
TOTALS = "count(*), coalesce(sum(bytes), 0), coalesce(sum(disk), 0), count(*) FILTER (WHERE expires <= ?), " \
    "coalesce(sum(disk) FILTER (WHERE expires <= ?), 0), min(created), " \
    "max(created) FILTER (WHERE created <= ?)"  # fmt: skip
_VICTIMS = "SELECT digest, form, encoding, bytes, created, own, id, stamp FROM e"
EXPIRED = f"{_VICTIMS} WHERE expires <= ? ORDER BY expires LIMIT ?"
OLDEST = (
    "SELECT id, disk FROM e WHERE {where} "
    "ORDER BY created <= :late, created / :bucket, coalesce(accessed, created), id"
)
"""No index for this order: it would cost every write; an eviction sorts once, and frees a tenth at a time.
What is sorted is narrow; of those that go the rest is asked for with `THESE`."""
THESE = f"{_VICTIMS} WHERE id IN ({{places}})"
MATCHING = f"{_VICTIMS} WHERE {{where}}"
OF_SHARD = "SELECT group_concat(digest, ' ') FROM e WHERE id BETWEEN ? AND ? AND form > 0"
"""In one text: making a row of each takes twice as long."""
SIZE_OF_SHARD = (
    "SELECT coalesce(sum(bytes), 0), coalesce(sum(disk), 0) FROM e WHERE id BETWEEN ? AND ? AND form >= 0"
)
DROP_SHARD = "DELETE FROM e WHERE id BETWEEN ? AND ? AND form > 0"
DROP_OLD_NAMES = "DELETE FROM e WHERE form <= 0 AND form = 0"
OLD_NAMES = "SELECT digest FROM e WHERE form <= 0 AND form = 0"
OWN_KEYS = "SELECT digest, own FROM e WHERE form <= 0 AND form < 0"
OWN = f"{_VICTIMS} WHERE form <= 0 AND form < 0"
"""Few entries have other names. Only with the very words of its condition SQLite takes `e_old`."""

ORDERS: dict[Order, str] = {
    "created": "created",
    "expires": "coalesce(expires, 9223372036854775807)",
    "accessed": "coalesce(accessed, created)",
    "size": "disk",
    "hits": "hits",
    "cost": "cost",
}
GROUPS: dict[Grouping, str] = {
    "provider": "provider",
    "model": "model",
    "namespace": "ns",
    "day": "strftime('%Y-%m-%d', created / 1000, 'unixepoch')",
}


_PRIME = (1 << 56) - 5


def where(query: EntryQuery) -> tuple[str, dict[str, object]]:
    """A condition, and the values for its named places."""
    found: dict[str, tuple[str, object]] = {
        "provider": (_glob("provider", query.provider), query.provider),
        "model": (_glob("model", query.model), query.model),
        "namespace": ("ns = :namespace", query.namespace),
        "digest": ("substr(digest, 1, length(:digest)) = :digest", query.digest),
        "before": ("created < :before", query.created_before_ms),
        "expired": ("expires <= :expired", query.expired_at_ms),
        "ending": ("expires IS NOT NULL", query.ending or None),
    }
    given = {name: pair for name, pair in found.items() if pair[1] is not None}
    conditions = [text for text, _ in given.values()]
    values = {name: value for name, (_, value) in given.items()}
    if query.keep:
        conditions.append("digest NOT IN (SELECT value FROM json_each(:keep))")
        values["keep"] = json.dumps(sorted(query.keep))
    if query.groups is not None:
        places = [f"(:provider{number}, :model{number})" for number in range(len(query.groups))]
        conditions.append(f"(provider, model) IN (VALUES {', '.join(places)})" if places else "FALSE")
        for number, (provider, model) in enumerate(query.groups):
            values |= {f"provider{number}": provider, f"model{number}": model}
    return " AND ".join(conditions) or "TRUE", values


def _glob(column: str, pattern: str | None) -> str:
    """SQLite's own where it means the same: sets are negated by `^`, not `!`, and have to be closed.
    `fits` is `tables.teach`'s."""
    return f"fits({column}, :{column})" if "[" in (pattern or "") else f"{column} GLOB :{column}"


def number_of(digest: str) -> int:
    """A digest as SQLite's integer."""
    return number(bytes.fromhex(digest))


def number(key: bytes) -> int:
    """Of a digest's bytes: the shard in the first byte; the others are of all of them, since keys that
    somebody numbers himself begin alike. The order of numbers is not that of digests."""
    return (key[0] - 256 if key[0] > 127 else key[0]) << 56 | int.from_bytes(key) % _PRIME


def numbers_of_shard(shard: int) -> tuple[int, int]:
    """The least and the greatest number in a shard."""
    first = (shard << 56) - (1 << 64 if shard >= 128 else 0)
    return first, first + (1 << 56) - 1
