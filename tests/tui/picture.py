"""A screen as an SVG that needs nothing from elsewhere, and as plain text."""

import re
from html import escape, unescape
from importlib.metadata import version

from textual.app import App

_FACES = re.compile(r"src: local\(\"(FiraCode-\w+)\"\),.*?;", re.DOTALL)
_MAKER = re.compile(r"\s*<!-- Generated with .*? -->")
_TEXT = re.compile(r"<desc>\n(.*)\n</desc>", re.DOTALL)
TITLE = "cachemgr"


def drawn_with() -> str:
    """The versions that decide how a screen is drawn."""
    return f"drawn with textual {version('textual')} and rich {version('rich')}"


def svg(app: App[None]) -> str:
    """The screen as an SVG with the fonts of the reader's machine, and its text as a description."""
    picture = app.export_screenshot(title=TITLE)
    picture = _MAKER.sub(
        "", _FACES.sub(lambda face: f'src: local("{face[1]}"), local("Fira Code");', picture)
    )
    head, mark, rest = picture.partition(">")
    return f"{head}{mark}\n<!-- {drawn_with()} -->\n<desc>\n{escape(text(app))}\n</desc>{rest}"


def text(app: App[None]) -> str:
    """The characters on the screen, line by line."""
    lines = app.screen._compositor.render_strips()
    return "\n".join(line.text.rstrip() for line in lines)


def characters(picture: str) -> str:
    """The characters that a picture says it shows."""
    found = _TEXT.search(picture)
    assert found is not None
    return unescape(found[1])
