"""A cache for the responses of language models: what was paid for once is not paid for again.

    from cachemgr.responses import RequestKey, Usage, open_cache

    cache = open_cache()                                     # .questfoundry/config.yml, or its defaults
    key = RequestKey("openai", "gpt-4o", "Why is the sky blue?", temperature=0.0)
    hit = cache.get_or_compute(key, lambda: (ask(), Usage(12, 340, Decimal("0.0034"))))

`ResponseCache`, `CacheConfig` and `generate_cache_key` are the names of the design document: code that was
written for it runs with them as it is.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cachemgr.responses.aio import AsyncCache, open_async_cache
    from cachemgr.responses.analytics import Analytics
    from cachemgr.responses.cache import Cache
    from cachemgr.responses.compat import ResponseCache
    from cachemgr.responses.config import CacheConfig
    from cachemgr.responses.entry import Entry, Hit, JSONValue, SetResult
    from cachemgr.responses.errors import ConfigError, KeyRefused, StoreError, Unreachable
    from cachemgr.responses.key import RequestKey, generate_cache_key
    from cachemgr.responses.opening import open_cache
    from cachemgr.responses.query import EntryQuery
    from cachemgr.responses.report import SweepReport, Totals, VerifyReport
    from cachemgr.responses.transfer import TransferReport
    from cachemgr.responses.ttl import DEFAULT, TTL
    from cachemgr.responses.usage import Usage
    from cachemgr.responses.warming import WarmReport

__all__ = [
    "DEFAULT",
    "TTL",
    "Analytics",
    "AsyncCache",
    "Cache",
    "CacheConfig",
    "ConfigError",
    "Entry",
    "EntryQuery",
    "Hit",
    "JSONValue",
    "KeyRefused",
    "RequestKey",
    "ResponseCache",
    "SetResult",
    "StoreError",
    "SweepReport",
    "Totals",
    "TransferReport",
    "Unreachable",
    "Usage",
    "VerifyReport",
    "WarmReport",
    "generate_cache_key",
    "open_async_cache",
    "open_cache",
]

_HOMES = {
    "aio": "AsyncCache open_async_cache",
    "analytics": "Analytics",
    "cache": "Cache",
    "compat": "ResponseCache",
    "config": "CacheConfig",
    "entry": "Entry Hit JSONValue SetResult",
    "errors": "ConfigError KeyRefused StoreError Unreachable",
    "key": "RequestKey generate_cache_key",
    "opening": "open_cache",
    "query": "EntryQuery",
    "report": "SweepReport Totals VerifyReport",
    "transfer": "TransferReport",
    "ttl": "DEFAULT TTL",
    "usage": "Usage",
    "warming": "WarmReport",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Loaded on first use: who looks for caches reads `responses.format` and must not pay for the library."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
