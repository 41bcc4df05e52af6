"""The table of packed responses: schema, statements, and how metadata becomes a row and back.

Bodies lie in one B-tree by an ascending number, so that a new one is appended; a narrow index leads there
from the first eight bytes of the digest. What a read changes (last access, hits) is in a table of its own: it
must not rewrite a body.
"""

from typing import Any

from cachemgr.responses import counters, listing
from cachemgr.responses.entry import Entry
from cachemgr.responses.metadata import EVER, Content, Encoding, Metadata
from cachemgr.responses.packed import pack

VERSION = 1
APPLICATION = 0x51464352
"""`QFCR`, for file(1) and for ourselves."""
PAGE = 8192
"""Bytes. In pages of 4 KiB, answers of 2 KB leave half of each empty, and each new one takes a new page."""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS r(
        id INTEGER PRIMARY KEY, h INTEGER NOT NULL UNIQUE, key BLOB NOT NULL, created INTEGER NOT NULL,
        expires INTEGER, disk INTEGER NOT NULL, bytes INTEGER NOT NULL, ns TEXT NOT NULL,
        provider TEXT NOT NULL, model TEXT NOT NULL, rtok INTEGER NOT NULL, otok INTEGER NOT NULL,
        cost REAL NOT NULL, form INTEGER NOT NULL, body BLOB NOT NULL)""",
    # Covers what `status` adds up, and grows at its end where the time to live is the same for all.
    "CREATE INDEX IF NOT EXISTS r_expires ON r(expires, disk, bytes, created)",
    "CREATE TABLE IF NOT EXISTS touch(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hits INTEGER NOT NULL)",
    counters.SCHEMA,
)

WRITTEN = "h key created expires disk bytes ns provider model rtok otok cost form body".split()
PUT = (
    f"INSERT INTO r({', '.join(WRITTEN)}) VALUES({', '.join('?' * len(WRITTEN))}) "
    + "ON CONFLICT(h) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in WRITTEN[1:])
)
PUT_NEWER = PUT + (
    f" WHERE (excluded.created, coalesce(excluded.expires, {EVER})) > (created, coalesce(expires, {EVER}))"
)
"""See `Metadata.newness`."""
PUT_NEW = f"INSERT OR IGNORE INTO r({', '.join(WRITTEN)}) VALUES({', '.join('?' * len(WRITTEN))})"
GET = "SELECT body FROM r WHERE h = ? AND key = ?"
DELETE = "DELETE FROM r WHERE h = ? AND key = ?"
RENEW = "UPDATE r SET expires = ?, body = ? WHERE h = ? AND key = ?"
# What was noted of an answer that has been replaced since is another answer's.
NOTE = """
    INSERT INTO touch(id, at, hits) SELECT id, ?1, ?2 FROM r WHERE h = ?3 AND key = ?4
    ON CONFLICT(id) DO UPDATE SET at = excluded.at, hits = excluded.hits
        + CASE WHEN at < (SELECT created FROM r WHERE r.id = touch.id) THEN 0 ELSE hits END
"""
LISTED = """
    (SELECT r.id AS id, lower(hex(key)) AS digest, ns, provider, model, created, expires, bytes, disk, rtok,
            otok, cost, form, CASE WHEN at >= created THEN at END AS accessed,
            CASE WHEN at >= created THEN hits ELSE 0 END AS hits
     FROM r LEFT JOIN touch ON touch.id = r.id)
"""
"""Every row without its body, in the names that `index_sql.where` uses."""
ENTRIES = f"""
    SELECT digest, created, expires, ns, provider, model, rtok, otok, cost, form, bytes, disk, accessed, hits
    FROM {LISTED}
"""  # noqa: S608
# Of nothing but the narrow index and the accesses, unless the condition names something else.
OLDEST = f"""
    SELECT id, disk, bytes, created FROM {LISTED.replace("FROM r", "FROM r INDEXED BY r_expires")}
    WHERE {{where}} ORDER BY created <= :late, created / :bucket, coalesce(accessed, created), id
"""  # noqa: S608

_CONTENTS: tuple[Content, ...] = ("json", "text")
_ENCODINGS: tuple[Encoding, ...] = ("identity", "zstd")
_FORMS: tuple[tuple[Content, Encoding], ...] = tuple(
    (one, other) for one in _CONTENTS for other in _ENCODINGS
)
_NUMBERS = {form: number for number, form in enumerate(_FORMS)}
_OVERHEAD = 350
"""Bytes that a row takes in the tables and indexes beside its texts and its body."""


def row(key: bytes, payload: bytes, metadata: Metadata) -> tuple[Any, ...]:
    """In the order of `PUT`."""
    return (
        int.from_bytes(key[:8], "big", signed=True),  # `number_of`, half as long
        key,
        metadata.created_at_ms,
        metadata.expires_at_ms,
        on_disk(len(payload), metadata),
        len(payload),
        metadata.namespace,
        metadata.provider,
        metadata.model,
        metadata.request_tokens,
        metadata.response_tokens,
        metadata.cost_usd,
        _NUMBERS[metadata.content, metadata.encoding],
        pack(payload, metadata),
    )


def listed(found: tuple[Any, ...], at_ms: int) -> Entry:
    """Of a row of `ENTRIES`."""
    digest, created, expires, ns, provider, model, rtok, otok, cost, form, payload, disk, accessed, hits = (
        found
    )
    content, encoding = _FORMS[form]
    metadata = Metadata(
        created_at_ms=created,
        expires_at_ms=expires,
        namespace=ns,
        provider=provider,
        model=model,
        request_tokens=rtok,
        response_tokens=otok,
        cost_usd=cost,
        content=content,
        encoding=encoding,
    )
    return listing.entry_of(
        digest, metadata, at_ms, payload_bytes=payload, disk_bytes=disk, accessed_ms=accessed, hits=hits
    )


def on_disk(payload: int, metadata: Metadata) -> int:
    """Bytes that a row takes, about: pages are not full to the last byte."""
    texts = (
        len(metadata.provider) + len(metadata.model) + len(metadata.namespace) + len(metadata.prompt or "")
    )
    return (payload + texts + _OVERHEAD) * 9 // 8
