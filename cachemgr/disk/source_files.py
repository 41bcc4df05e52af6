"""Whether a directory holds what somebody wrote."""

import os
from pathlib import Path

_SUFFIXES = tuple(
    ".c .cpp .cs .go .java .jl .js .kt .php .proto .py .r .rb .rs .scala .sql .swift .ts .vue".split()
)


def holds_sources(directory: Path) -> bool:
    """Whether source files lie directly in it. A directory that cannot be read holds none."""
    try:
        return any(name.lower().endswith(_SUFFIXES) for name in os.listdir(directory))
    except OSError:
        return False
