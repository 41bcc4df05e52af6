"""An entry that is refreshed while it expires: value and metadata are one, and go back together."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.domain.plan import Plan
from cachemgr.domain.policy import Policy
from cachemgr.domain.run_event import RunEvent, StepFinished, StepStarted
from cachemgr.domain.terms import Disposal, Status
from cachemgr.service import CacheManager
from tests.answers import DAY, Answers, service_over
from tests.desk import picture
from tests.managers import carry_out

TTL = Policy(ttl=True)


def watched(service: CacheManager, plan: Plan, act: Callable[[int], None]) -> Iterator[RunEvent]:
    for event in service.execute(plan):
        if isinstance(event, StepStarted):
            act(event.number)
        yield event


def one_expired(tmp_path: Path) -> tuple[Answers, str, CacheManager]:
    made = Answers(tmp_path / "answers", datetime.now(UTC))
    key = made.pair("expired", {"timestamp": int(made.stamp) - 9 * DAY, "ttl_seconds": DAY})
    return made, key, service_over(made.root, tmp_path / "home")


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_metadata_that_says_something_else_though_it_looks_the_same_keeps_its_pair(
    disposal: Disposal, tmp_path: Path
) -> None:
    made, key, service = one_expired(tmp_path)
    metadata = made.root / key[:2] / f"{key}.meta.json"
    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)
    before = os.stat(metadata)
    # Refreshed in place: the same inode, size and times, as a tool that restores times would leave it.
    metadata.write_text(metadata.read_text().replace(str(int(made.stamp) - 9 * DAY), str(int(made.stamp))))
    os.utime(metadata, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert os.stat(metadata).st_size == before.st_size
    pictured = picture(made.root)

    outcomes = carry_out(service, plan)

    assert [one.status for one in outcomes[:2]] == [Status.SKIPPED, Status.SKIPPED]
    assert picture(made.root) == pictured


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
@pytest.mark.skipif(os.name == "nt", reason="an open file does not move there")
def test_metadata_that_is_written_through_an_open_file_takes_both_back(
    disposal: Disposal, tmp_path: Path
) -> None:
    made, key, service = one_expired(tmp_path)
    metadata = made.root / key[:2] / f"{key}.meta.json"
    fresh = json.dumps({"expires_at": made.stamp + DAY})
    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)
    with metadata.open("r+") as writer:

        def refresh(number: int) -> None:
            if number == 1 and not metadata.exists():
                writer.seek(0)
                writer.truncate()
                writer.write(fresh)
                writer.flush()

        events = list(watched(service, plan, refresh))

    assert metadata.read_text() == fresh
    assert (made.root / key[:2] / f"{key}.json").exists()
    last = {one.outcome.number: one.outcome.status for one in events if isinstance(one, StepFinished)}
    assert [last[0], last[1]] == [Status.SKIPPED, Status.SKIPPED]
    assert not list(made.root.glob(".cachemgr*"))
    assert not service.run().undoable


@pytest.mark.parametrize("disposal", [Disposal.QUARANTINE, Disposal.DELETE])
def test_a_value_whose_metadata_is_written_anew_stays(disposal: Disposal, tmp_path: Path) -> None:
    made, key, service = one_expired(tmp_path)
    value = made.root / key[:2] / f"{key}.json"
    fresh = {"expires_at": made.stamp + DAY}
    plan = service.expiring.plan(service.inventory(), TTL, disposal=disposal)

    def refresh(number: int) -> None:
        if number == 1:
            made.metadata(key, fresh)

    list(watched(service, plan, refresh))

    assert value.exists()
    assert json.loads((value.parent / f"{key}.meta.json").read_text()) == fresh
    found = service.inventory().entries
    assert [one.expires for one in found] == [datetime.fromtimestamp(made.stamp + DAY, UTC)]


def test_a_pair_that_is_written_anew_behind_its_back_stays_and_the_old_one_goes(tmp_path: Path) -> None:
    made, key, service = one_expired(tmp_path)
    value = made.root / key[:2] / f"{key}.json"
    plan = service.expiring.plan(service.inventory(), TTL, disposal=Disposal.DELETE)

    def refresh(number: int) -> None:
        if number == 1:
            made.metadata(key, {"expires_at": made.stamp + DAY})
            value.unlink()
            value.write_text("new")

    list(watched(service, plan, refresh))

    assert value.read_text() == "new"
    assert len(service.inventory().entries) == 1
