"""What the httpx transport writes down of a request and of its answer."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from cachemgr.responses import AsyncCache, open_async_cache, open_cache
from cachemgr.responses.adapters.httpx import AsyncCachemgrTransport, CachemgrTransport
from cachemgr.responses.adapters.langchain import CachemgrCache
from tests.responses.test_adapters import ADDRESS, ANSWER, Api


def test_httpx_stores_no_key_that_an_address_has(tmp_path: Path) -> None:
    """As Gemini's have; prompts are stored as they are."""
    settings = {"cache_dir": str(tmp_path), "cleanup_interval_seconds": 0, "store_prompts": True}
    api = Api()
    with open_cache(settings) as cache:
        with httpx.Client(transport=CachemgrTransport(cache, httpx.MockTransport(api))) as client:
            for address in (ADDRESS + "?key=5ecret", ADDRESS.replace("://", "://me:5ecret@") + "?v=1#part"):
                for _ in range(2):
                    client.post(address, json={"model": "m"})
        assert api.asked == 2
        stored = [file.read_text(encoding="utf-8") for file in tmp_path.glob("??/*.json")]
        assert len(stored) == 4
        assert not any("5ecret" in text for text in stored)
        assert sum(ADDRESS in text for text in stored) == 2


@pytest.mark.parametrize("tokens", [None, -1, 10**20, "3"])
def test_httpx_believes_no_cost_that_cannot_be(tokens: Any, tmp_path: Path) -> None:
    api = Api(lambda: httpx.Response(200, json={"usage": {"prompt_tokens": tokens, "completion_tokens": 1}}))
    with open_cache({"cache_dir": str(tmp_path), "cleanup_interval_seconds": 0}) as cache:
        with httpx.Client(transport=CachemgrTransport(cache, httpx.MockTransport(api))) as client:
            for _ in range(2):
                client.post(ADDRESS, json={"model": "m"})
        assert api.asked == 1
        assert cache.status()[0].entries == 1


def test_the_loop_runs_on_while_a_server_does_not_answer(tmp_path: Path, faults: list[str]) -> None:
    """With an AsyncCache; and what it stores is there."""
    pytest.importorskip("redis", reason="redis-py is not installed")
    api, longest = Api(), 0.0

    async def tick() -> None:
        nonlocal longest
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            longest, last = max(longest, time.perf_counter() - last), time.perf_counter()

    async def ask(cache: AsyncCache, times: int) -> None:
        transport = AsyncCachemgrTransport(cache, httpx.MockTransport(api))
        async with httpx.AsyncClient(transport=transport) as client:
            for _ in range(times):
                assert (await client.post(ADDRESS, json={"model": "m"})).json() == ANSWER

    async def main() -> None:
        async with open_async_cache({"cache_dir": str(tmp_path)}) as cache:
            await ask(cache, 2)
        assert api.asked == 1
        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0.02)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            address = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
            async with open_async_cache({"backend": "redis", "redis": {"url": address}}) as cache:
                await ask(cache, 1)
        ticking.cancel()

    asyncio.run(main())
    assert api.asked == 2
    assert longest < 0.2


def test_what_a_transport_is_made_of_is_looked_at_then(tmp_path: Path) -> None:
    """And not at the first request, which somebody may have paid for."""
    wrong: Any = open_async_cache({"cache_dir": str(tmp_path)})
    with pytest.raises(TypeError, match="not of AsyncCache; AsyncCachemgrTransport takes an AsyncCache"):
        CachemgrTransport(wrong)
    for maker in (AsyncCachemgrTransport, CachemgrCache):
        with pytest.raises(TypeError, match=r"made of a Cache, as `open_cache\(\)` gives it; not of str"):
            maker(str(tmp_path))  # type: ignore[arg-type]
