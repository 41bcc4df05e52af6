"""Entries from one cache into another."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from cachemgr.domain.errors import Refused
from cachemgr.responses import EntryQuery, RequestKey, Usage
from cachemgr.responses.errors import ReadOnly
from cachemgr.responses.transfer import transfer
from tests.responses.conftest import Hands, Opener


def old_pair(root: Path, digest: str, value: str, now: float) -> None:
    """As the old code wrote it, under its name."""
    stem = root / "ca" / f"cache:{digest}"
    stem.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{stem}.json").write_text(value)
    Path(f"{stem}.meta.json").write_text(
        json.dumps({"timestamp": now, "ttl_seconds": 1000, "expires_at": now + 1000})
    )


def test_what_lives_arrives_with_its_times_and_its_cost(opened: Opener, tmp_path: Path, hands: Hands) -> None:
    source, target = opened(), opened(cache_dir=str(tmp_path / "other"), compression={"codec": "zstd"})
    for number in range(10):
        key = RequestKey("openai", "gpt-4o", f"question {number}")
        source.set(key, {"n": number}, ttl=10 if number < 3 else 1000, usage=Usage(1, 2, Decimal("0.25")))
    hands.pass_by(11)
    report = transfer(source, target)
    assert (report.entries, report.left_out, report.troubles) == (7, 3, ())
    hit = target.get(RequestKey("openai", "gpt-4o", "question 5"))
    assert hit is not None
    assert hit.value == {"n": 5}
    assert hit.saved.cost_usd == Decimal("0.25")
    assert [entry.expires_at for entry in target.entries()] == [
        entry.expires_at for entry in source.entries() if entry.state == "fresh"
    ]
    assert source.status()[0].entries == 10
    hands.pass_by(1000)
    assert target.get(RequestKey("openai", "gpt-4o", "question 5")) is None


def test_only_what_is_meant(opened: Opener, tmp_path: Path) -> None:
    source, target = opened(), opened(backend="memory")
    for provider in ("openai", "google"):
        source.set(RequestKey(provider, "m", "x"), "hi")
    assert transfer(source, target, EntryQuery(provider="goo*")).entries == 1
    assert target.get(RequestKey("google", "m", "x"))
    assert target.get(RequestKey("openai", "m", "x")) is None


def test_one_that_is_corrupt_does_not_stop_the_others(opened: Opener, root: Path) -> None:
    source, target = opened(), opened(backend="memory")
    for key in "abc":
        source.set(key, "hi")
    digest = source.digest("b")
    (root / digest[:2] / f"{digest}.json").write_text("ho")
    report = transfer(source, target)
    assert report.entries == 2
    assert [trouble.item for trouble in report.troubles] == [digest]


def test_an_export_is_a_cache_of_its_own(opened: Opener, tmp_path: Path, hands: Hands) -> None:
    source = opened()
    for number in range(5):
        source.set(RequestKey("openai", "gpt-4o", f"question {number}"), number, ttl=10 if number else 1)
    hands.pass_by(5)
    report = source.export(tmp_path / "backup", EntryQuery(model="gpt-*"), backend="sqlite")
    assert (report.entries, report.left_out) == (4, 1)
    with opened(cache_dir=str(tmp_path / "backup"), backend="sqlite") as found:
        hit = found.get(RequestKey("openai", "gpt-4o", "question 3"))
        assert hit is not None
        assert hit.value == 3


def test_another_backend_beside_it_and_never_onto_itself(opened: Opener, root: Path) -> None:
    source = opened()
    source.set("a", "hi")
    with pytest.raises(ValueError, match="onto itself"):
        source.export(root)
    assert source.export(root, backend="sqlite").entries == 1
    assert opened(backend="sqlite").get("a") is not None
    assert source.get("a") is not None


def test_an_export_does_not_go_into_a_directory_of_somebody_else(opened: Opener, tmp_path: Path) -> None:
    source, foreign = opened(), tmp_path / "photos"
    source.set("a", "hi")
    foreign.mkdir()
    (foreign / "one.jpg").write_text("x")
    with pytest.raises((ReadOnly, Refused)):
        source.export(foreign)
    assert [path.name for path in foreign.iterdir()] == ["one.jpg"]


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
def test_of_two_answers_the_later_one_stays(
    backend: str, opened: Opener, tmp_path: Path, hands: Hands
) -> None:
    source, target = opened(), opened(backend=backend, cache_dir=str(tmp_path / "other"))
    target.set("a", "older")
    source.set("b", "older")
    hands.pass_by(1)
    source.set("a", "newer")
    target.set("b", "newer")
    source.set("c", "only one")
    report = transfer(source, target)
    assert (report.entries, report.kept) == (2, 1)
    assert [hit.value for key in "abc" if (hit := target.get(key))] == ["newer", "newer", "only one"]
    assert (transfer(source, target).entries, transfer(source, target).kept) == (0, 3), "as new is new enough"
    source.touch("c", ttl=None)
    assert transfer(source, target).entries == 1, "a longer end is newer"


@pytest.mark.skipif(os.name != "posix", reason="a colon in a file's name")
def test_an_old_pair_at_the_target_counts(opened: Opener, tmp_path: Path, hands: Hands) -> None:
    source, other = opened(), tmp_path / "other"
    source.set("a", "older")
    hands.pass_by(60)
    old_pair(other, source.digest("a"), "newer", hands.now)
    target = opened(cache_dir=str(other))
    assert transfer(source, target).kept == 1
    assert (hit := target.get("a")) is not None
    assert hit.value == "newer"


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
def test_a_racing_writer_is_newer(backend: str, opened: Opener, tmp_path: Path, hands: Hands) -> None:
    """Whoever copies and whoever stores never leave the older one, in whatever order they come."""
    source, target = opened(), opened(backend=backend, cache_dir=str(tmp_path / "other"))
    for number in range(200):
        source.set(f"{number}", "older")
    hands.pass_by(1)
    with ThreadPoolExecutor(1) as writer:
        stored = writer.submit(lambda: [target.set(f"{number}", "newer") for number in range(199, -1, -1)])
        transfer(source, target)
        assert all(stored.result())
    assert {hit.value for number in range(200) if (hit := target.get(f"{number}"))} == {"newer"}


def test_nothing_is_copied_into_memory_that_ends_at_once(opened: Opener, tmp_path: Path) -> None:
    cache = opened()
    cache.set("key", "x")
    with pytest.raises(ValueError, match="ends at once"):
        cache.export(tmp_path / "other", backend="memory")


def test_compressed_values_in_a_cache_that_has_none_leave_no_half(
    opened: Opener, tmp_path: Path, root: Path
) -> None:
    source, target = opened(cache_dir=str(tmp_path / "zstd"), compression={"codec": "zstd"}), opened()
    target.set("first", "hi")
    source.set("key", "x" * 5000)
    assert transfer(source, target).entries == 1
    anew = opened()
    anew.set("key", "y" * 5000)
    assert list(root.rglob("*.zst")) == []
    assert anew.verify().sound
