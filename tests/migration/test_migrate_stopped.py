"""A migration that somebody stops before it is committed: both ends are as they were."""

import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from cachemgr.domain.event import Gauge
from cachemgr.domain.run_event import Announced, Phase, RunEvent
from cachemgr.execute import files
from tests.cli.conftest import Program
from tests.desk import carry_out
from tests.migration.ground import Ground, ground, look
from tests.migration.killing import whole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


@pytest.mark.parametrize("made", ["deep/er/hub", "hub"])
def test_a_migration_that_is_stopped_leaves_nothing_at_the_destination(
    found: Ground, elsewhere: Path, made: str
) -> None:
    gauge = Gauge()

    def stop(event: RunEvent) -> None:
        gauge.stopped |= isinstance(event, Announced) and event.phase is Phase.PUBLISHING

    os.utime(elsewhere, (0, 0))
    before = look(elsewhere)
    with whole(found, elsewhere):
        done = carry_out(found.service, found.plan(to=elsewhere / made), during=stop, gauge=gauge)

    assert {one.trouble.kind for one in done.outcomes if one.trouble is not None} == {"stopped"}
    assert look(elsewhere) == before


def test_who_stops_a_migration_is_told_entries_and_nothing_to_mend(
    found: Ground, elsewhere: Path, cachemgr: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = files.create

    def interrupted(*arguments: Any) -> Any:
        monkeypatch.setattr(files, "create", create)
        os.kill(os.getpid(), signal.SIGINT)
        return create(*arguments)

    monkeypatch.setattr(files, "create", interrupted)
    with whole(found, elsewhere):
        said = cachemgr("migrate", "huggingface-hub@home", "--to", str(elsewhere / "hub"), "--yes",
                        "--force", "in-use")  # fmt: skip

    assert said.code == 130
    (entries,) = re.findall(r"Migrate: (\d+) entries", said.out)
    assert f"Brought 0 B to its new place in 0 entries, {entries} skipped.\n" in said.out
    assert "Nothing was taken away, and the source is whole.\n" in said.out
    assert said.err.count("skipped: ") == int(entries)
    assert (
        cachemgr("history").out.splitlines()[1].split()[-5:] == ["0", entries, "0", "B", "—", "stopped"][-5:]
    )


def test_a_directory_that_somebody_uses_meanwhile_stays(found: Ground, elsewhere: Path) -> None:
    gauge = Gauge()

    def stop(event: RunEvent) -> None:
        if isinstance(event, Announced) and event.phase is Phase.PUBLISHING:
            (elsewhere / "hub" / "theirs").write_text("mine")
            gauge.stopped = True

    with whole(found, elsewhere):
        carry_out(found.service, found.plan(to=elsewhere / "hub"), during=stop, gauge=gauge)

    assert [path.name for path in (elsewhere / "hub").iterdir()] == ["theirs"]
