"""Only `cachemgr.execute` changes a disk. What the others may write of their own is listed here, in full."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import calls, imported, mentions, modules

DOOR = "execute/"

OWN_FILES: dict[str, set[str]] = {
    # flock(2) over NFS wants a descriptor that may write; nothing is written through it
    "disk/posix.py": {"os.O_RDWR"},
    "journal/store.py": {
        "Path.mkdir", "Path.chmod", "Path.touch", "Path.unlink", "os.O_WRONLY", "os.O_CREAT", "os.O_APPEND",
    },
    "config/trust.py": {
        "Path.mkdir", "Path.replace", "open for writing", "os.O_WRONLY", "os.O_CREAT", "os.O_TRUNC",
    },
    # in memory
    "disk/database.py": {"sqlite3.connect"},
    # --plan FILE: the user's own words for where it goes
    "cli/action.py": {"open for writing"},
    # a library that applications import: the files of its own cache, and the index beside them
    "responses/files.py": {
        "os.O_WRONLY", "os.O_RDWR", "os.O_CREAT", "os.link", "os.makedirs", "os.rename", "os.replace",
        "os.rmdir", "os.unlink", "os.utime",
    },
    # in memory, to see which tables there have to be
    "responses/bookkeeping.py": {"sqlite3.connect"},
    "responses/connections.py": {"sqlite3.connect"},
    "responses/database.py": {"sqlite3.connect"},
    "responses/rebuild.py": {"sqlite3.connect"},
    # /dev/null takes the place of a pipe that was closed
    "cli/output.py": {"os.O_WRONLY"},
    # the directory of a demo
    "__main__.py": {"tempfile.mkdtemp", "open for writing"},
}  # fmt: skip
"""Modules that write files of our own: the journal, our configuration, what the user asked for by name."""

OF_OS = frozenset(
    """chflags chmod chown copy_file_range fchmod fchown ftruncate lchmod lchown link makedirs mkdir mkfifo
    mknod posix_fallocate remove removedirs removexattr rename renames replace rmdir sendfile setxattr symlink
    truncate unlink utime""".split()
)
OF_SHUTIL = frozenset(
    """chown copy copy2 copyfile copyfileobj copymode copystat copytree make_archive move rmtree
    unpack_archive""".split()
)
OF_ANY_PATH = frozenset(
    "chmod hardlink_to lchmod mkdir rename rmdir symlink_to touch unlink write_bytes write_text".split()
)
"""Methods of `Path` whose names nothing else bears; `replace` is looked at separately."""
OPENERS = {"open", "io.open", "os.fdopen", "click.open_file", "gzip.open", "tarfile.open", "zipfile.ZipFile"}
WRITE_FLAGS = {"os.O_WRONLY", "os.O_RDWR", "os.O_CREAT", "os.O_TRUNC", "os.O_APPEND", "os.O_TMPFILE"}
MAKES_FILES = ("tempfile.", "send2trash.", "sqlite3.")
OPEN_MODE = re.compile(r"[rwaxbt+]{1,4}")


def effects(module: ast.Module) -> Iterator[tuple[str, int]]:
    """What in a module could change a disk, and the line."""
    for name, call in calls(module):
        if (effect := _effect(name, call)) is not None:
            yield effect, call.lineno
    for name, node in mentions(module):
        if name in WRITE_FLAGS:
            yield name, node.lineno
    for source in imported(module).values():
        owner, _, method = source.rpartition(".")
        if method in {"os": OF_OS, "shutil": OF_SHUTIL}.get(owner, ()):
            yield f"import of {source}", 1


def _effect(name: str, call: ast.Call) -> str | None:
    owner, _, method = name.rpartition(".")
    if owner in ("os", "shutil"):
        if method in (OF_OS if owner == "os" else OF_SHUTIL):
            return name
    elif owner and method in OF_ANY_PATH:
        return f"Path.{method}"
    elif method == "replace" and len(call.args) == 1 and not call.keywords and owner != "dataclasses":
        return "Path.replace"
    elif name.startswith(MAKES_FILES) or name == "send2trash":
        return name
    if _opens_for_writing(name, call):
        return "open for writing"
    if name == "getattr" and isinstance(call.args[0], ast.Name) and call.args[0].id in ("os", "shutil"):
        wanted = call.args[1]
        if not isinstance(wanted, ast.Constant) or wanted.value in OF_OS | OF_SHUTIL:
            return "getattr(os, …)"
    return None


def _opens_for_writing(name: str, call: ast.Call) -> bool:
    """Whether the mode says so or, where it must be a mode, cannot be read off the page."""
    if name not in OPENERS and (name.rpartition(".")[2] != "open" or name == "os.open"):
        return False
    position = 1 if name in OPENERS else 0
    mode = next((keyword.value for keyword in call.keywords if keyword.arg == "mode"), None)
    certain = mode is not None or name in OPENERS
    if mode is None and len(call.args) > position:
        mode = call.args[position]
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str):
        return OPEN_MODE.fullmatch(mode.value) is not None and bool(set(mode.value) & set("wax+"))
    return certain and mode is not None


@pytest.mark.parametrize("path", [path for path in modules() if not path.startswith(DOOR)])
def test_nothing_but_execute_changes_a_disk(path: str) -> None:
    allowed = OWN_FILES.get(path, set())
    found = {f"{name} (line {line})" for name, line in effects(modules()[path]) if name not in allowed}
    assert not found, f"cachemgr/{path} changes the disk; that belongs in cachemgr/execute"


def test_every_permission_is_needed() -> None:
    """A permission that outlived its use is an open door."""
    used = {path: {name for name, _ in effects(module)} for path, module in modules().items()}
    unneeded = {path: names - used.get(path, set()) for path, names in OWN_FILES.items()}
    assert not {path: names for path, names in unneeded.items() if names}


@pytest.mark.parametrize(
    "line",
    [
        "import os; os.unlink(p)",
        "from os import rmdir as gone; gone(p)",
        "import os as o; o.rename(a, b)",
        "import shutil; shutil.rmtree(p)",
        "p.write_text('x')",
        "Path(p).replace(q)",
        "p.joinpath('x').symlink_to(y)",
        "open(p, 'w')",
        "open(p, mode=how)",
        "p.open('ab')",
        "import os; os.open(p, os.O_RDWR)",
        "import os; os.utime(p)",
        "import tempfile; tempfile.mkstemp()",
        "import os; getattr(os, name)(p)",
    ],
)
def test_the_door_is_recognised_in_every_disguise(line: str) -> None:
    assert list(effects(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "'a'.replace('b', 'c')",
        "when.replace(tzinfo=UTC)",
        "from dataclasses import replace; replace(entry, name='x')",
        "names.remove(x)",
        "open(p)",
        "p.open('rb')",
        "import os; os.open(p, os.O_RDONLY | os.O_NOFOLLOW)",
        "reader.link('a')",
        "import os; getattr(os, 'O_NOATIME', 0)",
        "import webbrowser; webbrowser.open(url)",
    ],
)
def test_reading_is_no_effect(line: str) -> None:
    assert not list(effects(ast.parse(line)))
