"""Other libraries with our cache behind them: they ask once, and get what they would have got."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.caches import BaseCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models.fake_chat_models import FakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation

from cachemgr.responses import Cache, open_cache
from cachemgr.responses.adapters.httpx import MARK, AsyncCachemgrTransport, CachemgrTransport
from cachemgr.responses.adapters.langchain import CachemgrCache
from tests.responses.conftest import Hands, Opener

ADDRESS = "https://api.example.com/v1/chat/completions"
ANSWER = {
    "model": "gpt-4o",
    "choices": [{"finish_reason": "stop", "message": {"content": "hi"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 5},
}


@pytest.fixture
def cache(opened: Opener) -> Cache:
    return opened()


# -- LangChain


@pytest.fixture
def langchain(cache: Cache) -> Any:
    set_llm_cache(CachemgrCache(cache))
    yield cache
    set_llm_cache(None)


def test_langchain_asks_once_and_saves_tokens(langchain: Cache) -> None:
    first, again = FakeChatModel().invoke("why?"), FakeChatModel().invoke("why?")
    assert (first.content, again.content) == ("fake response", "fake response")
    FakeChatModel().invoke("who?")

    total = langchain.analytics().total
    assert (total.hits, total.misses, total.sets) == (1, 2, 2)


def test_langchain_asks_again_when_the_time_is_over(opened: Opener, hands: Hands) -> None:
    cache = CachemgrCache(opened(ttl_seconds=60))
    cache.update("why?", "llm", [Generation(text="because")])
    assert cache.lookup("why?", "llm")
    assert cache.lookup("why?", "other llm") is None
    hands.pass_by(61)
    assert cache.lookup("why?", "llm") is None


@pytest.mark.parametrize(
    "generations",
    [
        [Generation(text="because", generation_info={"finish_reason": "stop", "logprobs": None})],
        [Generation(text="a"), Generation(text="b")],
        [ChatGeneration(message=AIMessage("hi", id="run-1", response_metadata={"model_name": "m"}))],
        [
            ChatGeneration(
                message=AIMessage(
                    [{"type": "text", "text": "hi"}],
                    tool_calls=[{"name": "look", "args": {"at": [1, None]}, "id": "1"}],
                    usage_metadata={"input_tokens": 3, "output_tokens": 5, "total_tokens": 8},
                )
            )
        ],
    ],
)
def test_langchain_gets_back_what_it_put_in(generations: list[Any], cache: Cache) -> None:
    adapter: BaseCache = CachemgrCache(cache)
    adapter.update("prompt", "llm", generations)

    found = adapter.lookup("prompt", "llm")

    assert found is not None
    assert list(found) == generations
    assert [type(one) for one in found] == [type(one) for one in generations]


def test_langchain_clears_its_own_and_its_tokens_are_counted(cache: Cache) -> None:
    adapter = CachemgrCache(cache)
    message = AIMessage("hi", usage_metadata={"input_tokens": 3, "output_tokens": 5, "total_tokens": 8})
    described = {"id": ["langchain", "chat_models", "openai", "ChatOpenAI"], "kwargs": {"model": "gpt-4o"}}
    adapter.update("prompt", json.dumps(described) + "---[]", [ChatGeneration(message=message)])
    cache.set("mine", "x")

    (entry,) = (entry for entry in cache.entries() if entry.namespace)
    assert (entry.provider, entry.model) == ("openai", "gpt-4o")
    assert (entry.usage.request_tokens, entry.usage.response_tokens) == (3, 5)
    adapter.clear()
    assert [entry.namespace for entry in cache.entries()] == [""]


def test_a_model_that_is_described_by_its_address_is_not_cached(cache: Cache) -> None:
    adapter = CachemgrCache(cache)
    adapter.update("prompt", "<Model object at 0x7f00deadbeef>", [Generation(text="x")])
    assert cache.status()[0].entries == 0


def test_an_answer_that_was_cut_off_is_not_kept(cache: Cache) -> None:
    cut = AIMessage("hal", response_metadata={"finish_reason": "length"})
    CachemgrCache(cache).update("prompt", "llm", [ChatGeneration(message=cut)])
    assert cache.status()[0].entries == 0


def test_langchain_in_asyncio(langchain: Cache) -> None:
    async def talk() -> list[str]:
        return [str((await FakeChatModel().ainvoke("why?")).content) for _ in range(2)]

    assert asyncio.run(talk()) == ["fake response"] * 2
    assert langchain.analytics().total.hits == 1


# -- httpx


class Api:
    """Counts how often it is asked."""

    def __init__(
        self, answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json=ANSWER)
    ) -> None:
        self.asked = 0
        self.answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return self.answer()


def test_httpx_asks_once_for_one_body_whoever_asks(cache: Cache) -> None:
    api = Api()
    with httpx.Client(transport=CachemgrTransport(cache, httpx.MockTransport(api))) as client:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
        first = client.post(ADDRESS, json=body, headers={"Authorization": "Bearer a"})
        again = client.post(ADDRESS, json=body, headers={"Authorization": "Bearer b"})
        assert first.json() == again.json() == ANSWER
        assert (MARK in first.headers, again.headers[MARK]) == (False, "hit")
        client.post(ADDRESS, json={**body, "temperature": 0})
        client.post(ADDRESS + "?v=2", json=body)
    assert api.asked == 3
    (entry, *_) = cache.entries()
    assert (entry.provider, entry.model) == ("api.example.com", "gpt-4o")
    assert (entry.usage.request_tokens, entry.usage.response_tokens) == (3, 5)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda client: client.get(ADDRESS),
        lambda client: client.post(ADDRESS, json={"stream": True}),
        lambda client: client.post(ADDRESS, json=["a list"]),
        lambda client: client.post(ADDRESS, content=b"{", headers={"content-type": "application/json"}),
        lambda client: client.post(ADDRESS, data={"a": "b"}),
    ],
)
def test_httpx_lets_everything_else_through(request_of: Any, cache: Cache) -> None:
    api = Api()
    with httpx.Client(transport=CachemgrTransport(cache, httpx.MockTransport(api))) as client:
        assert request_of(client).json() == request_of(client).json() == ANSWER
    assert api.asked == 2
    assert cache.status()[0].entries == 0


@pytest.mark.parametrize(
    "response",
    [
        lambda: httpx.Response(429, json={"error": "slow down"}),
        lambda: httpx.Response(200, text="hello"),
        lambda: httpx.Response(200, content=b"{", headers={"content-type": "application/json"}),
        lambda: httpx.Response(200, json={"error": {"message": "no"}}),
        lambda: httpx.Response(200, json={"choices": [{"finish_reason": "length"}]}),
    ],
)
def test_httpx_keeps_no_answer_that_is_none(response: Any, cache: Cache) -> None:
    api = Api(response)
    with httpx.Client(transport=CachemgrTransport(cache, httpx.MockTransport(api))) as client:
        for _ in range(2):
            assert client.post(ADDRESS, json={"model": "m"}).content == response().content
    assert api.asked == 2


def test_httpx_in_asyncio(cache: Cache) -> None:
    api = Api()

    async def talk() -> list[Any]:
        transport = AsyncCachemgrTransport(cache, httpx.MockTransport(api))
        async with httpx.AsyncClient(transport=transport) as client:
            return [(await client.post(ADDRESS, json={"model": "m"})).json() for _ in range(2)]

    assert asyncio.run(talk()) == [ANSWER, ANSWER]
    assert api.asked == 1


# -- heavier ones, where they are installed: pip install '.[adapters]'


def test_litellm_asks_once_and_counts_what_that_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through LiteLLM's own `Cache`, which `completion` asks: that one needs parts of its proxy today."""
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    litellm = pytest.importorskip("litellm", reason="litellm is not installed (the extra `adapters`)")
    from cachemgr.responses.adapters.litellm import install

    question: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
    question["litellm_call_id"] = "1"
    with open_cache({"cache_dir": str(tmp_path), "cleanup_interval_seconds": 0}) as cache:
        found = install(cache, ttl=60)
        litellm.cache = None
        assert found.get_cache(**question) is None
        found.add_cache(litellm.ModelResponse(**ANSWER), **question)

        assert found.get_cache(**question)["choices"][0]["message"]["content"] == "hi"
        assert asyncio.run(found.async_get_cache(**question)) == found.get_cache(**question)
        assert found.get_cache(**{**question, "temperature": 0}) is None
        total = cache.analytics().total
        assert (total.sets, total.hits) == (1, 3)
        assert total.cost_nano > 0
        (entry,) = cache.entries()
        assert (entry.provider, entry.model) == ("openai", "gpt-4o")
        assert entry.expires_at is not None
        assert (entry.expires_at - entry.created_at).total_seconds() == 60


