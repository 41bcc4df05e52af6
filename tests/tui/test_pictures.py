"""The screens look as they were last drawn; the screenshots are those pictures."""

from pathlib import Path

import pytest

from tests.tui.draw_screenshots import SCREENSHOTS
from tests.tui.picture import characters, drawn_with, svg, text
from tests.tui.scenes import SCENES, Scene, played

AGAIN = "python -m tests.tui.draw_screenshots draws it again, when the change is meant"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.file)
async def test_a_scene_looks_as_it_was_drawn(scene: Scene, tmp_path: Path) -> None:
    drawn = (SCREENSHOTS / f"{scene.file}.svg").read_text(encoding="utf-8")

    async with played(scene) as (pilot, _):
        seen, picture = text(pilot.app), svg(pilot.app)

    assert seen == characters(drawn), AGAIN
    if drawn_with() in drawn:
        (tmp_path / f"{scene.file}.svg").write_text(picture, encoding="utf-8")
        assert picture == drawn, f"{AGAIN}; the new one is in {tmp_path}"


def test_a_picture_needs_nothing_from_elsewhere() -> None:
    for path in SCREENSHOTS.glob("*.svg"):
        drawn = path.read_text(encoding="utf-8")
        assert "://" not in drawn.replace("http://www.w3.org/2000/svg", ""), path.name
