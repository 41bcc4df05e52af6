"""Of all who miss on a key at once, one computes."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses import JSONValue, RequestKey, Usage
from tests.architecture.source import ROOT
from tests.responses.conftest import Hands, Opener

KEY = RequestKey("openai", "gpt-4o", "hello")
PROGRAM = """
import json, sys, time
from cachemgr.responses import Usage, open_cache
def compute():
    open(sys.argv[2], "a").write("x")
    time.sleep(0.5)
    return "answer", Usage(7)
hit = open_cache(sys.argv[1]).get_or_compute("question", compute)
print(json.dumps([hit.value, hit.origin]))
"""


@pytest.mark.parametrize("backend", ["file", "memory", "sqlite"])
def test_threads_ask_once(backend: str, opened: Opener) -> None:
    cache, asked = opened(backend=backend), list[int]()

    def compute() -> tuple[JSONValue, Usage]:
        asked.append(1)
        time.sleep(0.1)
        return {"answer": 42}, Usage(7)

    hits = []
    threads = [
        threading.Thread(target=lambda: hits.append(cache.get_or_compute(KEY, compute))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert [hit.value for hit in hits] == [{"answer": 42}] * 8
    assert sorted(hit.origin for hit in hits) == ["cache"] * 7 + ["computed"]
    total = cache.analytics().total
    assert (total.hits, total.misses) == (7, 1), "who waits for an answer has a hit"


def test_one_may_wait_for_ever(opened: Opener) -> None:
    hit = opened().get_or_compute(KEY, lambda: ("answer", Usage()), lock_timeout=float("inf"))
    assert hit.value == "answer"


def test_processes_ask_once(root: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    argv = [sys.executable, "-c", PROGRAM, str(root), str(asked)]
    running = [subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert asked.read_text() == "x"
    assert sorted(answers) == [["answer", "cache"]] * 3 + [["answer", "computed"]]


def test_a_computation_that_asks_for_itself_does_not_wait_for_itself(opened: Opener) -> None:
    """cachebox#54."""
    cache = opened()

    def outer() -> tuple[JSONValue, Usage]:
        inner = cache.get_or_compute(KEY, lambda: ("inner", Usage()))
        return f"outer of {inner.value}", Usage()

    assert cache.get_or_compute(KEY, outer, lock_timeout=30).value == "outer of inner"


def test_who_waits_too_long_computes(opened: Opener) -> None:
    cache, begun, enough = opened(), threading.Event(), threading.Event()

    def slow() -> tuple[JSONValue, Usage]:
        begun.set()
        enough.wait(30)
        return "slow", Usage()

    thread = threading.Thread(target=cache.get_or_compute, args=(KEY, slow))
    thread.start()
    begun.wait(30)
    assert cache.get_or_compute(KEY, lambda: ("quick", Usage()), lock_timeout=0.05).value == "quick"
    enough.set()
    thread.join()


def test_what_a_computation_raises_is_its_callers(opened: Opener) -> None:
    cache = opened()

    def broken() -> Any:
        raise ConnectionError("no model")

    for _ in range(2):
        with pytest.raises(ConnectionError, match="no model"):
            cache.get_or_compute(KEY, broken)
    assert cache.get_or_compute(KEY, lambda: ("hi", Usage())).value == "hi"


def test_a_stale_answer_is_better_than_none(opened: Opener, hands: Hands) -> None:
    cache = opened(stale_if_error_seconds=60)

    def broken() -> Any:
        raise ConnectionError("no model")

    cache.set(KEY, "old", ttl=10)
    hands.pass_by(30)
    hit = cache.get_or_compute(KEY, broken)
    assert (hit.value, hit.origin) == ("old", "stale")
    hands.pass_by(60)
    with pytest.raises(ConnectionError):
        cache.get_or_compute(KEY, broken)


def test_stale_while_somebody_asks_again(opened: Opener, hands: Hands) -> None:
    cache, begun, enough = opened(stale_while_revalidate_seconds=60), threading.Event(), threading.Event()
    cache.set(KEY, "old", ttl=10)
    hands.pass_by(30)

    def slow() -> tuple[JSONValue, Usage]:
        begun.set()
        enough.wait(30)
        return "new", Usage()

    thread = threading.Thread(target=cache.get_or_compute, args=(KEY, slow))
    thread.start()
    begun.wait(30)
    assert cache.get_or_compute(KEY, slow).value == "old"
    enough.set()
    thread.join()
    assert cache.get_or_compute(KEY, slow).value == "new"


def test_who_asks_alone_waits_for_the_new_answer(opened: Opener, hands: Hands) -> None:
    """Nothing is renewed in the background; `get` gives at once what is over, to whom asks for that."""
    cache = opened(stale_while_revalidate_seconds=60)
    cache.set(KEY, "old", ttl=10)
    hands.pass_by(30)
    asked = cache.get(KEY, allow_stale=60)
    assert asked is not None
    assert (asked.value, asked.origin) == ("old", "stale")
    hit = cache.get_or_compute(KEY, lambda: ("new", Usage()))
    assert (hit.value, hit.origin) == ("new", "computed")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        {},
        {"error": {"message": "overloaded"}},
        {"choices": [{"finish_reason": "length"}]},
        {"stop_reason": "max_tokens", "content": [1]},
        {"candidates": [{"finishReason": "MAX_TOKENS"}]},
        {"object": "response", "status": "queued", "output": []},
        {"object": "response", "status": "incomplete", "error": None, "output": [1]},
        {"done_reason": "length", "message": {"content": "hal"}},
        {"stopReason": "max_tokens", "output": {"message": 1}},
    ],
)
def test_what_is_no_answer_is_not_kept(value: JSONValue, opened: Opener) -> None:
    cache = opened()
    assert cache.get_or_compute(KEY, lambda: (value, Usage())).value == value
    assert cache.get(KEY) is None


@pytest.mark.parametrize(
    "value",
    [
        *({"object": "response", "status": "completed"}, {"status": "queued"}, {"done_reason": "stop"}),
        "hi",
        {"choices": [{"finish_reason": "stop"}]},
        {"stop_reason": "end_turn"},
        {"error": None, "a": 1},
        0,
    ],
)
def test_an_answer_is_kept(value: JSONValue, opened: Opener) -> None:
    cache = opened()
    cache.get_or_compute(KEY, lambda: (value, Usage(3)))
    hit = cache.get(KEY)
    assert hit is not None
    assert hit.value == value
    assert hit.saved == Usage(3)


def test_a_provider_that_is_not_cached_is_asked_each_time(opened: Opener) -> None:
    cache = opened(per_provider={"openai": {"enabled": False}})
    answers = iter("ab")
    assert [cache.get_or_compute(KEY, lambda: (next(answers), Usage())).value for _ in "ab"] == ["a", "b"]


@pytest.mark.parametrize(("value", "ttl"), [("text", 50), ({"a": 1}, None)])
def test_a_computed_answer_says_what_the_stored_one_will(
    value: JSONValue, ttl: float | None, opened: Opener
) -> None:
    cache = opened()
    usage = Usage(7, 8)
    computed = cache.get_or_compute(KEY, lambda: (value, usage), ttl=ttl)
    stored = cache.get(KEY)
    assert stored is not None
    assert (computed.origin, stored.origin) == ("computed", "cache")
    for name in ("provider", "model", "content", "expires_at_ms", "created_at_ms", "request_tokens"):
        assert getattr(computed.metadata, name) == getattr(stored.metadata, name), name
    assert computed.metadata.model == "gpt-4o"
