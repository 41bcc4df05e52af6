"""`from_provider("openai/gpt-4o", cache=CachemgrCache(open_cache()))`: what instructor parsed, kept.

Instructor's key holds the model, the messages and the schema of the answer, and the value is JSON.
"""

import json
from typing import Any

from instructor.cache import BaseCache

from cachemgr.responses.adapters.taken import taken
from cachemgr.responses.cache import Cache
from cachemgr.responses.ttl import DEFAULT
from cachemgr.responses.usage import NOTHING, Usage, believed


class CachemgrCache(BaseCache):
    def __init__(self, cache: Cache, *, provider: str = "instructor", model: str = "") -> None:
        """`provider` and `model` are for statistics and for rules about time to live."""
        self._cache = taken(cache)
        self._provider = provider
        self._model = model

    def get(self, key: str) -> Any | None:
        hit = self._cache.get(_key(key))
        return None if hit is None else hit.value

    def set(self, key: str, value: Any, ttl: int | None = None) -> None:
        self._cache.set(
            _key(key),
            value,
            ttl=DEFAULT if ttl is None else ttl,
            usage=_usage(value),
            provider=self._provider,
            model=self._model,
        )


def _key(key: str) -> str:
    return f"instructor:{key}"


def _usage(value: Any) -> Usage:
    """Instructor keeps the whole answer beside the parsed one."""
    try:
        raw = json.loads(value)["raw"]
        said = (json.loads(raw) if isinstance(raw, str) else raw)["usage"]
        return believed(
            int(said.get("prompt_tokens") or said.get("input_tokens") or 0),
            int(said.get("completion_tokens") or said.get("output_tokens") or 0),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return NOTHING
