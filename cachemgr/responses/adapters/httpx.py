"""`httpx.Client(transport=CachemgrTransport(open_cache()))`: for any client of an API that takes a transport.

Only a POST of JSON that is answered with JSON and 200 is cached. The key is the address and the whole body;
what a client sends besides (its key, its name) is not in it, unless the address itself has it (`?key=…`).
With `store_prompts` the address is stored without what follows `?`.
"""

import json
from collections.abc import Coroutine
from typing import Any

import httpx

from cachemgr.responses.adapters.taken import taken
from cachemgr.responses.aio import AsyncCache
from cachemgr.responses.cache import Cache
from cachemgr.responses.entry import Hit, SetResult
from cachemgr.responses.errors import KeyRefused
from cachemgr.responses.key import RequestKey
from cachemgr.responses.usage import NOTHING, Usage, believed
from cachemgr.responses.worth import worth_keeping

MARK = "x-cachemgr"
"""The header of an answer that came from the cache."""


class CachemgrTransport(httpx.BaseTransport):
    def __init__(self, cache: Cache, transport: httpx.BaseTransport | None = None) -> None:
        self._cache = taken(cache, "; AsyncCachemgrTransport takes an AsyncCache")
        self._transport = transport or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        key = _key(request, request.read())
        if key is None:
            return self._transport.handle_request(request)
        if (hit := self._cache.get(key)) is not None:
            return _answer(hit.value)
        response = self._transport.handle_request(request)
        if _is_json(response):
            response.read()
            _keep(self._cache, key, response)
        return response

    def close(self) -> None:
        self._transport.close()


class AsyncCachemgrTransport(httpx.AsyncBaseTransport):
    def __init__(self, cache: Cache | AsyncCache, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """With a Cache the loop stands still as long as that takes, which a server or a slow disk may; an
        AsyncCache waits in its thread, and needs asyncio."""
        self._cache = cache if isinstance(cache, AsyncCache) else taken(cache)
        self._transport = transport or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        key = _key(request, await request.aread())
        if key is None:
            return await self._transport.handle_async_request(request)
        found = self._cache.get(key)
        hit = found if found is None or isinstance(found, Hit) else await found
        if hit is not None:
            return _answer(hit.value)
        response = await self._transport.handle_async_request(request)
        if _is_json(response):
            await response.aread()
            if (keeping := _keep(self._cache, key, response)) is not None:
                await keeping
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def _key(request: httpx.Request, content: bytes) -> RequestKey | None:
    """None for what is not to be cached: another method, no JSON, an answer that is streamed."""
    if request.method != "POST" or "json" not in request.headers.get("content-type", ""):
        return None
    try:
        body = json.loads(content)
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("stream"):
        return None
    address = request.url.copy_with(query=None, fragment=None, userinfo=b"")
    params: dict[str, Any] = {"body": body}
    if request.url.query:
        params["query"] = request.url.query.decode("ascii", "replace")
    key = RequestKey(request.url.host, str(body.get("model", "")), str(address), params=params)
    try:
        key.digest()
    except KeyRefused:
        return None
    return key


def _is_json(response: httpx.Response) -> bool:
    return response.status_code == 200 and "json" in response.headers.get("content-type", "")


def _keep(
    cache: Cache | AsyncCache, key: RequestKey, response: httpx.Response
) -> Coroutine[Any, Any, SetResult] | None:
    """What has to be awaited, if anything."""
    try:
        value = response.json()
    except ValueError:
        return None
    if not worth_keeping(value):
        return None
    kept = cache.set(key, value, usage=_usage(value))
    return None if isinstance(kept, SetResult) else kept


def _answer(value: Any) -> httpx.Response:
    return httpx.Response(200, headers={MARK: "hit"}, json=value)


def _usage(value: Any) -> Usage:
    said: Any = value.get("usage") if isinstance(value, dict) else None
    if not isinstance(said, dict):
        return NOTHING
    inward, outward = (
        next((said[name] for name in names if isinstance(said.get(name), int)), 0)
        for names in (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
    )
    return believed(inward, outward)
