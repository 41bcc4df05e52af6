"""What a database says of its answers is looked at as they are: nothing of it is believed that is not so, and
a repair makes it so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cachemgr.responses import Cache, SetResult
from cachemgr.responses.format import PACKED
from tests.responses.conftest import Hands, Opener
from tests.responses.test_salvage import filled, place_of, served

_COPIED = "h, key, created, expires, disk, bytes, ns, provider, model, rtok, otok, cost, form, body"
_RENEWED = "CREATE TRIGGER r_renewed AFTER UPDATE OF created ON r BEGIN SELECT 1; END"
_BOUND = "soonest: not the moment before which nothing expires"
WRONG = {
    "no index": ("DROP INDEX r_narrow", "r_narrow: missing"),
    "another index": ("DROP INDEX r_narrow; CREATE INDEX r_narrow ON r(h)", "r_narrow: missing or changed"),
    "no bound at a set": ("DROP TRIGGER r_stored", "r_stored: missing"),
    "no bound at a touch": ("DROP TRIGGER r_renewed", "r_renewed: missing"),
    "another trigger": (f"DROP TRIGGER r_renewed; {_RENEWED}", "r_renewed: missing or changed"),
    "no table of bounds": ("DROP TABLE soonest", "soonest: missing"),
    "no table of accesses": ("DROP TABLE touch", "touch: missing"),
    "no table of counters": ("DROP TABLE daily", "daily: missing"),
    "a bound that is late": ("UPDATE soonest SET at = 9223372036854775807", _BOUND),
    "a bound that is text": ("UPDATE soonest SET at = 'abc'", _BOUND),
    "a bound that is no text": ("UPDATE soonest SET at = CAST(x'ff' AS TEXT)", _BOUND),
    "no bound": ("DELETE FROM soonest", _BOUND),
    "two bounds": ("INSERT INTO soonest VALUES(1)", _BOUND),
    "two rows": (f"INSERT INTO r({_COPIED}) SELECT {_COPIED} FROM r WHERE id = 1", "more than one row"),
    "a form that is none": ("UPDATE r SET form = form + 8 WHERE id = 2", "1 row says something else"),
    "texts that are none": (
        "UPDATE r SET ns = CAST(x'ff' AS TEXT) WHERE id > 3",
        "2 rows say something else",
    ),
    "a key that is text": ("UPDATE r SET key = CAST(key AS TEXT) WHERE id = 4", "1 row says something else"),
    "a body that is text": ("UPDATE r SET body = CAST(body AS TEXT) WHERE id = 4", "1 row says something"),
}


@pytest.fixture
def cache(opened: Opener, faults: list[str]) -> Cache:
    return opened(backend="sqlite")


def changed(root: Path, statements: str) -> None:
    with closing(sqlite3.connect(root / PACKED)) as database:
        database.executescript(statements)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_so_is_told_and_made_so(wrong: str, cache: Cache, root: Path, hands: Hands) -> None:
    statements, reason = WRONG[wrong]
    filled(cache, 5, ttl=100)
    changed(root, statements)

    shown = cache.verify()
    (found,) = shown.findings
    assert (found.item, found.remedy, found.repaired) == (PACKED, "rebuild", False)
    assert reason in found.reason

    (done,) = cache.verify(repair=True, agreed=shown).findings
    assert done.reason == f"5 responses saved, 0 lost; what was there is {PACKED}.bad"
    assert cache.verify().sound
    assert served(cache, 5) == set(range(5))
    assert len(list(cache.entries())) == 5
    assert cache.touch("key 1", 50)
    assert cache.set("another", "x", ttl=50) is SetResult.STORED
    hands.pass_by(60)
    assert cache.expire(force=True).removed.entries == 2
    hands.pass_by(60)
    assert cache.expire(force=True).removed.entries == 4


def test_a_database_without_the_table_is_told_and_made_anew(cache: Cache, root: Path) -> None:
    filled(cache, 5)
    changed(root, "DROP TABLE r")

    (found,) = cache.verify().findings
    assert found.remedy == "rebuild"
    assert found.reason.startswith("r, r_narrow, r_renewed, r_stored: missing")
    assert cache.verify(repair=True).sound
    assert cache.set("key", "x") is SetResult.STORED


def test_what_was_not_shown_is_not_made_anew(cache: Cache, root: Path) -> None:
    filled(cache, 5)
    shown = cache.verify()
    changed(root, "DROP TRIGGER r_stored")

    (found,) = cache.verify(repair=True, agreed=shown).findings
    assert not found.repaired
    assert not (root / f"{PACKED}.bad").exists()


@pytest.mark.parametrize("bound", ["'abc'", "x'00'", "CAST(x'ff' AS TEXT)", "1.5e300"])
def test_a_bound_that_is_no_number_stops_no_sweep(bound: str, cache: Cache, root: Path, hands: Hands) -> None:
    filled(cache, 5, ttl=100)
    changed(root, f"UPDATE soonest SET at = {bound}")
    hands.pass_by(200)

    assert cache.expire(force=True).removed.entries == 5
    assert cache.verify().sound, "it looked for the next one"


def test_numbers_that_are_out_of_order_are_looked_at_once(cache: Cache, root: Path) -> None:
    """The number of a row in the middle of a page is less than those before it."""
    key = bytes.fromhex(cache.digest("key 70"))
    filled(cache, 100, padding=20)
    data, at = place_of(root, key)
    start = next(start for start in range(at - 9, 0, -1) if data[start] == at - 8 - start)
    assert data[start - 1] == 71, "the number, before the header"
    data[start - 1] = 1
    (root / PACKED).write_bytes(data)

    assert not cache.verify().sound
    assert not cache.verify(repair=True).left
    assert len(served(cache, 100)) >= 99


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.soak), 9], ids=["each bit", "some"])
def test_no_bit_of_a_rows_header_loses_what_is_served(
    step: int, opened: Opener, root: Path, faults: list[str]
) -> None:
    """Types of columns become others: NULL where none can be, a text that is none, another length."""
    cache = opened(backend="sqlite")
    key = bytes.fromhex(cache.digest("key 2"))
    filled(cache, 5, ttl=1000)
    data, at = place_of(root, key)
    start = next(start for start in range(at - 9, 0, -1) if data[start] == at - 8 - start)
    assert at - 8 - start > 14, "its length, and a type for each column"
    for bit in range(0, (at - 8 - start) * 8, step):
        other = root.with_name(f"with bit {bit}")
        other.mkdir()
        flipped = bytearray(data)
        flipped[start + bit // 8] ^= 1 << bit % 8
        (other / PACKED).write_bytes(flipped)
        with opened(backend="sqlite", cache_dir=str(other)) as one:
            before = served(one, 5)
            # Of the row's own number nobody reads the type.
            assert bit // 8 == 1 or not one.verify().sound
            one.verify(repair=True)
            assert one.verify().sound
            assert served(one, 5) >= before >= {0, 1, 3, 4}
            assert all(one.get(f"key {n}").value == f"answer {n} " for n in before)  # type: ignore[union-attr]
            assert len(list(one.entries())) >= 4
