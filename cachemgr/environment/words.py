"""A line of a shell's file as words, as far as they stand there literally."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = re.compile(
    r"""(?P<space>\s+)|(?P<comment>\#.*)|(?P<end>;)
    |'(?P<single>[^']*)'
    |"(?P<double>[^"\\`]*)"
    |(?P<home>\$HOME\b|\$\{HOME\})
    |(?P<bare>[^\s\#;'"$\\`&|<>()*?{}\[\]]+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_HOME = re.compile(r"\$HOME\b|\$\{HOME\}")
_TILDE = re.compile(r"(^|=)~(?=/|$)")
_OTHER_HOME = re.compile(r"(?:^|=)~")


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    """What is literal of it, from its beginning on."""
    computed: bool = False
    """The shell would put something in that does not stand here."""


def commands(line: str, home: str) -> Iterator[list[Word]]:
    """The commands of a line, which `;` divides. The home is the one thing that is filled in."""
    words: list[Word] = []
    parts: list[str] | None = None
    computed = False
    for piece in (*_PIECE.finditer(line), None):
        kind = piece.lastgroup if piece is not None else "end"
        if kind in ("space", "end") or (kind == "comment" and parts is None):
            if parts is not None:
                words.append(Word("".join(parts), computed))
            parts, computed = None, False
            if kind == "end" and words:
                yield words
                words = []
            continue
        assert piece is not None
        text, whole = _literal(str(kind), piece, home)
        if kind == "bare" and parts is None:
            text, whole = _tilde(text, home)
        parts = parts or []
        if not computed:
            parts.append(text)
        computed = computed or not whole


def _tilde(text: str, home: str) -> tuple[str, bool]:
    """A word's beginning with `~` as the home; `~name` is another one, which is not known here."""
    text = _TILDE.sub(lambda match: match[1] + home, text)
    other = _OTHER_HOME.search(text)
    return (text, True) if other is None else (text[: other.end() - 1], False)


def _literal(kind: str, piece: re.Match[str], home: str) -> tuple[str, bool]:
    """What a piece of a word stands for, and whether that is all of it."""
    if kind == "home":
        return home, True
    if kind == "double":
        text = _HOME.sub(lambda _: home, piece["double"])
        return ("", False) if "$" in _HOME.sub("", piece["double"]) else (text, True)
    return (piece[kind], True) if kind in ("single", "bare") else ("", False)
