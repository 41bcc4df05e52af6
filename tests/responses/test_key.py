"""Keys: the same request has the same one, and only the same request."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachemgr.responses import KeyRefused, RequestKey, generate_cache_key
from cachemgr.responses.key import as_digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def documents_key(provider: str, model: str, prompt: str, **kwargs: Any) -> str:
    """The design document's function, as it stands there."""
    key_data = {
        "provider": provider,
        "model": model,
        "prompt": prompt,
        "temperature": kwargs.get("temperature", 0.7),
        "max_tokens": kwargs.get("max_tokens", 2000),
    }
    return f"cache:{hashlib.sha256(json.dumps(key_data, sort_keys=True).encode()).hexdigest()}"


@given(st.text(), st.text(), st.text(), st.floats(0, 2), st.integers(1, 10**6))
def test_a_request_of_the_old_code_has_its_old_key(
    provider: str, model: str, prompt: str, temperature: float, max_tokens: int
) -> None:
    given_by_name = {"temperature": temperature, "max_tokens": max_tokens}
    old = documents_key(provider, model, prompt, **given_by_name)
    if model:
        assert generate_cache_key(provider, model, prompt, **given_by_name) == old
    key = RequestKey(provider, model, prompt, temperature, max_tokens)
    assert f"cache:{key.digest()}" == old


def test_what_is_left_out_is_what_the_document_takes_for_it() -> None:
    assert generate_cache_key("openai", "gpt-4", "hello") == documents_key("openai", "gpt-4", "hello")


def test_the_document_hands_on_a_model_besides() -> None:
    """`_get_cache_key("text", prompt, model=model)` of its Provider; None means the provider's own."""
    plain = generate_cache_key("openai", "gpt-4", "hello")
    assert generate_cache_key("openai", "gpt-4", "hello", model=None) == plain
    assert generate_cache_key("openai", "gpt-4", "hello", model="gpt-5") != plain
    assert generate_cache_key(provider="openai", model="gpt-4", prompt="hello") == plain
    with pytest.raises(TypeError, match="prompt"):
        generate_cache_key("openai", "gpt-4")


@given(
    st.dictionaries(st.text(min_size=1), JSON, max_size=3),
    st.dictionaries(st.text(min_size=1), JSON, max_size=3),
)
def test_every_parameter_counts(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Nothing that reaches the model is left out (litellm#894, #5049, #42400)."""
    ignored = ("stream", "timeout", "user", "api_key", "headers")
    same = json.dumps(_without(first, ignored), sort_keys=True) == json.dumps(
        _without(second, ignored), sort_keys=True
    )
    one = RequestKey("p", "m", "x", params=first).digest()
    other = RequestKey("p", "m", "x", params=second).digest()
    assert (one == other) is same


def _without(params: dict[str, Any], ignored: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in ignored}


@pytest.mark.parametrize(
    "different",
    [
        RequestKey("q", "m", "x"),
        RequestKey("p", "n", "x"),
        RequestKey("p", "m", "y"),
        RequestKey("p", "m", ["x"]),
        RequestKey("p", "m", "x", temperature=0.7),
        RequestKey("p", "m", "x", max_tokens=2000),
        RequestKey("p", "m", "x", params={"tools": []}),
        RequestKey("p", "m", "x", namespace="tenant"),
        RequestKey("p", "m", "x", params={"namespace": "tenant"}),
    ],
)
def test_another_request_has_another_key(different: RequestKey) -> None:
    """Also one that gives a parameter its usual value, which the provider may not take for it."""
    assert different.digest() != RequestKey("p", "m", "x").digest()


def test_how_an_answer_is_fetched_does_not_count() -> None:
    fetched = RequestKey("p", "m", "x", params={"stream": True, "user": "ada", "api_key": "s", "timeout": 3})
    assert fetched.digest() == RequestKey("p", "m", "x").digest()


@pytest.mark.parametrize(
    "params",
    [{"top_p": float("nan")}, {"top_p": float("inf")}, {"stop": {1: "a"}}, {"tool": object()}, {"b": b"x"}],
    ids=["nan", "infinity", "number as a name", "object", "bytes"],
)
def test_what_json_cannot_say_is_refused(params: dict[str, Any]) -> None:
    """`default=str` would put an object's address into the key (langchain#21695)."""
    with pytest.raises(KeyRefused, match="cannot be a cache key"):
        RequestKey("p", "m", "x", params=params).digest()


def test_a_request_that_contains_itself_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(KeyRefused):
        RequestKey("p", "m", circle).digest()


def test_a_text_is_a_digest_where_it_can_be_and_hashed_where_not() -> None:
    digest = "0f" * 32
    assert as_digest(digest) == as_digest(f"cache:{digest}") == digest
    assert as_digest("test_key") == hashlib.sha256(b"test_key").hexdigest()
    assert as_digest(digest.upper()) != digest
    assert as_digest("\ud800") != as_digest("?")
