"""A scroll bar of coloured ground alone, for terminals that cannot draw part blocks."""

from typing import ClassVar

from textual.scrollbar import ScrollBarRender
from textual.widget import Widget


class PlainScrollBar(ScrollBarRender):
    """Whole cells only."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


def use_plain_scrollbars(screen: Widget) -> None:
    """On everything in a screen that scrolls."""
    for widget in screen.walk_children(Widget):
        if widget.is_scrollable:
            # Textual keeps it on the class, where it would hold for every app of the process.
            widget.vertical_scrollbar.renderer = PlainScrollBar  # type: ignore[misc]
