"""A path with a part that a shell would have replaced, in a place where nothing replaces it."""

import re

_LEFT = re.compile(r"~|.*\$(\w|\{)", re.DOTALL)
_LEFT_ON_WINDOWS = re.compile(r"~|.*(\$(\w|\{)|%\w+%)", re.DOTALL)


def is_unexpanded(text: str, *, percent: bool = True) -> bool:
    """Whether a path begins with `~`, or has `$NAME`, `${` or `%NAME%` in it. `percent`: what stands between
    two of those is replaced on Windows, and a configuration may be read there; elsewhere it is a name."""
    return (_LEFT_ON_WINDOWS if percent else _LEFT).match(text) is not None
