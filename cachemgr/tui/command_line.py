"""An argv as a line that a shell reads back byte by byte, and that is fit to show."""

import os
import re
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+\Z")


def command_line(argv: Sequence[str]) -> str:
    """The words, quoted where they have to be; `$'…'` where a word does not print as itself."""
    return " ".join(map(_word, argv))


def _word(word: str) -> str:
    if _PLAIN.match(word):
        return word
    if word.isascii() and word.isprintable():
        return "'" + word.replace("'", "'\\''") + "'"
    return "$'" + "".join(map(_escaped, os.fsencode(word))) + "'"


def _escaped(byte: int) -> str:
    char = chr(byte)
    if char in "\\'":
        return f"\\{char}"
    return char if 0x20 <= byte < 0x7F else f"\\x{byte:02x}"
