"""Nothing a file is called may reach a terminal as anything but plain visible text."""

import os
import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachemgr.present.text import cells, display_name, middle, short_path


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain name.bin", "plain name.bin"),
        ("Ünïcode-日本語", "Ünïcode-日本語"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        ("a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f"),
        ("\x9b2J", "\\x9b2J"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028para\u2029", "line\\u2028para\\u2029"),
        (os.fsdecode(b"caf\xe9"), "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("filler\u3164", "filler\\u3164"),
        ("[@click=app.quit]x", "[@click=app.quit]x"),
    ],
)
def test_what_does_not_print_as_itself_becomes_a_visible_escape(name: str, shown: str) -> None:
    assert display_name(name) == shown


@given(st.text(alphabet=st.characters()))
def test_no_text_leaves_a_control_format_or_surrogate_behind(name: str) -> None:
    shown = display_name(name)

    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert display_name(shown) == shown
    shown.encode("utf-8")


@given(st.text(alphabet=st.characters()), st.integers(min_value=0, max_value=40))
def test_a_shortened_name_never_needs_more_columns_than_it_was_given(name: str, width: int) -> None:
    assert cells(middle(display_name(name), width)) <= width


def test_the_middle_goes_and_both_ends_stay() -> None:
    assert middle("models--openai--whisper-large-v3", 20) == "models--o…r-large-v3"
    assert middle("短い名前です", 7) == "短…です"
    assert middle("fits", 4) == "fits"


def test_a_path_is_said_as_a_person_would_say_it() -> None:
    home, project = PurePosixPath("/home/ada"), PurePosixPath("/home/ada/films")

    assert short_path(home / ".cache/pip", home, project) == "~/.cache/pip"
    assert short_path(project / "shared/model-cache", home, project) == "shared/model-cache"
    assert short_path(project, home, project) == "~/films"
    assert short_path(home, home) == "~"
    assert short_path(PurePosixPath("/home/adam/x"), home) == "/home/adam/x"
