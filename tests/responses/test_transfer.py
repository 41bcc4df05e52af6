"""Entries from one cache into another."""

from decimal import Decimal
from pathlib import Path

from cachemgr.responses import EntryQuery, RequestKey, Usage
from cachemgr.responses.transfer import transfer
from tests.responses.conftest import Hands, Opener


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
