"""A screen as an SVG that needs nothing from elsewhere, and as plain text."""

import re

import rich
import textual
from textual.app import App

_FACES = re.compile(r"src: local\(\"(FiraCode-\w+)\"\),.*?;", re.DOTALL)
TITLE = "cachemgr"


def drawn_with() -> str:
    """The versions that decide how a screen is drawn."""
    from importlib.metadata import version

    return f"textual {textual.__version__}, rich {version('rich')}"


def svg(app: App[None]) -> str:
    """The screen as an SVG. Its fonts are those of the reader's machine."""
    assert rich
    picture = app.export_screenshot(title=TITLE)
    picture = _FACES.sub(lambda face: f'src: local("{face[1]}"), local("Fira Code");', picture)
    head, mark, rest = picture.partition(">")
    return f"{head}{mark}\n<!-- drawn with {drawn_with()} -->{rest}"


def text(app: App[None]) -> str:
    """The characters on the screen, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height
    return "\n".join(line.text[:width].rstrip() for line in lines)
