"""A database is counted without a trace, and one that is none, or hostile, is a value."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cachemgr.catalogue.answer_databases import LANGCHAIN
from cachemgr.disk import database, handles
from cachemgr.domain.records import Records, Trouble
from tests.builders import access_times, fingerprint, unread
from tests.databases import langchain

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")


def look(path: Path) -> Records | None:
    handle = handles.open_root(path.parent.resolve())
    try:
        return database.records(handle, (path.name,), (LANGCHAIN,), 0)
    finally:
        handles.close(handle)


def trouble(path: Path) -> Trouble | None:
    found = look(path)
    assert found is not None
    assert (found.rows is None) == (found.trouble is not None)
    return found.trouble


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return langchain(tmp_path / "llm.db", [(f"prompt {number}", "llm", 0, "x" * 500) for number in range(99)])


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_nothing_is_written_beside_it_and_no_time_moves(mode: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
    before, times = fingerprint(path.parent), unread(path.parent)

    found = look(path)

    assert found is not None
    assert found.rows == 99
    if sys.platform == "linux":  # elsewhere nothing keeps a reader out of it
        assert access_times(path.parent)["llm.db"] == times["llm.db"]
    assert fingerprint(path.parent) == before
    assert os.listdir(path.parent) == ["llm.db"]


def test_rows_that_only_the_log_has_are_not_guessed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("DELETE FROM full_llm_cache")
        connection.commit()
        assert trouble(path) is Trouble.UNMERGED
    assert (found := look(path)) is not None
    assert (found.rows, found.trouble) == (0, None)  # closing put the log in
    assert found.free > 0


def test_a_transaction_that_is_open_is_waited_for_by_nobody(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert trouble(path) is None  # locked, and nothing written yet
        connection.execute("UPDATE full_llm_cache SET response = '' WHERE idx = 0 AND prompt = 'prompt 1'")
        assert trouble(path) is None  # the change is in its owner's memory
        connection.execute("PRAGMA cache_size=1")
        connection.execute("UPDATE full_llm_cache SET response = response || response")
        assert trouble(path) is Trouble.UNMERGED
        connection.execute("ROLLBACK")


def test_a_journal_that_is_over_is_no_obstacle(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=persist")
        connection.execute("DELETE FROM full_llm_cache WHERE rowid = 1")
        connection.commit()
    assert path.with_name("llm.db-journal").stat().st_size > 0

    assert trouble(path) is None


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0", b"hello " * 1000, bytes(4096)])
def test_what_is_no_database_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(content)

    assert trouble(tmp_path / "x.db") is Trouble.NOT_A_DATABASE


def test_what_is_missing_is_nothing(tmp_path: Path) -> None:
    assert look(tmp_path / "x.db") is None


def test_a_link_is_not_followed(path: Path) -> None:
    path.with_name("link.db").symlink_to(path)

    assert trouble(path.with_name("link.db")) is Trouble.LINK


@needs_posix
def test_a_pipe_makes_nobody_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.db")

    assert trouble(tmp_path / "x.db") is Trouble.NOT_A_FILE


def test_a_huge_file_is_not_read(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(database.LIMIT + 1)  # sparse

    found = look(path)

    assert found is not None
    assert (found.tool, found.trouble, found.size) == ("LangChain", Trouble.TOO_LARGE, database.LIMIT + 1)


@pytest.mark.parametrize("place", [16, 100, 105, 4096, 5000])
@pytest.mark.parametrize("junk", [b"\xff" * 64, bytes(64), b"\x7f\xfe" * 32])
def test_a_damaged_database_ends_in_a_value(place: int, junk: bytes, path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:place] + junk + whole[place + len(junk) :])

    assert trouble(path) in (Trouble.DAMAGED, Trouble.FOREIGN, None)


def test_a_part_of_a_database_is_damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9000])

    assert trouble(path) is Trouble.DAMAGED


def test_a_view_that_never_ends_is_not_asked(tmp_path: Path) -> None:
    """`full_llm_cache` is a view that would count for ever."""
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute(
            "CREATE VIEW full_llm_cache AS WITH RECURSIVE n(prompt) AS (SELECT 1 UNION ALL SELECT 1 FROM n)"
            " SELECT prompt, 1 AS llm, 1 AS idx, 1 AS response FROM n"
        )

    assert trouble(tmp_path / "x.db") is Trouble.FOREIGN


def test_counting_ends_after_its_steps(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = ((f"more {number}", "llm", 0, "x") for number in range(5_000))
        connection.executemany("INSERT INTO full_llm_cache VALUES (?, ?, ?, ?)", rows)
    assert trouble(path) is None
    monkeypatch.setattr(database, "STEPS", 1)

    assert trouble(path) is Trouble.TOO_LONG


def test_sqlite_is_not_loaded_for_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"mine")
    script = (
        "import sys, pathlib; from tests.disk.test_database import look; del sys.modules['sqlite3'];"
        f"look(pathlib.Path({str(tmp_path / 'x.db')!r})); print('sqlite3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
