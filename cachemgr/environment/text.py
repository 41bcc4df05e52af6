"""What the dialects ask of a value: whether it is text, and what of it does not print as itself.

A terminal, a log and a person see each line as it is: what would style, move or turn it is escaped wherever
the dialect has escapes.
"""

import unicodedata

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import UsageError


def as_text(dialect: str, name: str, value: str) -> str:
    """The value. Raises UsageError where it has bytes that are no text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{name} is {display_name(value)}, which is not UTF-8, and {dialect} holds only text; "
            "name another shell with --shell"
        ) from None
    return value


def has_controls(value: str) -> bool:
    """Whether it has control characters, which dialects without escapes cannot hold."""
    return any(unicodedata.category(char) == "Cc" for char in value)


def is_hidden(text: str) -> bool:
    """Whether something in it does not print as itself, or is a byte that is no text."""
    return display_name(text) != text


def in_bytes(char: str) -> bytes:
    """As it stands in an environment (`os.fsdecode` keeps bytes that are no text as surrogates)."""
    return char.encode("utf-8", "surrogateescape")
