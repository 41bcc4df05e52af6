"""The smallest parts of documents: text that may hold undecodable bytes, and whole numbers."""

import base64
import os
from typing import Any

from cachemgr.domain.display import display_name

Document = dict[str, object]


def is_text(text: str) -> bool:
    """Whether the string holds characters only, and no undecodable bytes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def exact(text: str) -> str | Document:
    """A name or an id that may hold undecodable bytes: itself, or an object with the bytes."""
    if is_text(text):
        return text
    return {"text": display_name(text), "b64": base64.b64encode(os.fsencode(text)).decode("ascii")}


def text(value: Any) -> str:
    """A string that may have been written with its bytes beside it. Raises ValueError, TypeError."""
    if isinstance(value, dict):
        return os.fsdecode(base64.b64decode(value["b64"], validate=True))
    if not isinstance(value, str):
        raise TypeError(repr(value)[:40])
    return value


def number(value: Any) -> int:
    """Raises TypeError."""
    if type(value) is not int:
        raise TypeError(repr(value)[:40])
    return value
