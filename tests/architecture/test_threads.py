"""Threads are where the page says they are, and nowhere else: everything else is one loop over events."""

import ast

import pytest

from tests.architecture.source import ROOT, calls, imported, mentions, modules

PLACES = {"tui/relay.py", "execute/exchange.py", "execute/pairs.py", "execute/remove_parallel.py"}
LIBRARY = "responses/"
"""Applications call it from threads of theirs, so it locks; it starts threads in `STARTERS` alone."""
STARTERS = {"responses/background.py", "responses/aio_maintained.py"}
MAKERS = ("threading", "_thread", "concurrent.futures", "multiprocessing", "queue", "asyncio.to_thread")


def uses_threads(module: ast.Module) -> bool:
    """Whether a module starts threads or hands things from one to another."""
    names = {name for name, _ in mentions(module)} | set(imported(module).values())
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    if any(name == maker or name.startswith(f"{maker}.") for name in names for maker in MAKERS):
        return True
    # Textual's own: `run_worker(…, thread=True)` and `@work(thread=True)`.
    return any(keyword.arg == "thread" for _, call in calls(module) for keyword in call.keywords)


def test_threads_are_in_their_places_and_nowhere_else() -> None:
    found = {path for path, module in modules().items() if uses_threads(module)}
    assert {path for path in found if not path.startswith(LIBRARY)} == PLACES


def test_the_library_starts_threads_in_its_places_and_nowhere_else() -> None:
    makers = {"threading.Thread", "threading.Timer", "concurrent.futures.ThreadPoolExecutor"}
    found = {path for path, module in modules().items() if makers & {name for name, _ in calls(module)}}
    assert {path for path in found if path.startswith(LIBRARY)} == STARTERS


def test_the_page_for_contributors_names_those_places() -> None:
    (row,) = [
        line
        for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| threads |")
    ]
    assert all(f"`{path}`" in row for path in PLACES | STARTERS)


@pytest.mark.parametrize(
    "line",
    [
        "import threading",
        "import concurrent.futures as cf",
        "from threading import Thread as T",
        "from concurrent.futures import ThreadPoolExecutor",
        "import multiprocessing.pool",
        "import asyncio; asyncio.to_thread(f)",
        "self.run_worker(f, thread=True)",
    ],
)
def test_a_thread_is_recognised_in_every_disguise(line: str) -> None:
    assert uses_threads(ast.parse(line))


@pytest.mark.parametrize("line", ["import asyncio", "thread = 1", "from cachemgr import threads_of_a_story"])
def test_what_only_sounds_like_it_is_none(line: str) -> None:
    assert not uses_threads(ast.parse(line))