def test_instructor_keeps_what_it_parsed(tmp_path: Path) -> None:
    instructor = pytest.importorskip(
        "instructor", reason="instructor is not installed (the extra `adapters`)"
    )
    openai, pydantic = pytest.importorskip("openai"), pytest.importorskip("pydantic")
    from cachemgr.responses.adapters.instructor import CachemgrCache as InstructorCache

    person = pydantic.create_model("Person", name=(str, ...), age=(int, ...))
    content = json.dumps({"name": "Ada", "age": 36})
    api = Api(
        lambda: httpx.Response(
            200,
            json={
                **ANSWER,
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": content},
                    }
                ],
                "usage": {**ANSWER["usage"], "total_tokens": 8},  # type: ignore[dict-item]
            },
        )
    )
    with open_cache({"cache_dir": str(tmp_path), "cleanup_interval_seconds": 0}) as cache:
        client = instructor.from_openai(
            openai.OpenAI(api_key="x", http_client=httpx.Client(transport=httpx.MockTransport(api))),
            mode=instructor.Mode.JSON,
            cache=InstructorCache(cache, provider="openai", model="gpt-4o"),
        )
        for _ in range(2):
            found = client.chat.completions.create(
                model="gpt-4o", response_model=person, messages=[{"role": "user", "content": "who?"}]
            )
            assert (found.name, found.age) == ("Ada", 36)
        assert api.asked == 1
        total = cache.analytics().total
        assert (total.hits, total.request_tokens) == (1, 3)
