"""Colours by meaning, as theme variables, and the one place that turns a meaning into a style.

A tone is a few words: the name of an ink (`muted`, `downloads`, `danger`), `bold` or `underline`, and with
`on-` the name of a ground of its own.
"""

from functools import lru_cache
from typing import TypeVar

from rich.style import Style
from rich.text import Text
from textual.app import App
from textual.color import Color
from textual.theme import Theme

from cachemgr.present.text import Tier
from cachemgr.tui.glyphs import ASCII, UNICODE, Glyphs

Result = TypeVar("Result")
Span = tuple[str, str]
"""Text that is fit to show, and its tone."""

_NIGHT = {
    "page": "#0f141b",
    "sheet": "#151b24",
    "strip": "#1b232e",
    "cursor": "#2a3a4f",
    "cursor-far": "#1d2733",
    "marked": "#1b232e",
    "edge": "#2c3745",
    "edge-focus": "#56a8f0",
    "ink": "#d9e0ea",
    "muted": "#9aa7b8",
    "dim": "#7f8da0",
    "faint": "#5c6878",
    "accent-ink": "#e8a33d",
    "good": "#2bb592",
    "danger": "#ff6b5e",
    "brand": "#e8a33d",
    "brand-ink": "#0b0f14",
    "rebuilds": "#2bb592",
    "downloads": "#56a8f0",
    "costs": "#e8a33d",
    "unique": "#ff8f6b",
    "legacy": "#da8dc3",
    "protected": "#8a93a6",
    "tile-rebuilds": "#184a43",
    "tile-downloads": "#274663",
    "tile-costs": "#584426",
    "tile-unique": "#5c3428",
    "tile-legacy": "#523a52",
    "tile-protected": "#3a4656",
    "tile-ink": "#e8edf5",
    "lit-ink": "#0b0f14",
    "bar-other": "#3a4656",
    "bar-track": "#1a222b",
    "stripe": "#7a4e0c",
    "button": "#2c3745",
    "button-focus": "#8fb8de",
    "dialog": "#1d2530",
}
_DAY = _NIGHT | {
    "page": "#eef1f5",
    "sheet": "#fbfcfd",
    "strip": "#e1e7ee",
    "cursor": "#cfe0f3",
    "cursor-far": "#e3ebf4",
    "marked": "#eef3f8",
    "edge": "#b9c4d0",
    "edge-focus": "#1565b8",
    "ink": "#1b2430",
    "muted": "#43505d",
    "dim": "#55626f",
    "faint": "#93a0ad",
    "accent-ink": "#865000",
    "good": "#0a6b51",
    "danger": "#b8231a",
    "rebuilds": "#0a6b51",
    "downloads": "#125ca8",
    "costs": "#865000",
    "unique": "#a03a12",
    "legacy": "#93316f",
    "protected": "#55606e",
    "tile-rebuilds": "#bfe5da",
    "tile-downloads": "#c3dcf5",
    "tile-costs": "#f3dcb4",
    "tile-unique": "#f5cdbc",
    "tile-legacy": "#ecd0e3",
    "tile-protected": "#d3dae2",
    "tile-ink": "#1b2430",
    "lit-ink": "#ffffff",
    "bar-other": "#9fadbc",
    "bar-track": "#dbe2ea",
    "stripe": "#f3dcb4",
    "button": "#d3dce6",
    "button-focus": "#1565b8",
    "dialog": "#ffffff",
}
_CONTRAST = _NIGHT | {
    "page": "#000000",
    "sheet": "#000000",
    "strip": "#1a1a1a",
    "cursor": "#003b70",
    "cursor-far": "#1a1a1a",
    "marked": "#262626",
    "edge": "#a0a0a0",
    "edge-focus": "#ffffff",
    "ink": "#ffffff",
    "muted": "#f0f0f0",
    "dim": "#e0e0e0",
    "faint": "#b0b0b0",
    "accent-ink": "#ffd75f",
    "good": "#5fffaf",
    "danger": "#ff8f87",
    "brand": "#ffd75f",
    "brand-ink": "#000000",
    "rebuilds": "#5fffaf",
    "downloads": "#87d7ff",
    "costs": "#ffd75f",
    "unique": "#ffaf87",
    "legacy": "#ffafff",
    "protected": "#d0d0d0",
    "tile-ink": "#ffffff",
    "lit-ink": "#000000",
    "bar-other": "#808080",
    "bar-track": "#303030",
    "button": "#303030",
    "button-focus": "#ffffff",
    "dialog": "#101010",
}
_ANSI = {
    "page": "ansi_default",
    "sheet": "ansi_default",
    "strip": "ansi_default",
    "cursor": "ansi_blue",
    "cursor-far": "ansi_bright_black",
    "marked": "ansi_default",
    "edge": "ansi_bright_black",
    "edge-focus": "ansi_bright_blue",
    "ink": "ansi_default",
    "muted": "ansi_default",
    "dim": "ansi_default",
    "faint": "ansi_bright_black",
    "accent-ink": "ansi_yellow",
    "good": "ansi_green",
    "danger": "ansi_red",
    "brand": "ansi_yellow",
    "brand-ink": "ansi_black",
    "rebuilds": "ansi_green",
    "downloads": "ansi_cyan",
    "costs": "ansi_yellow",
    "unique": "ansi_red",
    "legacy": "ansi_magenta",
    "protected": "ansi_default",
    "tile-rebuilds": "ansi_green",
    "tile-downloads": "ansi_cyan",
    "tile-costs": "ansi_yellow",
    "tile-unique": "ansi_red",
    "tile-legacy": "ansi_magenta",
    "tile-protected": "ansi_white",
    "tile-ink": "ansi_black",
    "lit-ink": "ansi_black",
    "lit-rebuilds": "ansi_bright_green",
    "lit-downloads": "ansi_bright_cyan",
    "lit-costs": "ansi_bright_yellow",
    "lit-unique": "ansi_bright_red",
    "lit-legacy": "ansi_bright_magenta",
    "lit-protected": "ansi_bright_white",
    "bar-other": "ansi_white",
    "bar-track": "ansi_bright_black",
    "stripe": "ansi_black",
    "button": "ansi_bright_black",
    "button-focus": "ansi_bright_white",
    "dialog": "ansi_default",
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "block-cursor-foreground": "ansi_bright_white",
    "block-cursor-background": "ansi_blue",
    "input-cursor-background": "ansi_white",
    "input-cursor-foreground": "ansi_black",
    "input-selection-background": "ansi_blue",
    "input-selection-foreground": "ansi_white",
    "screen-selection-background": "ansi_blue",
    "screen-selection-foreground": "ansi_white",
}


