"""What the filter hides is neither marked, planned nor deleted."""

from cachemgr.tui.app import CacheApp
from cachemgr.tui.screens.explore import ExploreScreen
from cachemgr.tui.screens.notice import NoticeScreen
from cachemgr.tui.screens.plan import PlanScreen
from tests.tui.ada import ada
from tests.tui.picture import text
from tests.tui.scenes import press, settle

FILTER = ("2", "slash", *"whisper", "enter")
SHOWN = {
    "huggingface-hub@home:models/openai/whisper-large-v3@06f233f",
    "huggingface-hub@home:models/openai/whisper-large-v3@41f01f3",
}


async def test_a_plan_for_a_row_takes_what_the_filter_shows_of_it_and_says_so() -> None:
    manager = ada()
    app = CacheApp(manager)

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in FILTER:
            await press(pilot, key)
        assert isinstance(app.screen, ExploreScreen)
        assert app.screen.table.key == "huggingface-hub@home"
        assert "2 of 10 entries shown; the 8 that the filter hides stay" in text(app)
        await press(pilot, "d")

        assert isinstance(app.screen, PlanScreen)
        assert {step.entry for step in app.screen.plan.steps if step.entry} <= SHOWN
        assert manager.theatre.planned[-1][0] == SHOWN
        assert "only what the filter shows; 8 more are left alone" in text(app)
        await press(pilot, "c")
        assert isinstance(app.screen, NoticeScreen)
        assert "clear huggingface-hub@home:models/openai/whisper-large-v3@06f233f" in app.screen.told


async def test_marking_a_row_marks_what_the_filter_shows_of_it() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in (*FILTER, "space"):
            await press(pilot, key)
        assert app.session.marks == SHOWN
        for key in ("up", "space"):
            await press(pilot, key)
        assert app.session.marks == set()


async def test_a_plan_of_marks_that_the_filter_hides_says_so() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        for key in ("space", "slash", *"torch", "enter", "d"):
            await press(pilot, key)

        assert "10 of them hidden by the filter" in text(app)


async def test_while_a_filter_is_typed_the_keys_shown_are_those_that_do_something() -> None:
    app = CacheApp(ada())

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        for key in ("slash", "q"):
            await press(pilot, key)
        last = text(app).splitlines()[-1]
        assert "Keep the filter" in last
        assert "Quit" not in last
        await press(pilot, "enter")
        assert "q Quit" in text(app).splitlines()[-1]
