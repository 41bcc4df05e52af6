"""Caches of answers on disk, written by their own libraries, or with the tables these create."""

import pickle
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import diskcache
import requests_cache
from requests_cache.models.response import CachedResponse

LANGCHAIN = """
CREATE TABLE full_llm_cache (
    prompt VARCHAR NOT NULL, llm VARCHAR NOT NULL, idx INTEGER NOT NULL, response VARCHAR,
    PRIMARY KEY (prompt, llm, idx)
)
"""
"""As SQLAlchemy prints `FullLLMCache` of langchain-community 0.4.2 (cache.py)."""
GPTCACHE = """
CREATE TABLE gptcache_question (
    id INTEGER NOT NULL, question VARCHAR(3000) NOT NULL, create_on DATETIME, last_access DATETIME,
    embedding_data BLOB, deleted INTEGER, PRIMARY KEY (id)
);
CREATE TABLE gptcache_answer (
    id INTEGER NOT NULL, question_id INTEGER NOT NULL, answer VARCHAR(3000) NOT NULL,
    answer_type INTEGER NOT NULL, PRIMARY KEY (id)
)
"""
"""The two tables of gptcache 0.1.44 (manager/scalar_data/sql_storage.py) that hold text."""


def langchain(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """`prompt`, `llm`, `idx`, `response`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(LANGCHAIN)
        connection.executemany("INSERT INTO full_llm_cache VALUES (?, ?, ?, ?)", rows)
    return path


def gptcache(path: Path, answers: Iterable[tuple[str, bytes, str, bool]]) -> Path:
    """Question, its vector, the answer, and whether eviction gave it up."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(GPTCACHE)
        for number, (question, vector, answer, gone) in enumerate(answers, 1):
            connection.execute(
                "INSERT INTO gptcache_question VALUES (?, ?, NULL, NULL, ?, ?)",
                (number, question, vector, -1 if gone else 0),
            )
            connection.execute("INSERT INTO gptcache_answer VALUES (?, ?, ?, 0)", (number, number, answer))
    return path


def http(path: Path, ages: Iterable[timedelta | None], backend: str = "sqlite") -> Any:
    """requests-cache's own backend, closed, with a response for each age: how long ago it expired."""
    session: Any = requests_cache.CachedSession(str(path), backend=backend)
    for number, age in enumerate(ages):
        response = CachedResponse(url=f"http://localhost/{number}")
        response._content = b"x" * 100
        response.expires = None if age is None else datetime.now(UTC) - age
        session.cache.responses[f"{number:016x}"] = response
    for table in (session.cache.responses, session.cache.redirects):
        table.close()
    return session.cache


def disk(path: Path, values: Iterable[tuple[object, object, float | None]]) -> diskcache.Cache:
    """diskcache's own directory, closed: keys, values, and after how many seconds each expires."""
    with diskcache.Cache(str(path)) as cache:
        for key, value, expire in values:
            cache.set(key, value, expire=expire)
    return cache


class Bomb:
    """What goes off when somebody unpickles it."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.mkdir, (self._mark,))


def every_kind(top: Path, mark: Path) -> dict[str, Path]:
    """One cache of each type in a directory of its own, with a value that goes off where it can hold one; by
    type. `top` is a project; LiteLLM's and instructor's caches are diskcache's directories."""
    bomb = Bomb(mark)
    places = {
        "langchain": top / "langchain",
        "gptcache": top / "gptcache_data",
        "requests-cache": top / "http_cache",
        "diskcache": top / "disk",
        "litellm": top / ".litellm_cache",
        "instructor": top / ".instructor_cache",
    }
    pickled = pickle.dumps(bomb)
    langchain(places["langchain"] / ".langchain.db", [("prompt", "llm", 0, "answer")])
    gptcache(places["gptcache"] / "sqlite.db", [("why", pickled, "because", False), ("who", b"1", "I", True)])
    (places["gptcache"] / "faiss.index").write_bytes(pickled)
    http(places["requests-cache"] / "http_cache.sqlite", [timedelta(hours=1), -timedelta(days=9), None])
    with closing(sqlite3.connect(places["requests-cache"] / "http_cache.sqlite")) as connection, connection:
        connection.execute("INSERT INTO responses VALUES ('ffff', ?, 1)", (pickled,))
    for name in ("diskcache", "litellm", "instructor"):
        disk(places[name], [("gone", "x", 0.001), ("bomb", bomb, None), (bomb, "x" * 50_000, None)])
    return places
