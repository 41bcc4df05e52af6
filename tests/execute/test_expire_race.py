"""Expiring while another process exchanges shards and metadata for links: what they lead to stays."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.policy import Policy
from cachemgr.domain.run_event import RunFinished
from cachemgr.domain.terms import Disposal, Rule, Status
from cachemgr.service import CacheManager
from tests.answers import DAY, Answers
from tests.desk import Look, picture
from tests.execute.racer import Racer, Swap
from tests.managers import manager

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

SHARDS = ("aa", "ab")


@dataclass
class Course:
    """Two shards with an expired and a live pair each, and a sentinel of the same names, all expired."""

    top: Path
    answers: Answers
    sentinel: dict[str, Look]
    live: dict[Path, bytes]

    @classmethod
    def lay(cls, top: Path) -> "Course":
        course = cls(top, Answers(top / "cache", datetime.now(UTC)), {}, {})
        theirs = Answers(top / "sentinel", datetime.now(UTC))
        for shard in SHARDS:
            for key in (expired(shard), live(shard)):
                theirs.value(key)
                theirs.metadata(key, {"expires_at": theirs.stamp - DAY})
            value = course.answers.value(live(shard))
            metadata = course.answers.metadata(live(shard), {"expires_at": theirs.stamp + DAY})
            course.live |= {path: path.read_bytes() for path in (value, metadata)}
        course.sentinel = picture(top / "sentinel")
        return course

    @property
    def root(self) -> Path:
        return self.answers.root

    def swaps(self) -> tuple[Swap, ...]:
        inside = [f"{shard}/{key(shard)}.meta.json" for shard in SHARDS for key in (expired, live)]
        return tuple(Swap(self.root / way, self.top / "sentinel" / way) for way in (*SHARDS, *inside))

    def refill(self) -> None:
        for shard in SHARDS:
            key = expired(shard)
            if not (self.root / shard / f"{key}.json").exists():
                self.answers.value(key)
            if not (self.root / shard / f"{key}.meta.json").exists():
                self.answers.metadata(key, {"expires_at": self.answers.stamp - DAY})

    def gone(self) -> int:
        """Expired pairs whose value went."""
        return sum(not (self.root / shard / f"{expired(shard)}.json").exists() for shard in SHARDS)

    def intact(self) -> bool:
        return picture(self.top / "sentinel") == self.sentinel

    def lives(self) -> bool:
        return all(path.read_bytes() == text for path, text in self.live.items())


def expired(shard: str) -> str:
    return shard + "0" * 62


def live(shard: str) -> str:
    return shard + "1" * 62


def expire(service: CacheManager, disposal: Disposal) -> list[Status]:
    """Looks, plans and executes, all of it in the middle of the race."""
    plan = service.expiring.plan(
        service.inventory(), Policy(ttl=True), disposal=disposal, force=[Rule.MASS_EXPIRY, Rule.IN_USE]
    )
    statuses: list[Status] = []
    for event in service.execute(plan) if plan.steps else ():
        if isinstance(event, RunFinished):
            statuses = [outcome.status for outcome in event.outcomes]
    return statuses


def race(tmp_path: Path, home: Path, disposal: Disposal, number: int) -> tuple[int, int, int]:
    """Pairs that went, steps that were refused or skipped, and exchanges."""
    course = Course.lay(tmp_path / "course")
    service = manager(home, roots={"responses": course.root})
    gone = stayed = 0
    with Racer(tmp_path / "aside", *course.swaps()) as racer:
        for _ in range(number):
            course.refill()
            racer.go()
            statuses = expire(service, disposal)
            racer.halt()
            assert course.intact()
            assert course.lives()
            gone += course.gone()
            stayed += sum(status is not Status.DONE for status in statuses)
            for quarantine in course.root.glob(f"{OURS}*"):
                assert disposal is Disposal.QUARANTINE or Status.DONE not in statuses
                shutil.rmtree(quarantine)
    return gone, stayed, racer.swaps


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_what_a_racer_puts_in_place_of_shards_and_metadata_is_not_touched(
    disposal: Disposal, tmp_path: Path, home: Path
) -> None:
    gone, _, swaps = race(tmp_path, home, disposal, 12)
    assert gone > 2
    assert swaps > 20


@pytest.mark.soak
@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_two_hundred_expires_with_a_racer(disposal: Disposal, tmp_path: Path, home: Path) -> None:
    gone, stayed, swaps = race(tmp_path, home, disposal, 200)
    print(f"{disposal}: {gone} pairs went, {stayed} steps did not, {swaps} exchanges")
    assert gone > 20
    assert stayed > 10
    assert swaps > 1000


def clean_up(root: Path) -> None:
    """What the design of the response cache does: by path, metadata first."""
    for metadata in sorted(root.rglob("*.meta.json")):
        try:
            if time.time() > json.loads(metadata.read_text())["expires_at"]:
                time.sleep(0.001)  # as a busy machine does on its own
                os.unlink(metadata)
                os.unlink(str(metadata).replace(".meta.json", ".json"))
        except FileNotFoundError:
            continue


@pytest.mark.parametrize("naive", [clean_up])
def test_the_racer_catches_who_expires_by_path(naive: Callable[[Path], None], tmp_path: Path) -> None:
    """Else the tests above would show nothing."""
    course = Course.lay(tmp_path / "course")
    with Racer(tmp_path / "aside", *course.swaps()) as racer:
        given_up = time.monotonic() + 60
        while time.monotonic() < given_up:
            course.refill()
            racer.go()
            try:
                naive(course.root)
            finally:
                racer.halt()
            if not course.intact():
                return
    pytest.fail("a minute of tries, and none was caught")
