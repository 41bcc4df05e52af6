"""Response caches: pairs of two key forms, and what their metadata is believed about time."""

import json
from pathlib import Path

import pytest

from cachemgr.catalogue.layouts.response_metadata import Metadata
from cachemgr.domain.terms import Record
from cachemgr.responses import RequestKey, open_cache
from tests.catalogue.rooms import drafts, evident, paths, write

KEY = "ab" + "0" * 62
OLD = "cache:" + "0" * 64


def pair(shard: str, key: str, **metadata: object) -> dict[str, str | bytes]:
    return {f"{shard}/{key}.json": "answer", f"{shard}/{key}.meta.json": json.dumps(metadata)}


@pytest.mark.parametrize(("shard", "key"), [("ab", KEY), ("ca", OLD)])
def test_a_value_and_its_metadata_are_one_entry_metadata_first(shard: str, key: str, tmp_path: Path) -> None:
    write(tmp_path, pair(shard, key, expires_at=1_700_000_000, provider="openai", model="gpt-4o"))

    (found,) = drafts("responses", tmp_path).values()

    assert found.name == key
    assert [unit.names for unit in found.pointers] == [(shard, f"{key}.meta.json")]
    assert [unit.names for unit in found.payload] == [(shard, f"{key}.json")]
    assert found.expires == 1_700_000_000
    assert found.group == "openai/gpt-4o"
    assert evident("responses", tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        f"cd/{KEY}.json",  # another shard
        f"{KEY}.json",
        f"ab/{KEY}.txt",
        f"ab/{KEY[:-1]}.json",
        f"ab/{KEY}0.json",
        f"AB/{KEY.upper()}.json",
        f"ab/{KEY}.json\n",
        f"ab/cache:{KEY}.json",
        f"ab/deep/{KEY}.json",
        "ab/notes.json",
        f"c/{KEY}.json",
    ],
)
def test_a_name_that_is_not_exactly_a_keys_is_nobodys_entry(name: str, tmp_path: Path) -> None:
    write(tmp_path, {name: "{}"})

    assert drafts("responses", tmp_path) == {}
    assert not evident("responses", tmp_path)


def test_halves_that_lost_the_other_are_entries_of_their_own(tmp_path: Path) -> None:
    other = "ab" + "1" * 62
    write(tmp_path, {f"ab/{KEY}.json": "answer", f"ab/{other}.meta.json": "{}", f"ab/{KEY}.tmp": "x"})

    found = drafts("responses", tmp_path)

    assert paths(found[KEY]) == {f"ab/{KEY}.json"}
    assert found[KEY].notes == ("metadata missing",)
    assert paths(found[f"{other}.meta"]) == {f"ab/{other}.meta.json"}
    assert paths(found[f"{KEY}.tmp"]) == {f"ab/{KEY}.tmp"}
    assert found[KEY].expires is None


@pytest.mark.parametrize("linked", [".json", ".meta.json"])
def test_a_link_in_a_pair_makes_it_nobodys_entry(linked: str, tmp_path: Path) -> None:
    root = write(tmp_path / "root", pair("ab", KEY, expires_at=1))
    mine = write(tmp_path / "mine", {"f": "{}"})
    (root / "ab" / (KEY + linked)).unlink()
    (root / "ab" / (KEY + linked)).symlink_to(mine / "f")

    assert drafts("responses", root) == {}


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ('{"expires_at": 1700086400}', 1700086400),
        ('{"expires_at": 1700086400.5}', 1700086400.5),
        ('{"timestamp": 1700000000, "ttl_seconds": 86400}', 1700086400),
        ('{"timestamp": 1700000000, "ttl_seconds": 86400, "expires_at": 1700086400}', 1700086400),
        ('{"timestamp": 1700000000, "ttl_seconds": 86400, "expires_at": 1700086400.9}', 1700086400.9),
        ('{"timestamp": 1700000000, "expires_at": 1700086400}', 1700086400),
        ('{"timestamp": 1700000000, "ttl_seconds": 60, "expires_at": 1700086400}', None),
        ('{"timestamp": 1700000000}', None),
        ('{"ttl_seconds": 60}', None),
        ("{}", None),
        ('{"expires_at": "1700086400"}', None),
        ('{"expires_at": true}', None),
        ('{"expires_at": null}', None),
        ('{"expires_at": NaN}', None),
        ('{"expires_at": Infinity}', None),
        ('{"expires_at": 1e999}', None),
        ('{"expires_at": -5}', None),
        ('{"expires_at": 1700086400000000}', None),
        ('{"expires_at": 1' + "0" * 5000 + "}", None),
        ('{"expires_at": 1700086400, "ttl_seconds": null}', None),
        ('{"expires_at": 1700086400, "timestamp": "then"}', None),
        ('{"expires_at": 1, "expires_at": 1700086400}', None),
        ('{"expires_at": 1700086400, "x": NaN}', None),
        ('[{"expires_at": 1700086400}]', None),
        ("", None),
        ("\ufeff" + '{"expires_at": 1700086400}', None),
        ('{"expires_at": 1700086400, "expires_at_ms": 1700086400000}', 1700086400),
        ('{"expires_at": 1700086400, "expires_at_ms": 1707862400000}', None),
        ('{"expires_at": 1700086400, "expires_at_ms": null}', None),
        ('{"expires_at": 1700086400, "expires_at_ms": 1700086400000.0}', None),
        ('{"expires_at": 1700086400, "expires_at_ms": 1' + "0" * 4000 + "}", None),
        ('{"timestamp": 1700000000, "ttl_seconds": 86400, "expires_at_ms": 1700086400900}', 1700086400.9),
        ('{"created_at_ms": 1700000000000, "ttl_seconds": 86400, "expires_at": 1700086400}', 1700086400),
        ('{"created_at_ms": 1700000009000, "ttl_seconds": 86400, "expires_at": 1700086400}', None),
        ('{"created_at_ms": 1700000009000, "timestamp": 1700000000, "expires_at": 1700086400}', None),
        ('{"ttl_seconds": null, "expires_at": 253402300800.0, "expires_at_ms": 1700086400000}', None),
        ("[" * 60_000, None),
        ('{"a":' * 9_000, None),
    ],
    ids=lambda value: str(value)[:60],
)
def test_only_unanimous_and_strictly_typed_evidence_says_when_an_entry_expires(
    text: str, expires: float | None
) -> None:
    assert Metadata.read(text.encode()).expires == expires


