"""Rectangles whose areas are proportional to weights, as near to squares as they can be.

Bruls, Huizing and van Wijk, "Squarified treemaps" (2000); a terminal cell counts as twice as high as wide.
"""

from collections.abc import Sequence
from typing import NamedTuple

CELL_RATIO = 2.0
"""Height of a terminal cell in widths."""


class Box(NamedTuple):
    """A rectangle of whole cells; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


class _Area(NamedTuple):
    x: float
    y: float
    width: float
    height: float


def squarify(weights: Sequence[float], width: int, height: int) -> list[Box]:
    """A box for each weight, in their order, which must be descending. Boxes may be empty, never overlap,
    and fill the whole area when a weight is positive."""
    total = sum(weights)
    if total <= 0 or width <= 0 or height <= 0:
        return [Box(0, 0, 0, 0) for _ in weights]
    scale = width * height * CELL_RATIO / total
    left = [weight * scale for weight in weights]
    free = _Area(0.0, 0.0, float(width), height * CELL_RATIO)
    boxes: list[Box] = []
    while left:
        row = _row(left, min(free.width, free.height))
        made, free = _lay(left[:row], free)
        boxes += [_cells(area) for area in made]
        left = left[row:]
    return boxes


def _row(areas: Sequence[float], side: float) -> int:
    """How many of the next areas stand in one row: as long as the worst shape gets better."""
    best = float("inf")
    for number in range(1, len(areas) + 1):
        worst = _worst(areas[:number], side)
        if worst > best:
            return number - 1
        best = worst
    return len(areas)


def _worst(areas: Sequence[float], side: float) -> float:
    total = sum(areas)
    if total <= 0 or side <= 0 or areas[-1] <= 0:
        return 1e300
    return max(side * side * areas[0] / (total * total), total * total / (side * side * areas[-1]))


def _lay(areas: Sequence[float], free: _Area) -> tuple[list[_Area], _Area]:
    """A row along the shorter side of what is free, and what stays free."""
    total = sum(areas)
    made: list[_Area] = []
    if free.width >= free.height:
        depth = min(total / free.height, free.width) if free.height else 0.0
        y = free.y
        for area in areas:
            height = free.height * area / total if total else 0.0
            made.append(_Area(free.x, y, depth, height))
            y += height
        return made, _Area(free.x + depth, free.y, free.width - depth, free.height)
    depth = min(total / free.width, free.height) if free.width else 0.0
    x = free.x
    for area in areas:
        width = free.width * area / total if total else 0.0
        made.append(_Area(x, free.y, width, depth))
        x += width
    return made, _Area(free.x, free.y + depth, free.width, free.height - depth)


def _cells(area: _Area) -> Box:
    """Edges are rounded, not sizes, so that neighbours meet."""
    return Box(
        round(area.x),
        round(area.y / CELL_RATIO),
        round(area.x + area.width),
        round((area.y + area.height) / CELL_RATIO),
    )
