"""fish: for `… | source`. Each command ends with `;`, so that `eval (…)`, which joins lines, works too."""

from itertools import groupby

from cachemgr.environment.text import in_bytes, is_hidden

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def assign(name: str, value: str) -> str:
    """Between single quotes only `\\'` and `\\\\` mean something else; escapes stand outside of them."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    runs = (("".join(run), hidden) for hidden, run in groupby(quoted, is_hidden))
    return f"set -gx {name} '{''.join(_outside(run) if hidden else run for run, hidden in runs)}';"


def remove(name: str) -> str:
    """In this shell alone: a universal variable is kept on disk, and stays as the user set it."""
    return f"set -ge {name};"


def _outside(run: str) -> str:
    return f"'{''.join(map(_escape, run))}'"


def _escape(char: str) -> str:
    return _NAMED.get(char) or "".join(f"\\X{byte:02x}" for byte in in_bytes(char))
