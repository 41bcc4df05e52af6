"""A migration that somebody stopped: entries are told, and none of them is called done."""

from pathlib import Path

from cachemgr.domain.event import Gauge
from cachemgr.domain.plan import Plan
from cachemgr.domain.run_event import Announced, Phase, RunFinished, StepFinished
from cachemgr.service import CacheManager
from cachemgr.tui.app import CacheApp
from cachemgr.tui.relay import RunProgress
from cachemgr.tui.screens.history import HistoryScreen
from cachemgr.tui.screens.result import ResultScreen
from tests.desk import FORCED
from tests.migration.conftest import elsewhere
from tests.tui.picture import text
from tests.tui.scenes import settle
from tests.tui.test_journeys import go

__all__ = ["elsewhere"]


async def test_a_stopped_move_counts_entries(service: CacheManager, elsewhere: Path) -> None:
    inventory, gauge = service.inventory(), Gauge()
    entries = frozenset(entry.id for entry in inventory.entries_by_cache["musicbrainz@project"])
    plan: Plan = service.plan_migrate(inventory, entries, to=elsewhere / "there", force=FORCED)
    progress = RunProgress(plan, service.clock())
    for event in service.execute(plan, gauge):
        match event:
            case StepFinished(outcome=outcome):
                progress.outcomes[outcome.number] = outcome
            case RunFinished(run=run):
                progress.run, progress.finished = run, event
        gauge.stopped |= isinstance(event, Announced) and event.phase is Phase.PUBLISHING
    app = CacheApp(service)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await go(pilot, "4")
        assert isinstance(app.screen, HistoryScreen)
        shown = text(app)
        assert "stopped" in shown
        assert "0 of 4" in shown
        assert shown.count("untouched") == 4
        app.push_screen(ResultScreen(app.session, progress))
        await settle(pilot)
        assert "4 skipped: the run was stopped before it" in text(app)
