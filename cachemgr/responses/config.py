"""The `caching:` section of `.questfoundry/config.yml`, as a value."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from cachemgr.responses.key import IGNORED
from cachemgr.responses.ttl import LONGEST, seconds

Backend = Literal["file", "memory", "sqlite", "redis"]
BACKENDS: tuple[Backend, ...] = ("file", "memory", "sqlite", "redis")
SCHEMES = ("redis://", "rediss://", "unix://")
"""What the address of a server begins with."""
SECTION = "caching"
"""Of `.questfoundry/config.yml`."""
DEFAULT_DIRECTORY = Path(".questfoundry/cache")
MEGABYTE = 1024 * 1024
_MOST_MB = 1e12
_MOST = (1 << 31) - 1
LIMITS: Mapping[str, tuple[float, float]] = {
    "max_cache_size_mb": (0, _MOST_MB),
    "max_entry_size_mb": (0, _MOST_MB),
    "cleanup_interval_seconds": (0, LONGEST),
    "age_granularity_seconds": (0, LONGEST),
    "stale_while_revalidate_seconds": (0, LONGEST),
    "stale_if_error_seconds": (0, LONGEST),
    "compression.level": (-131_072, 22),
    "compression.min_bytes": (0, _MOST),
    "single_flight.lock_timeout_seconds": (0, LONGEST),
    "index.flush_ms": (0, 60_000),
    "index.flush_ops": (1, 10_000),
    "index.touch_lag_seconds": (0, LONGEST),
    "analytics.retention_days": (0, 36_600),
    "redis.socket_timeout": (0.001, 3600),
    "redis.socket_connect_timeout": (0.001, 3600),
    "redis.breaker.failures": (1, _MOST),
    "redis.breaker.open_seconds": (0, LONGEST),
}
"""The least and the most that a setting may be; beyond them it is a mistake, in the unit for instance."""


@dataclass(frozen=True, slots=True)
class Compression:
    codec: Literal["none", "zstd"] = "none"
    level: int = 3
    min_bytes: int = 4096
    """Below one block of the file system a smaller file takes as much room."""


@dataclass(frozen=True, slots=True)
class SingleFlight:
    enabled: bool = True
    lock_timeout_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """The index of the `file` backend."""

    enabled: bool = True
    flush_ms: int = 250
    flush_ops: int = 64
    touch_lag_seconds: float = 60.0
    """A last access is noted at most this often: a read must not become a write."""


@dataclass(frozen=True, slots=True)
class AnalyticsConfig:
    enabled: bool = True
    retention_days: int = 90


@dataclass(frozen=True, slots=True)
class KeyConfig:
    scheme: int = 1
    ignore: frozenset[str] = IGNORED


@dataclass(frozen=True, slots=True)
class Breaker:
    failures: int = 5
    open_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class RedisConfig:
    url: str = "redis://127.0.0.1:6379/0"
    prefix: str = "qf:llm:2:"
    socket_timeout: float = 0.25
    socket_connect_timeout: float = 0.25
    breaker: Breaker = field(default_factory=Breaker)
    fallback: Literal["none", "memory"] = "none"


@dataclass(frozen=True, slots=True)
class CacheConfig:
    """Configuration of response caching. The first seven fields are the document's."""

    enabled: bool = True
    backend: Backend = "file"
    cache_dir: Path | None = None
    """None is `.questfoundry/cache` below the working directory."""
    ttl_seconds: float | None = 86_400
    """None keeps for ever, 0 stores nothing."""
    max_cache_size_mb: float | None = 500
    """Kept by programs that store something; one that only reads leaves it to them."""
    cleanup_interval_seconds: float = 3600
    """0: no thread; then somebody has to call `sweep`."""
    per_provider: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """`{"openai": {"ttl_seconds": 172800}, "openai/gpt-*": …, "ollama": {"enabled": False}}`"""

    stale_while_revalidate_seconds: float = 0
    """After its end, in which `get_or_compute` gives an answer to those who ask while somebody renews it. Who
    asks first renews it and waits, in the foreground: a lone caller never gets it. Needs `single_flight`."""
    stale_if_error_seconds: float = 0
    """After its end, in which `get_or_compute` gives an answer where the computation fails."""
    max_entry_size_mb: float = 16
    size_basis: Literal["allocated", "logical"] = "allocated"
    low_water: float = 0.9
    """The share of the size limit that an eviction goes down to."""
    age_granularity_seconds: float = 3600
    """Entries this close in age are "of the same age"; among them the least recently used goes first."""
    compression: Compression = field(default_factory=Compression)
    single_flight: SingleFlight = field(default_factory=SingleFlight)
    index: IndexConfig = field(default_factory=IndexConfig)
    fsync: bool = False
    """Whether a response survives a power cut the moment it is stored; milliseconds each."""
    store_prompts: bool = False
    analytics: AnalyticsConfig = field(default_factory=AnalyticsConfig)
    key: KeyConfig = field(default_factory=KeyConfig)
    redis: RedisConfig = field(default_factory=RedisConfig)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "CacheConfig":
        """Raises ConfigError for a value that cannot be meant; warns about a name nobody knows."""
        from cachemgr.responses.config_reading import read, section_of

        return read(section_of(data))

    def get_ttl_for_provider(self, provider: str, model: str = "") -> float | None:
        """Seconds. The most specific rule decides; None is for ever."""
        from cachemgr.responses.rules import Rules

        return Rules(self).of(provider, model).ttl_seconds

    def is_enabled_for_provider(self, provider: str, model: str = "") -> bool:
        from cachemgr.responses.rules import Rules

        return Rules(self).of(provider, model).enabled

    @property
    def directory(self) -> Path:
        return self.cache_dir or DEFAULT_DIRECTORY

    @property
    def limit_bytes(self) -> int | None:
        return None if self.max_cache_size_mb is None else int(self.max_cache_size_mb * MEGABYTE)

    def check(self) -> "CacheConfig":
        """Raises ValueError for a combination that cannot be meant."""
        try:
            seconds(self.ttl_seconds)
        except ValueError as error:
            raise ValueError(f"`ttl_seconds`: {error}") from None
        if self.cache_dir is not None and Path(self.cache_dir).parts[:1] == ("~",):
            raise ValueError(
                f"`cache_dir` is '{self.cache_dir}', which nothing expands here; write the path out"
            )
        if self.cache_dir is not None and os.path.normpath(self.cache_dir) == os.curdir:
            raise ValueError("`cache_dir` is the whole directory; name one in it")
        if self.backend == "redis":
            _check_address(self.redis.url)
        if self.backend not in BACKENDS:
            raise ValueError(f"`backend` is one of {', '.join(BACKENDS)}; not {self.backend!r}")
        if not 0 < self.low_water <= 1:
            raise ValueError("`low_water` is a share: above 0, at most 1")
        if self.key.scheme != 1:
            raise ValueError("`key.scheme` can only be 1")
        for name, (least, most) in LIMITS.items():
            value = attrgetter(name)(self)
            if value is not None and not least <= value <= most:
                raise ValueError(f"`{name}` is from {least:g} to {most:.16g}; not {value}")
        return self


def _check_address(url: str) -> None:
    from urllib.parse import urlsplit  # only a server has one

    if not url.startswith(SCHEMES):
        raise ValueError(f"`redis.url` must begin with {', '.join(SCHEMES[:-1])} or {SCHEMES[-1]}")
    try:
        _ = urlsplit(url).port
        with suppress(ImportError):
            from redis import connection  # where it is not installed, opening says so

            parse: Any = connection.parse_url
            parse(url)
    except ValueError as error:
        raise ValueError(f"`redis.url`: {error}") from None


FIELDS = tuple(one.name for one in fields(CacheConfig))
