"""The table of packed responses: schema, statements, and how metadata becomes a row and back.

Bodies lie in one B-tree by an ascending number, so that a new one is appended. One index leads there from the
number of a digest (`index_sql.number`), and covers what is added up: each page that a write changes goes into
the log whole, so that a second index would cost as much as the body. What a read changes (last access, hits)
is in a table of its own: it must not rewrite a body.
"""

# ruff: noqa: S608 - every part of these statements is written here.

from typing import Any

from cachemgr.responses import counters, listing
from cachemgr.responses.entry import Entry
from cachemgr.responses.index_sql import number
from cachemgr.responses.metadata import EVER, Content, Encoding, Metadata
from cachemgr.responses.packed import pack

VERSION = 2
"""1, which was never released, had two indexes. A database of it is read by a repair alone."""
APPLICATION = 0x51464352
"""`QFCR`, for file(1) and for ourselves."""
PAGE = 8192
"""Bytes. In pages of 4 KiB, answers of 2 KB leave half of each empty, and each new one takes a new page."""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS r(
        id INTEGER PRIMARY KEY, h INTEGER NOT NULL, key BLOB NOT NULL, created INTEGER NOT NULL,
        expires INTEGER, disk INTEGER NOT NULL, bytes INTEGER NOT NULL, ns TEXT NOT NULL,
        provider TEXT NOT NULL, model TEXT NOT NULL, rtok INTEGER NOT NULL, otok INTEGER NOT NULL,
        cost REAL NOT NULL, form INTEGER NOT NULL, body BLOB NOT NULL)""",
    # One row for each `h` and `key`: every statement that inserts sees to it.
    "CREATE INDEX IF NOT EXISTS r_narrow ON r(h, expires, disk, bytes, created)",
    # Nothing expires before this moment, so that a sweep which has nothing to do need not look for it.
    "CREATE TABLE IF NOT EXISTS soonest(at INTEGER NOT NULL)",
    f"INSERT INTO soonest SELECT (SELECT coalesce(min(expires), {EVER}) FROM r) "
    "WHERE NOT EXISTS (SELECT 1 FROM soonest)",
    *(
        f"CREATE TRIGGER IF NOT EXISTS r_{event} AFTER {what} ON r "
        "WHEN new.expires < (SELECT at FROM soonest) BEGIN UPDATE soonest SET at = new.expires; END"
        for event, what in (("stored", "INSERT"), ("renewed", "UPDATE OF expires"))
    ),
    "CREATE TABLE IF NOT EXISTS touch(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hits INTEGER NOT NULL)",
    counters.SCHEMA,
)

WRITTEN = "h key created expires disk bytes ns provider model rtok otok cost form body".split()
_PLACES = ", ".join(f"?{place + 1}" for place in range(len(WRITTEN)))
_PUT = f"INSERT OR REPLACE INTO r(id, {', '.join(WRITTEN)})"
_SAME = "(SELECT id FROM r WHERE h = ?1 AND key = ?2)"
"""A row that is there keeps its number."""
PUT = f"{_PUT} VALUES({_SAME}, {_PLACES})"
PUT_NEW = f"{_PUT} SELECT NULL, {_PLACES} WHERE NOT EXISTS {_SAME}"
PUT_NEWER = f"""{_PUT} SELECT {_SAME}, {_PLACES} WHERE NOT EXISTS (SELECT 1 FROM r WHERE h = ?1 AND key = ?2
    AND (created, coalesce(expires, {EVER})) >= (?3, coalesce(?4, {EVER})))"""
"""See `Metadata.newness`."""
GET = "SELECT body FROM r WHERE h = ? AND key = ? LIMIT 1"
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
"""
_NARROW = "r INDEXED BY r_narrow"
_VICTIMS = "SELECT id, disk, bytes, created, expires FROM"
# Of nothing but the index and the accesses, unless the condition names something else.
OLDEST = f"""
    {_VICTIMS} {LISTED.replace("FROM r", f"FROM {_NARROW}")}
    WHERE {{where}} ORDER BY created <= :late, created / :bucket, coalesce(accessed, created), id
"""
EXPIRED = f"{_VICTIMS} {_NARROW} WHERE expires <= ? AND id > ? ORDER BY id LIMIT ?"
SOONEST = "SELECT CASE typeof(at) WHEN 'integer' THEN at END FROM soonest"
"""None where it is no number: damaged."""
BOUND = f"SELECT (SELECT count(*) FROM soonest), ({SOONEST}), (SELECT min(expires) FROM {_NARROW})"
"""How many there are, which it is, and which it may be at most."""
HAS_TWO_ROWS = f"""SELECT EXISTS(
    SELECT 1 FROM r WHERE h IN (SELECT h FROM {_NARROW} GROUP BY h HAVING count(*) > 1)
    GROUP BY h, key HAVING count(*) > 1)"""
DELETE_SEEN = "DELETE FROM r WHERE id = ? AND CAST(body AS BLOB) IS CAST(? AS BLOB)"
"""As it was seen, of whatever type it is."""
LOOK_FOR_SOONEST = f"UPDATE soonest SET at = (SELECT coalesce(min(expires), {EVER}) FROM {_NARROW})"

_CONTENTS: tuple[Content, ...] = ("json", "text")
_ENCODINGS: tuple[Encoding, ...] = ("identity", "zstd")
_FORMS: tuple[tuple[Content, Encoding], ...] = tuple(
    (one, other) for one in _CONTENTS for other in _ENCODINGS
)
_NUMBERS = {form: number for number, form in enumerate(_FORMS)}
_KEY = 32
"""Bytes of a digest."""
_OVERHEAD = 350
"""Bytes that a row takes in the tables and indexes beside its texts and its body."""


def row(key: bytes, payload: bytes, metadata: Metadata) -> tuple[Any, ...]:
    """In the order of `PUT`."""
    return (*columns(key, len(payload), metadata), pack(payload, metadata))


def columns(key: bytes, payload: int, metadata: Metadata) -> tuple[Any, ...]:
    """What a row says beside its body, all of which the body and the key give; `payload` in bytes."""
    return (
        number(key),
        key,
        metadata.created_at_ms,
        metadata.expires_at_ms,
        on_disk(payload, metadata),
        payload,
        metadata.namespace,
        metadata.provider,
        metadata.model,
        metadata.request_tokens,
        metadata.response_tokens,
        metadata.cost_usd,
        _NUMBERS[metadata.content, metadata.encoding],
    )


def is_key(found: object) -> bool:
    return isinstance(found, bytes) and len(found) == _KEY


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
