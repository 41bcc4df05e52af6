"""fish: for `… | source`. Each command ends with `;`, so that `eval (…)`, which joins lines, works too."""

import re

_ESCAPED = re.compile(r"[\x01-\x1f\x7f\udc80-\udcff]+")
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def assign(name: str, value: str) -> str:
    """Between single quotes only `\\'` and `\\\\` mean something else; escapes stand outside of them."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{_ESCAPED.sub(_outside, quoted)}';"


def remove(name: str) -> str:
    """In this shell alone: a universal variable is kept on disk, and stays as the user set it."""
    return f"set -ge {name};"


def _outside(match: re.Match[str]) -> str:
    return f"'{''.join(map(_escape, match[0]))}'"


def _escape(char: str) -> str:
    code = ord(char)
    return _NAMED.get(char) or f"\\X{code - 0xDC00 if code > 0xFF else code:02x}"
