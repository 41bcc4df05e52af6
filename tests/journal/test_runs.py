"""The record of every run: durable before each effect, readable however it ended."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from filelock import FileLock

from cachemgr.domain.errors import Busy, Refused, Unavailable, UnknownTarget
from cachemgr.domain.run_event import Announced, Phase, RunEvent, StepFinished, StepStarted
from cachemgr.domain.terms import Disposal, RunState, Status
from cachemgr.journal import store
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.desk import Clock, carry_out, manager, picture, plan_of, removal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def service(home: Path) -> CacheManager:
    return manager(home)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tree(tmp_path / "box", {f"entry{n}": {"a": "1", "deep": {"b": "2" * 5000}} for n in range(6)})


def file_of(service: CacheManager) -> Path:
    (file,) = (service.state / "runs").glob("*.jsonl")
    return file


def events_in(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_every_announcement_is_on_disk_before_its_effect(
    disposal: Disposal, service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", watch)
    before = picture(box)
    phases: list[Phase] = []

    def look(event: RunEvent) -> None:
        if not isinstance(event, Announced):
            return
        phases.append(event.phase)
        written = file_of(service).read_bytes()
        # The whole record, up to this announcement, had been flushed when it was handed on.
        assert synced[-1] == len(written)
        last = json.loads(written.splitlines()[-1])
        assert (last["event"], last["phase"], last["steps"]) == (
            "announced",
            event.phase,
            list(event.numbers),
        )
        if event.phase is Phase.MOVING:
            assert picture(box) == before

    steps = [removal(box, f"entry{n}", disposal=disposal) for n in range(6)]
    carry_out(service, plan_of(box, *steps), during=look)
    assert phases == [Phase.MOVING] + [Phase.PURGING] * (disposal is Disposal.DELETE)


def test_what_cannot_be_written_down_is_not_done(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, at every line of the record in turn."""
    append = store._append
    before = picture(box)

    def run(full_at: int) -> int:
        written = 0

        def fails(descriptor: int, line: dict[str, object], *, durable: bool) -> None:
            nonlocal written
            if written == full_at:
                os.write(descriptor, b'{"event":"outc')
                raise OSError(28, "No space left on device")
            written += 1
            append(descriptor, line, durable=durable)

        monkeypatch.setattr(store, "_append", fails)
        steps = [removal(box, f"entry{n}", disposal=Disposal.QUARANTINE) for n in range(6)]
        try:
            carry_out(service, plan_of(box, *steps))
        except Unavailable:
            monkeypatch.setattr(store, "_append", append)
            if full_at:
                assert service.run().state is RunState.INTERRUPTED
                with suppress(Refused):  # it may never have come to an effect
                    carry_out(service, service.plan_undo(service.run().id))
        else:
            monkeypatch.setattr(store, "_append", append)
            carry_out(service, service.plan_undo())
        now = picture(box)
        assert {name: look[3:] for name, look in now.items()} == {
            name: look[3:] for name, look in before.items()
        }
        return written

    number = 0
    while run(number) == number:
        number += 1
    assert number > 8


def test_a_last_line_that_was_cut_short_is_left_out(service: CacheManager, box: Path) -> None:
    carry_out(
        service, plan_of(box, removal(box, "entry0"), removal(box, "entry1", disposal=Disposal.QUARANTINE))
    )
    file = file_of(service)
    whole = file.read_bytes()
    for length in range(len(whole) - 2, whole.index(b"\n"), -13):
        file.write_bytes(whole[:length])
        run = service.run()
        assert run.state is RunState.INTERRUPTED
        assert len(run.plan.steps) == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]\n", '{"schema": "other"}\n', '{"plan": {}, "started": 1}\n', "\xff\n"]
)
def test_a_file_that_is_no_record_hides_no_other(text: str, service: CacheManager, box: Path) -> None:
    carry_out(service, plan_of(box, removal(box, "entry0")))
    (service.state / "runs" / "20991231-000000-00000000.jsonl").write_text(text, encoding="latin-1")
    os.symlink("/dev/zero", service.state / "runs" / "20991231-000000-00000001.jsonl")
    assert len(service.runs()) == 1


