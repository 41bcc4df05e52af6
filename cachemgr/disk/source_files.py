"""Whether a directory holds what somebody wrote."""

from pathlib import Path

from cachemgr.disk import handles

_SUFFIXES = tuple(
    ".c .cpp .cs .go .java .jl .js .kt .php .proto .py .r .rb .rs .scala .sql .swift .ts .vue".split()
)


def holds_sources(directory: Path) -> bool:
    """Whether source files lie directly in it. A link, or what cannot be read, holds none."""
    try:
        handle = handles.open_root(directory)
    except OSError:
        return False
    try:
        return any(name.lower().endswith(_SUFFIXES) for name in handles.names(handle))
    except OSError:
        return False
    finally:
        handles.close(handle)
