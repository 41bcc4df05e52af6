"""Would git take up what comes to a place? Read from the files that say so (gitignore(5)); git itself is not
asked, for a project's own configuration can make it run programs."""

import os
from collections.abc import Iterator
from pathlib import Path

from cachemgr.disk.small_file import read_bytes

_LIMIT = 1 << 20
"""Bytes of a file with patterns; a longer one is something else."""


def work_tree_around(path: Path) -> Path | None:
    """The git work tree that would take up what comes to a place; None where there is none, or where it is
    ignored there. `path` is absolute, without links, and need not exist."""
    top = next((above for above in path.parents if os.path.lexists(above / ".git")), None)
    if top is None:
        return None
    # Only where there is a work tree; it is not among what a `status` needs.
    from pathspec import GitIgnoreSpec

    specs = [
        (folder, GitIgnoreSpec.from_lines(lines))
        for folder, lines in _patterns(top, path)
        if any(line.strip() for line in lines)
    ]
    parts = path.relative_to(top).parts
    for depth in range(1, len(parts) + 1):
        # What lies in an ignored directory is ignored, whatever is said further down.
        here, ignored = top.joinpath(*parts[:depth]), False
        for folder, spec in specs:
            if here.is_relative_to(folder) and here != folder:
                said = spec.check_file(f"{here.relative_to(folder).as_posix()}/").include
                ignored = ignored if said is None else said
        if ignored:
            return None
    return top


def _patterns(top: Path, path: Path) -> Iterator[tuple[Path, list[str]]]:
    """The weakest first."""
    yield top, _lines(top / ".git" / "info" / "exclude")
    folders = [
        top,
        *(above for above in reversed(path.parents) if above != top and above.is_relative_to(top)),
    ]
    for folder in folders:
        yield folder, _lines(folder / ".gitignore")


def _lines(file: Path) -> list[str]:
    try:
        text = read_bytes(file, _LIMIT)
    except OSError:
        return []
    return [] if text is None or len(text) > _LIMIT else text.decode("utf-8", "surrogateescape").splitlines()
