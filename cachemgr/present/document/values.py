"""How a path, a time and an origin are written in every document, and how a document becomes text."""

import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath

from cachemgr import __version__
from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Origin, Problem
from cachemgr.present.figures import moment
from cachemgr.present.text import problem_sentence

Document = dict[str, object]


def head(schema: str, generated_at: datetime) -> Document:
    """What every document begins with."""
    return {"schema": schema, "version": __version__, "generated_at": time(generated_at)}


def encode(document: Mapping[str, object], *, indent: int | None = 2) -> str:
    """Printable ASCII alone, whatever the names in it hold; without a final line feed."""
    # DEL is the one character that `ensure_ascii` lets through and a terminal does not print.
    return json.dumps(document, ensure_ascii=True, indent=indent).replace("\x7f", "\\u007f")


def path_fields(path: PurePath | None, name: str = "path") -> Document:
    """`path`, and `path_b64` with the exact bytes where no text has them."""
    if path is None:
        return {name: None}
    text = str(path)
    if is_text(text):
        return {name: text}
    return {name: display_name(text), f"{name}_b64": base64.b64encode(os.fsencode(text)).decode()}


def exact(text: str) -> str:
    """A name or an id: itself where UTF-8 has it, escapes for the bytes that are no text."""
    return text if is_text(text) else display_name(text)


def time(instant: datetime | None) -> str | None:
    """`2026-11-20T15:00:00Z`."""
    if instant is None:
        return None
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def stamp(seconds: int | None) -> str | None:
    """A file's time stamp; null where unknown or outside of the calendar."""
    return time(moment(seconds))


def origin(value: Origin, project: PurePath | None = None) -> Document:
    """Where a setting came from; a project's own file relative to it."""
    source = PurePath(value.source)
    if project is not None and source.is_relative_to(project):
        source = source.relative_to(project)
        return {"source": exact(source.as_posix()), "key": exact(value.key), "line": value.line}
    return {"source": exact(value.source), "key": exact(value.key), "line": value.line}


def problem(value: Problem) -> Document:
    return {
        "code": value.code,
        "message": problem_sentence(value),
        "detail": exact(value.detail),
        "errno": value.errno,
    }


def error(code: int, kind: str, message: str) -> Document:
    """`cachemgr.error/1`: a request that was not honoured."""
    return {"schema": "cachemgr.error/1", "code": code, "kind": kind, "message": message}


def is_text(text: str) -> bool:
    """Whether UTF-8 has it: bytes that are no text are halves of characters in Python."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
