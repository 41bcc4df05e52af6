"""A repair keeps every answer that was served a moment before, the newest of its key, and believes nothing
that no checksum covers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cachemgr.responses import Cache, SetResult
from cachemgr.responses.format import PACKED
from tests.responses.conftest import Hands, Opener

PAGE = 8192


@pytest.fixture
def cache(opened: Opener, faults: list[str]) -> Cache:
    return opened(backend="sqlite")


def filled(cache: Cache, number: int, *, padding: int = 0, ttl: int | None = None) -> None:
    for one in range(number):
        assert cache.set(f"key {one}", f"answer {one} {'y' * padding}", ttl=ttl)
    cache.close()


def content(root: Path) -> bytearray:
    assert not (root / f"{PACKED}-wal").exists()
    return bytearray((root / PACKED).read_bytes())


def served(cache: Cache, number: int) -> set[int]:
    return {one for one in range(number) if cache.get(f"key {one}") is not None}


def without_pages_of(root: Path, *answers: int) -> None:
    """The leaves that these answers lie in are zeros."""
    data = content(root)
    for answer in answers:
        start = data.index(f"answer {answer} ".encode()) // PAGE * PAGE
        data[start : start + PAGE] = bytes(PAGE)
    (root / PACKED).write_bytes(data)


@pytest.mark.parametrize("lost", [(20,), (150, 450)], ids=["one page", "two pages"])
def test_what_was_served_beside_damage_and_between_two_is_served_after(
    lost: tuple[int, ...], cache: Cache, root: Path
) -> None:
    filled(cache, 600, padding=300)
    without_pages_of(root, *lost)
    before = served(cache, 600)
    assert 500 < len(before) < 600

    (found,) = cache.verify(repair=True).findings
    assert served(cache, 600) == before
    assert found.reason.startswith(f"{len(before)} responses saved, {600 - len(before)} lost")


def test_so_it_is_where_nothing_leads_there_but_their_numbers(cache: Cache, root: Path) -> None:
    filled(cache, 600, padding=300)
    with closing(sqlite3.connect(root / PACKED)) as database:
        database.execute("DROP INDEX r_narrow")
    without_pages_of(root, 150, 450)

    assert not cache.verify(repair=True).left
    assert served(cache, 600) >= set(range(200, 400))
    assert len(served(cache, 600)) > 540


def test_of_two_rows_for_one_key_the_newer_stays(cache: Cache, root: Path, hands: Hands) -> None:
    """The index does not know the first any more, so a second one was stored."""
    filled(cache, 50)
    data = content(root)
    with closing(sqlite3.connect(root / PACKED)) as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'r_narrow'").fetchone()
        (number,) = database.execute("SELECT h FROM r WHERE id = 8").fetchone()
    at = data.index(number.to_bytes(8, "big", signed=True), (page - 1) * PAGE, page * PAGE)
    data[at + 7] ^= 1
    (root / PACKED).write_bytes(data)
    hands.pass_by(5)
    assert cache.get("key 7") is None
    assert cache.set("key 7", "new", ttl=1000) is SetResult.STORED

    (found,) = cache.verify(repair=True).findings
    assert found.reason.startswith("50 responses saved, 0 lost")
    hit = cache.get("key 7")
    assert hit is not None
    assert hit.value == "new"
    assert cache.verify().sound


def test_of_a_page_that_is_there_twice_the_newer_answers_stay(cache: Cache, root: Path, hands: Hands) -> None:
    """A write that went to another's place as well: what is stored since is in one of them."""
    filled(cache, 200, padding=300)
    data = content(root)
    source, target = (data.index(f"answer {one} ".encode()) // PAGE * PAGE for one in (150, 50))
    data[target : target + PAGE] = data[source : source + PAGE]
    (root / PACKED).write_bytes(data)
    hands.pass_by(5)
    assert cache.set("key 150", "new") is SetResult.STORED

    assert not cache.verify(repair=True).left
    hit = cache.get("key 150")
    assert hit is not None
    assert hit.value == "new"
    assert len(served(cache, 200)) > 160


def place_of(root: Path, key: bytes) -> tuple[bytearray, int]:
    """The database, and where a key lies in its row; the eight bytes before are `h`."""
    data = content(root)
    return data, data.index(key)


def test_a_null_where_none_can_be_stops_no_repair(cache: Cache, root: Path) -> None:
    key = bytes.fromhex(cache.digest("key 7"))
    filled(cache, 50)
    data, at = place_of(root, key)
    # Three empty texts, then two numbers that are 0: types 13 and 8 (sqlite.org/fileformat.html).
    types = data.rindex(bytes((13, 13, 13, 8, 8)), 0, at)
    data[types + 3] ^= 8
    (root / PACKED).write_bytes(data)

    assert served(cache, 50) == set(range(50))
    assert cache.verify(repair=True).sound
    assert served(cache, 50) == set(range(50))
    assert cache.verify().sound


@pytest.mark.parametrize("column", ["expires", "h"])
def test_a_column_that_rotted_is_what_the_answer_says_again(
    column: str, cache: Cache, root: Path, hands: Hands
) -> None:
    key = bytes.fromhex(cache.digest("key 7"))
    filled(cache, 50, ttl=1_000_000)
    data, at = place_of(root, key)
    end = int((hands.now + 1_000_000) * 1000)
    data[at - 1 if column == "h" else data.index(end.to_bytes(6, "big"), at)] ^= 1
    (root / PACKED).write_bytes(data)
    assert not cache.verify().sound
    assert served(cache, 50) == set(range(50))

    (found,) = cache.verify(repair=True).findings
    assert found.reason.startswith("50 responses saved, 0 lost")
    assert cache.verify().sound
    assert {entry.expires_at.timestamp() for entry in cache.entries() if entry.expires_at} == {end / 1000}
    hands.pass_by(60)
    assert not cache.expire(force=True).removed.entries
    assert served(cache, 50) == set(range(50))


@pytest.mark.parametrize("place", [6, 31])
def test_no_answer_comes_back_under_another_key(place: int, cache: Cache, root: Path) -> None:
    """Keys of one's own may differ in one bit."""
    mine = f"{2:064x}"
    other = f"{2 ^ 1 << (31 - place) * 8:064x}"
    assert cache.set(mine, "an answer of mine", ttl=None)
    cache.close()
    data, at = place_of(root, bytes.fromhex(mine))
    data[at + place] ^= 1
    (root / PACKED).write_bytes(data)

    (found,) = cache.verify(repair=True).findings
    assert found.reason.startswith("0 responses saved, 1 lost")
    assert cache.get(other) is None
    assert cache.verify().sound


@pytest.mark.parametrize("part", ["TRIGGER r_stored", "INDEX r_narrow", "TABLE touch"])
@pytest.mark.parametrize("letter", ["x", "\N{LATIN SMALL LETTER E WITH ACUTE}"], ids=["text", "no text"])
def test_a_damaged_schema_loses_no_answer(part: str, letter: str, cache: Cache, root: Path) -> None:
    """SQLite names what it cannot understand, in bytes that may be no text."""
    filled(cache, 50)
    kind, name = part.encode().split()
    data = content(root)
    for found in (kind.lower() + name, b"CREATE " + kind):
        data[data.index(found) + len(found) - 3] = ord(letter)
    (root / PACKED).write_bytes(data)

    assert not served(cache, 50)
    assert [one.remedy for one in cache.verify().findings] == ["rebuild"]
    (done,) = cache.verify(repair=True).findings
    assert done.reason.startswith("50 responses saved, 0 lost")
    assert served(cache, 50) == set(range(50))


def test_nor_does_one_in_which_the_number_is_a_column_like_others(cache: Cache, root: Path) -> None:
    filled(cache, 600, padding=300)
    data = content(root)
    data[data.index(b"id INTEGER PRIMARY KEY", data.index(b"CREATE TABLE r(")) + 3] ^= 1
    (root / PACKED).write_bytes(data)
    without_pages_of(root, 150)

    assert cache.verify(repair=True).sound
    assert len(served(cache, 600)) > 560
