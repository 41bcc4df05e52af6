"""`install(open_cache())`: LiteLLM's answers in one of our caches.

The key is LiteLLM's own, which is made of the parameters on its list; what is not on the list does not count
(litellm#42400).
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import litellm
from litellm.caching.base_cache import BaseCache

from cachemgr.responses.adapters.taken import taken
from cachemgr.responses.cache import Cache
from cachemgr.responses.ttl import DEFAULT
from cachemgr.responses.usage import NOTHING, Usage, believed


def install(cache: Cache, **options: Any) -> "litellm.Cache":
    """Make it LiteLLM's cache; `options` are those of `litellm.Cache`."""
    found = litellm.Cache(type="local", **options)
    found.cache = CachemgrCache(cache)
    litellm.cache = found
    return found


class CachemgrCache(BaseCache):
    def __init__(self, cache: Cache) -> None:
        super().__init__()
        self._cache = taken(cache)

    def get_cache(self, key: str, **kwargs: Any) -> Any:
        hit = self._cache.get(_key(key))
        return None if hit is None else hit.value

    def set_cache(self, key: str, value: Any, **kwargs: Any) -> None:
        ttl = kwargs.get("ttl")
        provider, model, usage = _said(value)
        self._cache.set(
            _key(key),
            value,
            ttl=DEFAULT if ttl is None else max(0.0, float(ttl)),
            usage=usage,
            provider=provider,
            model=model,
        )

    async def async_get_cache(self, key: str, **kwargs: Any) -> Any:
        return self.get_cache(key, **kwargs)

    async def async_set_cache(self, key: str, value: Any, **kwargs: Any) -> None:
        self.set_cache(key, value, **kwargs)

    async def async_set_cache_pipeline(self, cache_list: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        for key, value in cache_list:
            self.set_cache(key, value, **kwargs)

    async def batch_cache_write(self, key: str, value: Any, **kwargs: Any) -> None:
        self.set_cache(key, value, **kwargs)

    async def disconnect(self) -> None:
        self._cache.flush()


def _key(key: str) -> str:
    return f"litellm:{key}"


def _said(value: Any) -> tuple[str, str, Usage]:
    """Whose answer it is and what it cost, as far as it says so."""
    try:
        answer = json.loads(value["response"])
        model, said = str(answer["model"]), answer["usage"]
        tokens = int(said.get("prompt_tokens", 0)), int(said.get("completion_tokens", 0))
    except (KeyError, TypeError, ValueError, AttributeError):
        return "", "", NOTHING
    try:
        provider = str(litellm.get_llm_provider(model)[1])
        cost = sum(litellm.cost_per_token(model=model, prompt_tokens=tokens[0], completion_tokens=tokens[1]))
    except Exception:
        return "litellm", model, believed(*tokens)  # a model whose price nobody told it
    return provider, model, believed(*tokens, Decimal(str(cost)))
