"""Draw the screenshots again: `python -m tests.tui.draw_screenshots [NAME…]`."""

import asyncio
import sys
from pathlib import Path

from tests.tui.picture import svg
from tests.tui.scenes import SCENES, Scene, played

SCREENSHOTS = Path(__file__).parent.parent.parent / "screenshots"


async def draw(scene: Scene) -> str:
    async with played(scene) as (pilot, _):
        return svg(pilot.app)


def main(names: list[str]) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for scene in SCENES:
        if not names or any(name in scene.file for name in names):
            (SCREENSHOTS / f"{scene.file}.svg").write_text(
                asyncio.run(draw(scene)), encoding="utf-8", newline="\n"
            )
            print(f"screenshots/{scene.file}.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