def test_an_end_beside_never_is_no_end() -> None:
    """What the library goes by says something else than what the old code does."""
    text = '{"ttl_seconds": null, "expires_at": 253402300800.0, "expires_at_ms": %s}'
    assert Metadata.read((text % "null").encode()).record is Record.NEVER
    assert Metadata.read((text % "1700086400000").encode()).doubt == "conflict"


@pytest.mark.parametrize("version", ["3", '"3.1"', "null", "2.5"])
def test_the_metadata_of_a_newer_version_is_not_believed(version: str) -> None:
    text = '{"expires_at": 1700086400, "format_version": %s}'
    assert Metadata.read((text % version).encode()) == Metadata(record=Record.UNKNOWN, doubt="newer")
    assert Metadata.read((text % "2").encode()).expires == 1700086400


UNBELIEVED = Metadata(record=Record.UNKNOWN, doubt="not-json")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_other_encodings_say_nothing(encoding: str) -> None:
    assert Metadata.read('{"expires_at": 1700086400}'.encode(encoding)) == UNBELIEVED


def test_metadata_of_more_than_64_kib_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, pair("ab", KEY, expires_at=1_700_000_000, padding="x" * 70_000))

    (found,) = drafts("responses", tmp_path).values()

    assert found.expires is None


def test_what_the_library_writes_is_what_is_read_here(tmp_path: Path) -> None:
    """Plain and compressed, with an end and without; its own files beside the shards are no entries."""
    config = {"cache_dir": str(tmp_path), "compression": {"codec": "zstd"}, "cleanup_interval_seconds": 0}
    with open_cache(config) as cache:
        plain, squeezed = RequestKey("openai", "gpt-4o", "a"), RequestKey("openai", "gpt-4o", "b")
        cache.set(plain, {"short": 1}, ttl=1000)
        cache.set(squeezed, "x" * 10_000, ttl=None)
        cache.status()
        ends = {entry.digest: entry.expires_at for entry in cache.entries()}
    unfinished = f".{KEY}.12.34.5.abcdef01.tmp"
    write(tmp_path, {f"ab/{unfinished}": "x"})

    found = drafts("responses", tmp_path)

    first, second = found.pop(plain.digest()), found.pop(squeezed.digest())
    expires = ends[plain.digest()]
    assert expires is not None
    assert first.expires == pytest.approx(expires.timestamp(), abs=0.001)
    assert (first.record, second.record) == (Record.DATED, Record.NEVER)
    assert second.expires is None
    assert [unit.names[1] for unit in second.payload] == [f"{squeezed.digest()}.json.zst"]
    assert first.group == second.group == "openai/gpt-4o"
    assert list(found) == [unfinished]
    assert evident("responses", tmp_path)


OWN = {"timestamp": 1_699_996_400, "ttl_seconds": 3600, "expires_at": 1_700_000_000}


@pytest.mark.parametrize(
    ("shard", "key"), [("te", "test_key"), ("k", "k"), ("de", "decade"), ("ca", "cache:x")]
)
def test_a_pair_under_a_key_of_somebodys_own_is_an_entry(shard: str, key: str, tmp_path: Path) -> None:
    write(tmp_path, pair(shard, key, **OWN))

    (found,) = drafts("responses", tmp_path).values()

    assert found.name == key
    assert paths(found) == {f"{shard}/{key}.json", f"{shard}/{key}.meta.json"}
    assert found.expires == 1_700_000_000
    assert evident("responses", tmp_path)


@pytest.mark.parametrize(
    ("shard", "key", "metadata"),
    [
        ("te", "test_key", {"expires_at": 1_700_000_000}),
        ("te", "test_key", {"version": 1}),
        ("te", "test_key", {**OWN, "ttl_seconds": "3600"}),
        ("ta", "test_key", OWN),
        ("tes", "test_key", OWN),
        (".t", ".test", OWN),
    ],
    ids=["one field", "somebody's", "text", "shard", "long shard", "hidden"],
)
def test_two_files_that_could_be_anybodys_are_nobodys_entry(
    shard: str, key: str, metadata: dict[str, object], tmp_path: Path
) -> None:
    write(tmp_path, pair(shard, key, **metadata))

    assert drafts("responses", tmp_path) == {}
    assert not evident("responses", tmp_path)