def test_outcomes_that_no_step_has_are_left_out(service: CacheManager, box: Path) -> None:
    carry_out(service, plan_of(box, removal(box, "entry0")))
    lines = file_of(service).read_text().splitlines()
    (outcome,) = [line for line in lines if '"outcome"' in line]
    file_of(service).write_text(
        "\n".join([*lines, outcome.replace('"n":0', '"n":7'), '{"event":"announced"}', "1"])
    )
    assert [one.number for one in service.run().outcomes] == [0]


def test_runs_of_one_second_are_in_the_order_of_writing(home: Path, box: Path) -> None:
    stopped = Clock()
    now = stopped()
    service = manager(home, clock=lambda: now)
    made = [carry_out(service, plan_of(box, removal(box, f"entry{n}"))).run for n in range(6)]
    assert [run.id for run in service.runs()] == made[::-1]


def test_the_state_is_for_its_owner_alone(service: CacheManager, box: Path) -> None:
    service.state.mkdir(mode=0o755)
    carry_out(service, plan_of(box, removal(box, "entry0")))
    for place in (service.state, service.state / "runs"):
        assert place.stat().st_mode & 0o777 == 0o700
    assert file_of(service).stat().st_mode & 0o777 == 0o600


def test_a_state_that_is_a_link_is_not_used(service: CacheManager, box: Path, tmp_path: Path) -> None:
    service.state.symlink_to(tree(tmp_path / "elsewhere", {}))
    before = picture(box)
    with pytest.raises(Unavailable, match="is a link"):
        carry_out(service, plan_of(box, removal(box, "entry0")))
    assert picture(box) == before
    assert os.listdir(tmp_path / "elsewhere") == []


def test_nothing_is_written_before_the_first_run(service: CacheManager) -> None:
    assert service.runs() == ()
    assert not service.state.exists()


def test_a_run_is_found_by_the_beginning_of_its_name_if_only_one_begins_so(
    service: CacheManager, box: Path
) -> None:
    run = carry_out(service, plan_of(box, removal(box, "entry0"))).run
    assert service.run(run[:-3]).id == run
    for unknown in ("", "20", "x", f"{run}0"):
        if unknown == "20":
            carry_out(service, plan_of(box, removal(box, "entry1")))
        with pytest.raises(UnknownTarget):
            service.run(unknown)


def test_one_writer_at_a_time_and_the_second_is_told_who(service: CacheManager, box: Path) -> None:
    first = service.execute(plan_of(box, removal(box, "entry0"), removal(box, "entry1")))
    next(event for event in first if isinstance(event, StepStarted))
    before = picture(box)
    with pytest.raises(Busy, match=f"process {os.getpid()}, run "):
        carry_out(service, plan_of(box, removal(box, "entry2")))
    assert picture(box) == before
    assert len(list(first)) > 0
    assert carry_out(service, plan_of(box, removal(box, "entry2"))).statuses == [Status.DONE]


def test_a_run_that_ends_in_another_thread_gives_the_lock_back(
    service: CacheManager, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while something, a traceback for one, still refers to it."""
    kept: list[FileLock] = []

    def keep(*arguments: Any, **options: Any) -> FileLock:
        kept.append(FileLock(*arguments, **options))
        return kept[-1]

    monkeypatch.setattr("filelock.FileLock", keep)
    first = service.execute(plan_of(box, removal(box, "entry0")))
    next(first)
    thread = Thread(target=lambda: list(first))
    thread.start()
    thread.join()
    assert carry_out(service, plan_of(box, removal(box, "entry1"))).statuses == [Status.DONE]


def test_a_finished_run_says_what_became_of_every_step(service: CacheManager, box: Path) -> None:
    done = carry_out(service, plan_of(box, removal(box, "entry0"), removal(box, "entry1")))
    assert service.run().outcomes == done.outcomes
    told = [event["n"] for event in events_in(file_of(service)) if event.get("event") == "outcome"]
    assert told == [event.outcome.number for event in done.events if isinstance(event, StepFinished)]
