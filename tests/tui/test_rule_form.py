"""What can be typed as a rule is what the command line takes, and nothing that is typed ends the app."""

import pytest
from click import BadParameter

from cachemgr.cli.commands.expire import expire
from cachemgr.domain.policy import Policy
from cachemgr.tui.rule_form import BLANKS, Blank, filled, text_of
from cachemgr.tui.screens.expire import ExpireScreen
from tests.tui.scenes import Scene, played, settle

TYPED = (
    "9" * 400,
    "9" * 400 + "TB",
    "9" * 400 + "d",
    "99999999999999y",
    "0",
    "1.5",
    "-1",
    "soon",
    "3",
    "30d",
)


@pytest.mark.parametrize("blank", [blank for blank in BLANKS if not blank.is_switch], ids=lambda b: b.name)
@pytest.mark.parametrize("text", TYPED, ids=lambda text: text[:8])
def test_the_form_takes_what_the_option_takes(blank: Blank, text: str) -> None:
    option = next(one for one in expire.params if one.opts == [f"--{blank.name}"])
    try:
        taken = option.type.convert(text, option, None)
    except BadParameter:
        with pytest.raises(ValueError, match="is n"):
            filled(Policy(), blank, text)
        return

    written = text_of(filled(Policy(), blank, text), blank)

    assert option.type.convert(written, option, None) == int(taken)


@pytest.mark.parametrize("text", ["9" * 400, "x" * 900], ids=["huge", "long"])
async def test_what_is_no_rule_is_said_in_few_lines(text: str) -> None:
    async with played(Scene("expire-huge", ("e", "down", "down", "down", "enter"), (60, 15))) as (pilot, _):
        screen = pilot.app.screen
        assert isinstance(screen, ExpireScreen)

        screen.panel.typed.value = text
        await pilot.pause(0.3)
        await settle(pilot)

        assert "is no" in screen.panel.wrong
        assert len(screen.status_lines()) <= 3
