"""`set_llm_cache(CachemgrCache(open_cache()))`: LangChain's answers with a time to live and a size limit.

Generations are stored as plain data of two known kinds and built from it again. LangChain's own `loads` makes
objects of whichever class a stored text names.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.messages import message_to_dict, messages_from_dict
from langchain_core.outputs import ChatGeneration, Generation

from cachemgr.responses.adapters.taken import taken
from cachemgr.responses.cache import Cache
from cachemgr.responses.entry import JSONValue
from cachemgr.responses.key import RequestKey
from cachemgr.responses.query import EntryQuery
from cachemgr.responses.usage import Usage, believed
from cachemgr.responses.worth import worth_keeping

_NAMESPACE = "langchain"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")
"""A model that is described by where it lies in memory has another description in each process."""


class CachemgrCache(BaseCache):
    def __init__(self, cache: Cache) -> None:
        self._cache = taken(cache)

    def lookup(self, prompt: str, llm_string: str) -> Sequence[Generation] | None:
        if _ADDRESS.search(llm_string):
            return None
        hit = self._cache.get(_key(prompt, llm_string))
        if hit is None or not isinstance(hit.value, list):
            return None
        try:
            return [_generation(data) for data in hit.value]
        except (KeyError, TypeError, ValueError, NotImplementedError):
            return None  # of a release that has other messages

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        data: JSONValue = [_data(generation) for generation in return_val]
        if data and not _ADDRESS.search(llm_string) and all(map(_whole, return_val)):
            self._cache.set(_key(prompt, llm_string), data, usage=_usage(return_val))

    def clear(self, **kwargs: Any) -> None:
        """What LangChain put in, and nothing else."""
        self._cache.clear(EntryQuery(namespace=_NAMESPACE))


def _key(prompt: str, llm_string: str) -> RequestKey:
    provider, model = _names(llm_string)
    return RequestKey(provider, model, prompt, params={"llm": llm_string}, namespace=_NAMESPACE)


def _names(llm_string: str) -> tuple[str, str]:
    """Whose model it is, as far as its description tells; for statistics and rules."""
    try:
        said = json.loads(llm_string.partition("---")[0])
        path, kwargs = said["id"], said["kwargs"]
        model = kwargs.get("model") or kwargs.get("model_name") or path[-1]
        return str(path[2] if len(path) > 3 else path[-1]), str(model)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return _NAMESPACE, ""


def _data(generation: Generation) -> JSONValue:
    info: Any = generation.generation_info
    if isinstance(generation, ChatGeneration):
        return {"message": message_to_dict(generation.message), "info": info}
    return {"text": generation.text, "info": info}


def _generation(data: Any) -> Generation:
    if "message" in data:
        (message,) = messages_from_dict([data["message"]])
        return ChatGeneration(message=message, generation_info=data["info"])
    return Generation(text=data["text"], generation_info=data["info"])


def _whole(generation: Generation) -> bool:
    """Whether the model came to its end."""
    said: Any = dict(generation.generation_info or {})
    if isinstance(generation, ChatGeneration):
        said |= generation.message.response_metadata
    return worth_keeping({"choices": [said], "text": "x"})


def _usage(generations: Sequence[Generation]) -> Usage:
    first = generations[0]
    said: Any = getattr(getattr(first, "message", None), "usage_metadata", None) or {}
    return believed(said.get("input_tokens", 0), said.get("output_tokens", 0))
