"""cmd: a batch file, to be run with `call`."""

from collections.abc import Iterable

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import UsageError
from cachemgr.environment.text import as_text, has_controls

_LONGEST = 8191
"""Characters of a command line (Microsoft: command prompt line string limitation)."""
UTF8 = "chcp 65001 >nul"
"""A batch file is read by the console's code page, line by line."""


def assign(name: str, value: str) -> str:
    """The quotes of `set "…"` go around both and protect `&|<>^()`; a `%` is doubled in a batch file.

    Raises UsageError for what no such line can hold: quotation marks and control characters, neither of
    which a name on Windows has.
    """
    as_text("cmd", name, value)
    if '"' in value or has_controls(value):
        what = "quotation marks" if '"' in value else "control characters"
        raise UsageError(
            f"{name} is {display_name(value)}, and cmd cannot hold {what}; name another shell with --shell"
        )
    line = f'set "{name}={value.replace("%", "%%")}"'
    if len(line) > _LONGEST:
        raise UsageError(f"{name} is longer than a line of cmd can be; name another shell with --shell")
    return line


def remove(name: str) -> str:
    return f'set "{name}="'


def before(values: Iterable[str]) -> tuple[str, ...]:
    """What has to be said to the console first."""
    return () if all(value.isascii() for value in values) else (UTF8,)
