"""bash, zsh and the shells of POSIX (dash, ksh, busybox): for `eval "$(…)"` or a file that is sourced."""

import re

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\udc80-\udcff]")
"""Control characters, and bytes that are no text (`os.fsdecode` keeps them as surrogates)."""
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


def assign_ansi(name: str, value: str) -> str:
    """For bash and zsh: one line whatever the value holds, because `$'…'` has escapes."""
    if not _CONTROLS.search(value):
        return assign(name, value)
    return f"export {name}=$'{''.join(map(_escaped, value))}'"


def assign(name: str, value: str) -> str:
    """For every POSIX shell: between single quotes all is itself, line feeds included."""
    quoted = value.replace("'", "'\\''")
    return f"export {name}='{quoted}'"


def remove(name: str) -> str:
    return f"unset {name}"


def _escaped(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if not _CONTROLS.match(char):
        return char
    code = ord(char)
    # Three octal digits: a hexadecimal escape would take the letters that follow along.
    return f"\\{code - 0xDC00 if code > 0xFF else code:03o}"
