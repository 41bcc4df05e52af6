"""Where a link leads when its root moves is told from its text."""

import pytest

from cachemgr.domain.leads import Lead, Move, end, lead, straight_end

HERE = (Move("/home/ada/.cache/hub", "/work/p/.cache/hub"), Move("/mnt/alias/hub", "/work/p/.cache/hub"))
WINDOWS = (Move("C:\\Users\\Ada\\cache", "D:\\p\\cache"),)


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("u/l", "f", Lead.WITHIN),
        ("u/l", "../v/f", Lead.WITHIN),
        ("m/snapshots/rev/f", "../../blobs/abc", Lead.WITHIN),
        ("l", ".", Lead.WITHIN),
        ("l", "./a/..", Lead.WITHIN),
        ("l", "", Lead.WITHIN),
        ("l", "..", Lead.LEAVING),
        ("u/l", "../../hub/f", Lead.LEAVING),
        ("u/l", "a/../../../f", Lead.LEAVING),
        ("l", "/etc/passwd", Lead.LEAVING),
        ("l", "/home/ada/.cache/hubble/f", Lead.LEAVING),
        ("l", "/home/ada/.cache/hub/../secret", Lead.LEAVING),
        ("l", "/home/ada/.cache", Lead.LEAVING),
        ("l", "C:\\x", Lead.WITHIN),
    ],
)
def test_a_link_stays_as_it_is(place: str, text: str, expected: Lead) -> None:
    assert lead(tuple(place.split("/")), text, HERE) == (expected, text)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("/home/ada/.cache/hub/m/f", "/work/p/.cache/hub/m/f"),
        ("/home/ada/.cache/hub", "/work/p/.cache/hub"),
        ("//home/./ada/.cache//hub/m/", "/work/p/.cache/hub/m/"),
        ("/mnt/alias/hub/m", "/work/p/.cache/hub/m"),
        ("/home/ada/.cache/hub/m/../n", "/work/p/.cache/hub/m/../n"),
    ],
)
def test_an_absolute_link_into_the_root_follows_it(text: str, new: str) -> None:
    assert lead(("u", "l"), text, HERE) == (Lead.REWRITTEN, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("..\\v\\f", (Lead.WITHIN, "..\\v\\f")),
        ("..\\..\\f", (Lead.LEAVING, "..\\..\\f")),
        ("\\\\?\\C:\\users\\ada\\Cache\\m", (Lead.REWRITTEN, "D:\\p\\cache\\m")),
        ("C:/Users/Ada/cache/m", (Lead.REWRITTEN, "D:\\p\\cache\\m")),
        ("C:\\Users\\Ada\\cached", (Lead.LEAVING, "C:\\Users\\Ada\\cached")),
        ("C:f", (Lead.LEAVING, "C:f")),
        ("\\f", (Lead.LEAVING, "\\f")),
    ],
)
def test_a_link_of_windows_is_told_too(text: str, expected: tuple[Lead, str]) -> None:
    assert lead(("u", "l"), text, WINDOWS) == expected


@pytest.mark.parametrize(
    ("text", "moves", "names"),
    [
        ("f", HERE, "u/f"),
        ("../v/./f", HERE, "v/f"),
        ("..", HERE, ""),
        ("../..", HERE, None),
        # Here a backslash is a letter like any other.
        ("..\\..\\..\\f", HERE, "u/..\\..\\..\\f"),
        ("/home/ada/.cache/hub/u/../n/f", HERE, "n/f"),
        ("/mnt/alias/hub/m", HERE, "m"),
        ("/home/ada/.cache/hub/../secret", HERE, None),
        ("/etc/passwd", HERE, None),
        ("..\\v\\f", WINDOWS, "v/f"),
        ("\\\\?\\C:\\users\\ada\\Cache\\u\\..\\n", WINDOWS, "n"),
    ],
)
def test_where_a_link_ends_is_told_below_the_root(
    text: str, moves: tuple[Move, ...], names: str | None
) -> None:
    expected = None if names is None else tuple(filter(None, names.split("/")))
    assert end(("u", "l"), text, moves) == expected
    assert (lead(("u", "l"), text, moves)[0] is Lead.LEAVING) == (names is None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("f", "u/f"),
        ("./d//f", "u/d/f"),
        ("../v/f", "v/f"),
        ("..\\v\\f", "v/f"),
        ("..", ""),
        ("../..", None),
        ("", None),
        (None, None),
        ("/home/ada/.cache/hub/u/f", None),
        ("\\f", None),
        ("\\\\?\\C:\\f", None),
        ("C:f", None),
        # Where `d` leads is told by the disk alone.
        ("d/../f", None),
        ("../d/..", None),
        ("./../v", "v"),
    ],
)
def test_what_is_believed_of_a_text_alone_goes_up_first(text: str | None, names: str | None) -> None:
    expected = None if names is None else tuple(filter(None, names.split("/")))
    assert straight_end(("u",), text) == expected
    if text and expected is not None:
        assert end(("u", "l"), text, WINDOWS) == expected
