"""Emptying the quarantine: when its bytes are freed, and what is not touched."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cachemgr.disk.reader import OURS
from cachemgr.domain.errors import Refused, UnknownTarget
from cachemgr.domain.terms import Disposal, RunState, Status
from cachemgr.execute.sample import SampleHome, build
from cachemgr.service import CacheManager
from tests.desk import Clock, carry_out, clear, du, picture, sample_manager, utc_now
from tests.execute.other_user import needs_root

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pictures are made of POSIX facts")


@pytest.fixture
def sample(tmp_path: Path) -> SampleHome:
    return build(tmp_path / "sample", utc_now())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(sample: SampleHome, clock: Clock) -> CacheManager:
    return sample_manager(sample, clock)


def set_aside(service: CacheManager, word: str) -> str:
    return carry_out(service, clear(service, lambda entry, _: word in entry.id, Disposal.QUARANTINE)).run


def test_it_frees_what_du_says_and_there_is_no_way_back(sample: SampleHome, service: CacheManager) -> None:
    run = set_aside(service, "@")
    before = du(sample.home, sample.project)
    done = carry_out(service, service.plan_purge(run))
    assert set(done.statuses) == {Status.DONE}
    assert done.freed == before - du(sample.home, sample.project) > 1 << 20
    assert not list(sample.directory.rglob(f"{OURS}*"))
    assert service.run(run).state is RunState.PURGED
    with pytest.raises(Refused, match="was purged"):
        service.plan_undo(run)
    assert service.plan_purge(run).steps == ()


def test_one_run_s_purge_leaves_the_others_their_way_back(sample: SampleHome, service: CacheManager) -> None:
    kept = picture(sample.home / ".cache" / "whisper")
    first, second = set_aside(service, "openai-whisper@"), set_aside(service, "tmdb@")
    carry_out(service, service.plan_purge(second))
    assert set(carry_out(service, service.plan_undo(first)).statuses) == {Status.DONE}
    assert picture(sample.home / ".cache" / "whisper") == kept


def test_two_runs_in_one_root_are_told_apart(sample: SampleHome, service: CacheManager) -> None:
    first = set_aside(service, "openai-whisper@home:base")
    second = set_aside(service, "openai-whisper@home:tiny")
    carry_out(service, service.plan_purge(first))
    assert set(carry_out(service, service.plan_undo(second)).statuses) == {Status.DONE}
    left = sorted(path.name for path in (sample.home / ".cache" / "whisper").iterdir())
    assert "tiny.en.pt" in left
    assert "base.pt" not in left


def test_due_means_after_the_day_that_was_promised(service: CacheManager, clock: Clock) -> None:
    run = set_aside(service, "tmdb@")
    keep_until = service.run(run).plan.keep_until
    assert keep_until is not None
    assert keep_until - clock() > timedelta(days=6, hours=23)
    clock.ahead = 7 * 86400 - 60
    assert service.plan_purge(due=True).steps == ()
    clock.ahead = 7 * 86400 + 60
    assert set(carry_out(service, service.plan_purge(due=True)).statuses) == {Status.DONE}
    assert service.run(run).state is RunState.PURGED


@pytest.mark.parametrize("days", [60, 20_000])
def test_nothing_is_due_by_a_clock_that_jumped(days: int, service: CacheManager, clock: Clock) -> None:
    """Nothing was recorded or changed for all that time. Who knows better can name the run."""
    run = set_aside(service, "tmdb@")
    clock.ahead = days * 86400
    with pytest.raises(Refused, match=f"if the clock is right, name the run: cachemgr purge {run}"):
        service.plan_purge(due=True)
    assert service.plan_purge(run).steps


def test_what_is_due_is_purged_late_where_something_has_happened_since(
    sample: SampleHome, service: CacheManager, clock: Clock
) -> None:
    run = set_aside(service, "tmdb@")
    clock.ahead = 60 * 86400
    late = clock().timestamp() - 20 * 86400
    os.utime(service.run(run).plan.roots[0].path, (late, late))
    assert set(carry_out(service, service.plan_purge(due=True)).statuses) == {Status.DONE}


def test_an_unknown_run_is_an_error_and_not_a_silent_nothing(service: CacheManager) -> None:
    with pytest.raises(UnknownTarget, match="no run is called"):
        service.plan_purge("20200101-000000-00000000")
    with pytest.raises(UnknownTarget):
        service.plan_undo("20200101-000000-00000000")
    with pytest.raises(UnknownTarget, match="no run is remembered"):
        service.plan_undo()


def test_nothing_set_aside_is_nothing_to_purge(service: CacheManager) -> None:
    assert service.plan_purge().steps == ()
    carry_out(service, clear(service, lambda entry, _: "tmdb@" in entry.id, Disposal.DELETE))
    assert service.plan_purge().steps == ()


def test_a_run_that_was_undone_has_nothing_to_purge_and_cannot_be_undone_twice(service: CacheManager) -> None:
    run = set_aside(service, "tmdb@")
    carry_out(service, service.plan_undo(run))
    assert service.plan_purge(run).steps == ()
    with pytest.raises(Refused, match="was undone already"):
        service.plan_undo(run)


def test_the_refusal_names_the_run_that_can_be_undone(service: CacheManager) -> None:
    run = set_aside(service, "tmdb@")
    carry_out(service, clear(service, lambda entry, _: "openai-whisper@" in entry.id, Disposal.DELETE))
    with pytest.raises(Refused, match=run):
        service.plan_undo()


def test_a_quarantine_somebody_removed_by_hand_is_purged(sample: SampleHome, service: CacheManager) -> None:
    run = set_aside(service, "tmdb@")
    (quarantine,) = sample.project.rglob(f"{OURS}*")
    quarantine.rename(sample.directory / "elsewhere")
    assert carry_out(service, service.plan_purge(run)).statuses == [Status.DONE]
    assert service.run(run).state is RunState.PURGED


@needs_root
def test_what_cannot_be_removed_is_reported_and_the_rest_is_purged(
    sample: SampleHome, service: CacheManager
) -> None:
    run = set_aside(service, "openai-whisper@")
    (quarantine,) = sample.home.rglob(f"{OURS}*")
    stuck = quarantine / "1"
    if subprocess.run(["chattr", "+i", stuck], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable files")
    try:
        before = du(sample.home)
        done = carry_out(service, service.plan_purge(run))
        assert done.statuses == [Status.FAILED]
        assert [outcome.trouble and outcome.trouble.errno for outcome in done.outcomes] == [1]
        assert done.freed == before - du(sample.home) > 0
        assert sorted(path.name for path in quarantine.iterdir()) == [".cachemgr", "1"]
        # Some of it is gone, so that there is no way back to promise.
        with pytest.raises(Refused, match="removed in part"):
            service.plan_undo(run)
    finally:
        subprocess.run(["chattr", "-i", stuck], check=True)
    assert carry_out(service, service.plan_purge(run)).statuses == [Status.DONE]
    assert not quarantine.exists()


@needs_root
def test_a_purge_that_removed_nothing_leaves_the_way_back(sample: SampleHome, service: CacheManager) -> None:
    """A file system that became read-only, say. What it began on nobody vouches for; this nobody touched."""
    run = set_aside(service, "openai-whisper@")
    before = picture(sample.home)
    quarantine = next(sample.home.rglob(f"{OURS}*"))
    # Nothing can be removed from a directory that cannot be changed.
    if subprocess.run(["chattr", "+i", quarantine], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable files")
    try:
        done = carry_out(service, service.plan_purge(run))
        assert done.statuses == [Status.FAILED]
        assert picture(sample.home) == before
    finally:
        subprocess.run(["chattr", "-i", quarantine], check=True)
    assert set(carry_out(service, service.plan_undo(run)).statuses) == {Status.DONE}
    assert service.run(run).state is RunState.UNDONE


def test_neither_does_one_that_could_not_tell_whose_quarantine_it_is(
    sample: SampleHome, service: CacheManager
) -> None:
    run = set_aside(service, "tmdb@")
    mark = next(sample.project.rglob(f"{OURS}*/.cachemgr"))
    kept = mark.rename(sample.directory / "mark")
    assert carry_out(service, service.plan_purge(run)).kinds == ["no-quarantine"]
    kept.rename(mark)
    assert set(carry_out(service, service.plan_undo(run)).statuses) == {Status.DONE}


def test_of_a_failed_purge_that_an_older_release_recorded_the_worst_is_believed(
    sample: SampleHome, service: CacheManager
) -> None:
    run = set_aside(service, "tmdb@")
    mark = next(sample.project.rglob(f"{OURS}*/.cachemgr"))
    mark.rename(sample.directory / "mark")
    purge = carry_out(service, service.plan_purge(run)).run
    record = service.state / "runs" / f"{purge}.jsonl"
    record.write_text(record.read_text().replace(',"begun":false', ""))
    with pytest.raises(Refused, match="removed in part"):
        service.plan_undo(run)


def test_read_only_means_nothing_is_changed(sample: SampleHome, service: CacheManager) -> None:
    from dataclasses import replace

    looking = replace(service, read_only=True)
    before = picture(sample.directory)
    with pytest.raises(Refused, match="--read-only"):
        carry_out(looking, clear(looking))
    assert picture(sample.directory) == before


def test_making_plans_changes_nothing(sample: SampleHome, service: CacheManager) -> None:
    before = picture(sample.directory)
    clear(service)
    service.plan_purge()
    assert service.runs() == ()
    assert picture(sample.directory) == before
