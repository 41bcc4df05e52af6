"""What lies in a cache or a project is data: it is never unpickled, imported or run, and no other library's
deleter works on it."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import calls, imported, modules

LOADERS = frozenset(
    """pickle _pickle marshal shelve dill joblib cloudpickle diskcache torch numpy huggingface_hub
    transformers runpy code codeop imp zipimport pkgutil sqlite3 subprocess multiprocessing""".split()
)
"""Modules that run what they read, start programs, write to databases, or delete by rules of their own."""
RUNNERS = frozenset("eval exec compile __import__ input".split()) | {
    *("os.system", "os.popen", "os.startfile", "os.posix_spawn", "os.posix_spawnp", "os.fork"),
    *("importlib.import_module", "yaml.load", "yaml.unsafe_load", "yaml.full_load"),
    *("importlib.util.spec_from_file_location", "asyncio.create_subprocess_exec"),
}
ALLOWED: dict[str, set[str]] = {
    # our own package, by its own list of modules
    "catalogue/__init__.py": {"pkgutil", "importlib.import_module"},
    "cli/main.py": {"importlib.import_module"},
    # one library, by one of two fixed names
    "execute/trash.py": {"importlib.import_module"},
    "execute/windows.py": {"importlib.import_module"},
    # a copy in memory of a database, whose tables are counted by queries of ours
    "disk/database.py": {"sqlite3"},
    # the program that the user names after `cachemgr run --`
    "cli/child.py": {"os.system", "subprocess"},
    # ourselves, to copy small files: this Python, and nothing of the working directory
    "execute/copy_process.py": {"subprocess"},
    # a Python that is ours or that the user names, and there one library: tiktoken, which downloads
    "execute/tiktoken_download.py": {"subprocess"},
    "execute/tiktoken_child.py": {"importlib.import_module"},
    # our own modules, by a list of our own; and one of two fixed names, where zstd may be
    "responses/__init__.py": {"importlib.import_module"},
    "responses/codec.py": {"importlib.import_module"},
    # databases of our own: rows are text and numbers, and nothing in them is run
    "responses/bookkeeping.py": {"sqlite3"},
    "responses/counters.py": {"sqlite3"},
    "responses/connections.py": {"sqlite3"},
    "responses/database.py": {"sqlite3"},
    "responses/index.py": {"sqlite3"},
    "responses/seats.py": {"sqlite3"},
    "responses/sqlite_faults.py": {"sqlite3"},
    "responses/sqlite_store.py": {"sqlite3"},
    "responses/rebuild.py": {"sqlite3"},
    "responses/salvage.py": {"sqlite3"},
    "responses/sweeping.py": {"sqlite3"},
    "responses/tables.py": {"sqlite3"},
    "responses/totals.py": {"sqlite3"},
    # ourselves, to look at processes; and `lsof`, where a system has no /proc
    "scan/in_use.py": {"subprocess"},
    "scan/lsof.py": {"subprocess"},
}


def risks(module: ast.Module) -> Iterator[str]:
    """What in a module could run something that was found."""
    for node in ast.walk(module):
        match node:
            case ast.Import(aliases):
                yield from (alias.name.partition(".")[0] for alias in aliases)
            case ast.ImportFrom(source, _) if source:
                yield source.partition(".")[0]
    yield from imported(module).values()
    for name, _ in calls(module):
        yield name
        if name.startswith(("os.exec", "os.spawn")):
            yield "os.system"


@pytest.mark.parametrize("path", list(modules()))
def test_nothing_runs_what_it_finds(path: str) -> None:
    found = {name for name in risks(modules()[path]) if name in LOADERS | RUNNERS}
    assert not found - ALLOWED.get(path, set()), f"cachemgr/{path} may run what lies in a cache"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads as read",
        "import torch.hub",
        "from huggingface_hub import scan_cache_dir",
        "import sqlite3",
        "eval(text)",
        "import os; os.execv(path, [])",
        "from os import system as say; say(name)",
        "from importlib import import_module as get; get(name)",
        "import yaml; yaml.load(text)",
    ],
)
def test_a_risk_is_recognised_in_every_disguise(line: str) -> None:
    assert any(name in LOADERS | RUNNERS for name in risks(ast.parse(line)))


@pytest.mark.parametrize(
    "line", ["import re; re.compile('x')", "from yaml import SafeLoader", "executor.run()"]
)
def test_reading_is_no_risk(line: str) -> None:
    assert not any(name in LOADERS | RUNNERS for name in risks(ast.parse(line)))