def _theme(name: str, colours: dict[str, str], *, dark: bool = True, ansi: bool = False) -> Theme:
    scroll = {
        "scrollbar": colours["edge"],
        "scrollbar-hover": colours["edge-focus"],
        "scrollbar-active": colours["edge-focus"],
        "scrollbar-background": colours["bar-track"],
        "scrollbar-background-hover": colours["bar-track"],
        "scrollbar-background-active": colours["bar-track"],
        "scrollbar-corner-color": colours["sheet"],
    }
    return Theme(
        name=name,
        primary=colours["downloads"],
        secondary=colours["downloads"],
        accent=colours["brand"],
        warning=colours["costs"],
        error=colours["danger"],
        success=colours["good"],
        foreground=colours["ink"],
        background=colours["page"],
        surface=colours["sheet"],
        panel=colours["strip"],
        boost=colours["strip"],
        dark=dark,
        ansi=ansi,
        variables={f"lit-{tier}": colours[tier] for tier in Tier} | colours | scroll,
    )


THEMES = (
    _theme("night", _NIGHT),
    _theme("day", _DAY, dark=False),
    _theme("high-contrast", _CONTRAST),
    _theme("terminal", _ANSI, ansi=True),
)
"""The first one is the default; `terminal` uses the terminal's own sixteen colours."""


DEFAULTS = THEMES[0].variables
"""What every variable is when a foreign theme does not define it."""


class Look:
    """Styles and glyphs for what is drawn by hand; made once for each theme."""

    def __init__(self, variables: dict[str, str], glyphs: Glyphs, *, plain: bool = False) -> None:
        self.glyphs = glyphs
        self.plain = plain
        """Sixteen colours that we do not choose: on a coloured ground nothing but the plain ink is safe."""
        self._variables = variables
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, tone: str = "", ground: str = "") -> Style:
        """The style of a tone, on a ground (`cursor`, `tile-costs` …) or on whatever lies below."""
        key = (tone, ground)
        if key not in self._styles:
            self._styles[key] = self._make(tone, ground)
        return self._styles[key]

    def text(self, *spans: Span) -> Text:
        """Displayable spans as one text. Never markup."""
        made = Text()
        for words, tone in spans:
            made.append(words, self.style(tone))
        return made

    def _make(self, tone: str, ground: str) -> Style:
        words = tone.split()
        ink = next((word for word in words if word in self._variables), "ink")
        ground = next((word[3:] for word in words if word.startswith("on-")), ground)
        return Style(
            color=Color.parse(self._variables[ink]).rich_color,
            bgcolor=Color.parse(self._variables[ground]).rich_color if ground else None,
            bold="bold" in words or None,
            underline="underline" in words or None,
        )


@lru_cache(maxsize=16)
def _look(theme: str, ascii_glyphs: bool) -> Look:
    chosen = next((made for made in THEMES if made.name == theme), THEMES[0])
    return Look(chosen.variables, ASCII if ascii_glyphs else UNICODE, plain=chosen.ansi)


def look(app: App[Result]) -> Look:
    """How things look under the app's present theme."""
    return _look(app.theme, bool(getattr(app, "ascii_glyphs", False)))
