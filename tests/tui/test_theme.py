"""Every ink can be read on every ground it stands on, and no theme lacks a colour."""

import pytest
from textual.color import Color
from textual.theme import Theme

from cachemgr.present.text import Tier
from cachemgr.tui.glyphs import ASCII, UNICODE
from cachemgr.tui.theme import DEFAULTS, THEMES, Look

RGB = [theme for theme in THEMES if not theme.ansi]
INKS = ("ink", "muted", "dim", "accent-ink", "good", "danger", *(tier.value for tier in Tier))
GROUNDS = ("page", "sheet", "strip", "marked", "dialog")
READABLE = 4.5
"""WCAG 2.1, level AA for text."""


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: Color, ground: Color) -> float:
    lighter, darker = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", RGB, ids=lambda theme: theme.name)
def test_every_ink_is_readable_on_every_ground(theme: Theme) -> None:
    colours = {name: Color.parse(value) for name, value in theme.variables.items()}
    pairs = [(ink, ground) for ink in INKS for ground in GROUNDS]
    pairs += [(ink, ground) for ink in ("ink", "accent-ink", "good") for ground in ("cursor", "cursor-far")]
    pairs += [(tier.value, "cursor") for tier in Tier if tier is not Tier.PROTECTED]
    pairs += [("tile-ink", f"tile-{tier.value}") for tier in Tier]
    pairs += [("lit-ink", f"lit-{tier.value}") for tier in Tier]
    pairs += [("brand-ink", "brand"), ("page", "button-focus"), ("ink", "button")]

    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 1) for pair in pairs}

    assert not {pair: ratio for pair, ratio in weak.items() if ratio < READABLE}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_theme_has_every_colour(theme: Theme) -> None:
    assert set(DEFAULTS) <= set(theme.variables)


def test_a_tone_with_a_misspelt_ink_is_the_plain_one_and_a_ground_must_exist() -> None:
    look = Look(DEFAULTS, UNICODE)

    assert look.style("no-such-ink").color == look.style("ink").color
    with pytest.raises(KeyError):
        look.style("ink", "no-such-ground")


def test_the_ascii_glyphs_are_ascii() -> None:
    signs = [getattr(ASCII, name) for name in ASCII.__slots__ if name != "ascii"]

    assert all(sign.isascii() and sign.isprintable() for sign in signs)
