"""What makes two requests the same one: every parameter that reaches the model.

Caches that listed the parameters which count have served answers to other questions (litellm#894, #5049,
#42400). Here everything counts but what is on a short list of things that cannot change an answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cachemgr.responses.entry import JSONValue
from cachemgr.responses.errors import KeyRefused
from cachemgr.responses.format import OLD_PREFIX

IGNORED = frozenset(("stream", "timeout", "user", "api_key", "headers"))
"""How an answer is fetched and by whom; not what is asked."""
_REQUEST = ("provider", "model", "prompt")
_TEMPERATURE, _MAX_TOKENS = 0.7, 2000
"""What `generate_cache_key` takes where they are left out. Old keys were made with them."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A request. A parameter that was left out is not the same as one that was given its usual value."""

    provider: str
    model: str
    prompt: JSONValue
    """A text, or a list of messages."""
    temperature: float | None = None
    max_tokens: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Everything else, with tools and the schema of the answer."""
    namespace: str = ""
    """Keeps tenants or projects apart that share a cache."""

    def digest(self, ignore: frozenset[str] = IGNORED) -> str:
        """64 lower-case hexadecimal digits; those of the old key where it said as much. Raises KeyRefused."""
        data: dict[str, object] = {
            "provider": self.provider,
            "model": self.model,
            "prompt": self.prompt,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }
        params = {name: value for name, value in self.params.items() if name not in ignore}
        if params:
            data["params"] = params
        if self.namespace:
            data["namespace"] = self.namespace
        if params or not isinstance(self.prompt, str):
            _check_names(data)
        try:
            text = json.dumps(data, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise KeyRefused(f"this request cannot be a cache key: {error}") from None
        return sha256(text.encode()).hexdigest()


def _check_names(value: object) -> None:
    """JSON would write 1, True and "1" as the same name; then two requests would share an answer."""
    pending = [value]
    seen = 0
    while pending:
        found = pending.pop()
        seen += 1
        if seen > 1_000_000:
            raise KeyRefused("this request cannot be a cache key: it is too large, or contains itself")
        if isinstance(found, dict):
            if not all(isinstance(name, str) for name in found):
                raise KeyRefused("this request cannot be a cache key: a name in it is not text")
            pending.extend(found.values())
        elif isinstance(found, list | tuple):
            pending.extend(found)


def generate_cache_key(*request: JSONValue, **kwargs: Any) -> str:
    """`generate_cache_key(provider, model, prompt, **params)`: `cache:` and a digest.

    The old code's key for the same request, and a different one for parameters that the old code left out of
    it. Its callers name the three by position and may hand on `model=` besides, of which None says nothing;
    hence the signature. Raises KeyRefused, and TypeError where one of the three is missing.
    """
    given = dict(zip(_REQUEST, request, strict=False))
    if len(request) > len(_REQUEST):
        raise TypeError("provider, model and prompt are the only ones given by position")
    for name in _REQUEST[len(request) :]:
        if name not in kwargs:
            raise TypeError(f"`{name}` is missing")
        given[name] = kwargs.pop(name)
    model = kwargs.pop("model", None) or given["model"]
    temperature = kwargs.pop("temperature", _TEMPERATURE)
    max_tokens = kwargs.pop("max_tokens", _MAX_TOKENS)
    key = RequestKey(str(given["provider"]), str(model), given["prompt"], temperature, max_tokens, kwargs)
    return OLD_PREFIX + key.digest()


def as_digest(key: str) -> str:
    """The digest in a key as text: 64 hexadecimal digits, `cache:` before them or not; of any other text,
    its own. Raises TypeError for what is no text."""
    if not isinstance(key, str):
        raise TypeError(f"a key is a RequestKey or a text; not {type(key).__name__}")
    plain = key.removeprefix(OLD_PREFIX)
    if len(plain) == 64:
        try:
            # There and back: what comes out is lower-case and has no blanks. Half the time of looking at it.
            if bytes.fromhex(plain).hex() == plain:
                return plain
        except ValueError:
            pass
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
