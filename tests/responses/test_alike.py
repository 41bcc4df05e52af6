"""One interface: whoever changes the backend, or goes to asyncio, finds the names that were there."""

import asyncio
import inspect
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cachemgr.domain.display import display_name
from cachemgr.responses import AsyncCache, Cache, RequestKey, Usage, open_async_cache, open_cache
from cachemgr.responses.metadata import Metadata
from tests.responses.conftest import Hands, Opener
from tests.responses.test_backends import BACKENDS, NAMES

if TYPE_CHECKING:
    from tests.responses.server import RedisServer

KEY = RequestKey("openai", "gpt-4o", "why?")
INNER = {"after_fork", "store", "sweep_quietly"}
"""What other modules of the library call; of an AsyncCache through its `cache`."""


def _public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_async_has_what_a_cache_has() -> None:
    assert _public(AsyncCache) - {"after_fork", "cache", "run"} == _public(Cache) - INNER


@pytest.mark.parametrize("name", sorted(_public(Cache) - INNER))
def test_async_takes_what_a_cache_takes(name: str) -> None:
    theirs, ours = inspect.getattr_static(Cache, name), inspect.getattr_static(AsyncCache, name)
    assert type(theirs) is type(ours)
    if callable(theirs):
        both = [inspect.signature(function).parameters.values() for function in (theirs, ours)]
        said, found = ([(one.name, one.kind, one.default) for one in parameters] for parameters in both)
        assert found == said


def test_what_async_has_it_does(opened: Opener, tmp_path: Path, hands: Hands) -> None:
    told: list[int] = []

    async def run(plain: Cache) -> None:
        async with AsyncCache(plain) as cache:
            assert await cache.set(KEY, "an answer", ttl=60)
            await cache.warm([("other", "answer", Usage(1))])
            assert await cache.has(KEY)
            assert (cache.backend, cache.place) == (plain.backend, plain.place)
            assert (cache.digest(KEY), cache.config) == (plain.digest(KEY), plain.config)
            assert cache.stale_seconds == 7
            copied = await cache.export(tmp_path / "copy", backend="sqlite")
            assert copied.entries == 2
            first, last = await cache.entries(order_by="expires", descending=True)
            assert await cache.entries(order_by="expires", descending=True, after=first) == [last]
            assert await cache.reconcile() == 0
            hands.pass_by(100)
            assert (await cache.sweep()).removed.entries == 1
            assert not await cache.has(KEY)
            old = timedelta(seconds=50)
            kept = await cache.expire(older_than=old, keep={first.digest}, force=True)
            assert kept.removed.entries == 0
            cleared = await cache.clear(on_progress=lambda batch: told.append(batch.entries))
            assert (cleared.removed.entries, sum(told)) == (1, 1)

    asyncio.run(run(opened(stale_if_error_seconds=7)))


@pytest.mark.parametrize("backend", BACKENDS, ids=NAMES)
def test_a_hit_has_the_same_fields_on_each_backend(backend: dict[str, Any], opened: Opener) -> None:
    cache = opened(**backend)
    computed = cache.get_or_compute(KEY, lambda: ("an answer", Usage(3)))
    _is_alike(computed.metadata)
    for hit in (cache.get(KEY), cache.peek(KEY), cache.get(KEY, allow_stale=5)):
        assert hit is not None
        _is_alike(hit.metadata)


def test_so_has_one_of_a_server(server: "RedisServer") -> None:
    with open_cache({"backend": "redis", "redis": {"url": server.url}}) as cache:
        cache.set(KEY, "an answer")
        hit = cache.get(KEY)
        assert hit is not None
        _is_alike(hit.metadata)


def _is_alike(metadata: Metadata) -> None:
    assert _public(metadata) == _public(Metadata)
    fields = {field.name for field in msgspec.structs.fields(metadata)}
    assert {name for name in fields if not name.startswith("_")} == set(Metadata.__struct_fields__)


def test_a_cache_says_what_and_where_it_is(opened: Opener, tmp_path: Path) -> None:
    cache = opened(cache_dir=str(tmp_path / "ca\x1bche"))
    assert repr(cache) == f"<Cache file at {display_name(cache.place)}>"
    assert "\x1b" not in repr(cache)
    assert repr(opened(backend="memory")) == "<Cache memory>"
    alike = open_async_cache({"cache_dir": str(tmp_path), "backend": "sqlite"})
    assert repr(alike) == f"<AsyncCache of <Cache sqlite at {display_name(alike.place)}>>"
