"""A `.env` file. Its readers differ, so each value takes the plainest form that they read alike; where none
is left, the form of python-dotenv (1.2: parser.py, variables.py)."""

import re

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import UsageError
from cachemgr.environment.text import as_text, has_controls

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_SPECIAL_IN_DOUBLE_QUOTES = re.compile(r'["\\$`]')


def assign(name: str, value: str) -> str:
    """Raises UsageError for what no form holds: control characters, bytes that are no text, and `${`, which
    python-dotenv replaces between any quotes."""
    as_text("a .env file", name, value)
    if "${" in value or has_controls(value):
        what = "`${`" if "${" in value else "control characters"
        raise UsageError(
            f"{name} is {display_name(value)}, and a .env file cannot hold {what}; name a shell with --shell"
        )
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    if "'" in value and not _SPECIAL_IN_DOUBLE_QUOTES.search(value):
        return f'{name}="{value}"'
    # A backslash alone is itself for everybody; only where it could escape something it is doubled.
    escaped = re.sub(r"\\{2,}|\\(?='|$)", lambda match: match[0] * 2, value).replace("'", "\\'")
    return f"{name}='{escaped}'"
