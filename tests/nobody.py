"""Doing something as a user for whom permissions count: for root they do not."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cachemgr.domain.machine import Platform
from tests.builders import HERE

NOBODY = 65534

needs_permissions = pytest.mark.skipif(HERE is Platform.WINDOWS, reason="Windows has no permission bits")


def as_nobody(do: Callable[[], Any]) -> Any:
    """What `do` returns, as JSON brings it back, without root's privileges."""
    if os.geteuid() != 0:
        return do()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, json.dumps(do()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, "the child failed; its traceback is on standard error"
    return json.loads(text)


@contextmanager
def public_directory() -> Iterator[Path]:
    """A temporary directory of nobody's, below directories that everybody may pass through.

    pytest's own are closed to all but the user that runs the tests.
    """
    with tempfile.TemporaryDirectory(dir="/tmp" if os.name == "posix" else None) as text:
        path = Path(text).resolve()
        path.chmod(0o755)
        yield path
        for place in path.rglob("*"):
            if place.is_dir() and not place.is_symlink():
                place.chmod(0o755)


def give_away(path: Path) -> None:
    """Make nobody the owner of a tree, where that is possible."""
    if os.geteuid() == 0:
        for place in (path, *path.rglob("*")):
            os.chown(place, NOBODY, NOBODY, follow_symlinks=False)
