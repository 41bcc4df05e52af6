"""Names that try something, each with a mark of its own, so that its raw form can be searched for."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file name that is more than text to a terminal, a shell, a parser of markup or of options."""

    mark: str
    """Occurs in no other name and in nothing that a program says by itself."""
    name: bytes
    raw: tuple[bytes, ...] = ()
    """What may reach no terminal: the hostile bytes with the mark beside them. Empty for a name that is
    plain text to a terminal and has to be shown as it is."""
    shown: str = ""
    """How it stands on a screen instead."""

    def ending(self, suffix: str) -> bytes:
        """The name before a suffix, still no longer than a directory entry may be."""
        return self.name[: 255 - len(suffix)] + suffix.encode()


def _on_two_lines(mark: str, parting: str, shown: str) -> Hostile:
    first, second = f"{mark}a".encode(), f"{mark}b".encode()
    middle = parting.encode()
    # A terminal turns a line feed into carriage return and line feed.
    raw = (first + middle + second, first + middle.replace(b"\n", b"\r\n") + second)
    return Hostile(mark, first + middle + second, raw, f"{mark}a{shown}{mark}b")


def _before(mark: str, hostile: bytes, shown: str, after: bytes = b"") -> Hostile:
    raw = hostile + mark.encode()
    return Hostile(mark, raw + after, (raw,), shown + mark)


_ALL = (
    _on_two_lines("Qnl", "\n", "\\x0a"),
    _on_two_lines("Qcr", "\r", "\\x0d"),
    _on_two_lines("Qls", "\u2028", "\\u2028"),
    _before("Qosc", b"\x1b]0;", "\\x1b]0;", b"\x07"),
    _before("Qclip", b"\x1b]52;c;", "\\x1b]52;c;", b"\x1b\\"),
    _before("Qcsi", b"\x1b[31m", "\\x1b[31m"),
    _before("Qclear", b"\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
    _before("Qbel", b"\x07", "\\x07"),
    _before("Qbs", b"\x08", "\\x08"),
    _before("Qdel", b"\x7f", "\\x7f"),
    _before("Qbidi", "\u202e".encode(), "\\u202e"),
    _before("Qisolate", "\u2067".encode(), "\\u2067"),
    _before("Qzero", "\u200b".encode(), "\\u200b"),
    _before("Qcone", "\u009b".encode() + b"31m", "\\x9b31m"),
    _before("Qbyte", b"\x9b31m", "\\x9b31m"),
    _before("Qbin", b"\xff\xfe", "\\xff\\xfe"),
    Hostile("Qlong", b"Qlong" + b"n" * 250),
    Hostile("Qclick", b"[@click=app.quit]Qclick", shown="[@click=app.quit]Qclick"),
    Hostile("Qbold", b"[bold red]Qbold[", shown="[bold red]Qbold["),
    Hostile("Qdash", b"-rf Qdash", shown="-rf Qdash"),
    Hostile("Qshell", b"$(touch pwned);Qshell", shown="$(touch pwned);Qshell"),
    Hostile("Qglob", b"*Qglob?", shown="*Qglob?"),
)
_TEXT_ONLY = sys.platform == "darwin"
HOSTILE = tuple(name for name in _ALL if not (_TEXT_ONLY and name.mark in ("Qbyte", "Qbin")))
"""Those that this system can write; macOS knows no names that are no text."""
