"""What some dialects ask of a value: to be text."""

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
