"""The design document's sample code runs with the library's names, and means what it meant to."""

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses import CacheConfig, ResponseCache, generate_cache_key


class Provider(ABC):  # noqa: B024
    """The document's, line by line, with the names imported from the library."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.cache = ResponseCache() if config.get("caching_enabled") else None

    def get_model_name(self) -> str:
        return "gpt-4o"

    def _get_cache_key(self, method: str, prompt: str, **params: Any) -> str:
        return generate_cache_key(self.__class__.__name__, self.get_model_name(), prompt, **params)


class TextProvider(Provider):
    def generate_text(self, prompt: str, model: str | None = None, **kwargs: Any) -> str:
        cache_key = self._get_cache_key("text", prompt, model=model, **kwargs)
        if self.cache:
            cached = self.cache.get(cache_key)
            if cached:
                return cached
        response = self._generate_text_uncached(prompt, model, **kwargs)
        if self.cache:
            ttl = self.config.get("cache_ttl_seconds", 86400)
            self.cache.set(cache_key, response, ttl)
        return response

    @abstractmethod
    def _generate_text_uncached(self, prompt: str, model: str | None = None, **kwargs: Any) -> str: ...


class Counting(TextProvider):
    asked = 0

    def _generate_text_uncached(self, prompt: str, model: str | None = None, **kwargs: Any) -> str:
        self.asked += 1
        return f"{prompt} {model} {sorted(kwargs.items())} {self.asked}"


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_cache_key_generation() -> None:
    assert generate_cache_key("openai", "gpt-4", "hello") == generate_cache_key("openai", "gpt-4", "hello")


def test_cache_get_set() -> None:
    cache = ResponseCache()
    cache.set("test_key", "test_value")
    assert cache.get("test_key") == "test_value"


def test_cache_expiration() -> None:
    cache = ResponseCache(ttl_seconds=1)
    cache.set("key", "value")
    assert cache.get("key") == "value"
    time.sleep(1.1)
    assert cache.get("key") is None
    cache.cleanup_expired()
    assert cache.get_stats() == {"entries": 0, "total_size_mb": 0}


def test_clear_and_stats(somewhere: Path) -> None:
    cache = ResponseCache(somewhere / "mine")
    cache.set("a", "x" * 1024 * 512)
    cache.set("b", "y" * 1024 * 512)
    assert cache.get_stats() == {"entries": 2, "total_size_mb": 1.0}
    cache.clear()
    assert cache.get("a") is None
    assert cache.get_stats()["entries"] == 0


def test_a_provider_asks_once() -> None:
    provider = Counting({"caching_enabled": True})
    first = provider.generate_text("hello", temperature=0.1)
    assert provider.generate_text("hello", temperature=0.1) == first
    assert provider.generate_text("hello", temperature=0.2) != first
    assert provider.generate_text("hello", top_p=0.5) != provider.generate_text("hello", top_p=0.6)
    assert provider.generate_text("hello", model="other") != provider.generate_text("hello")
    assert Counting({"caching_enabled": True}).generate_text("hello", temperature=0.1) == first
    assert Path(".questfoundry/cache").is_dir()


def test_a_provider_without_cache_asks_each_time() -> None:
    provider = Counting({})
    assert provider.generate_text("hello") != provider.generate_text("hello")


def test_zero_stores_nothing(somewhere: Path) -> None:
    """The document's `ttl or self.ttl_seconds` took the default for it."""
    cache = ResponseCache(somewhere / "mine")
    cache.set("a", "x", ttl=0)
    assert cache.get("a") is None


def test_configured() -> None:
    config = CacheConfig.from_dict(
        {
            "cache_dir": "mine",
            "per_provider": {"openai": {"ttl_seconds": 172_800}, "ollama": {"enabled": False}},
        }
    )
    assert config.cache_dir == Path("mine")
    assert config.get_ttl_for_provider("openai") == 172_800
    assert config.get_ttl_for_provider("gemini") == 86_400
    assert not config.is_enabled_for_provider("ollama")
    cache = ResponseCache.open(config)
    cache.set("a", "x")
    assert cache.get("a") == "x"
    assert not CacheConfig(enabled=False).is_enabled_for_provider("openai")
