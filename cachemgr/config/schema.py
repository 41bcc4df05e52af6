"""What configuration files may say: our `cachemgr.toml`, and the sections that projects already have."""

from datetime import date
from typing import Annotated, Any

import msgspec

from cachemgr.config.files import FOREVER
from cachemgr.domain.terms import Category, Disposal, Rebuild

Days = Annotated[int, msgspec.Meta(ge=0, le=FOREVER)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Roots(msgspec.Struct, forbid_unknown_fields=True):
    """Where caches should be. Relative paths count from the project."""

    hf_home: str | None = None
    """HF_HOME: the hub, datasets, assets, modules and Xet chunks lie in it."""
    torch_home: str | None = None
    """TORCH_HOME: `hub` lies in it."""
    mlx_home: str | None = None
    """A hub of its own that a project's MLX tools use."""
    applications: dict[str, str] = {}
    """The project's own caches, by name."""


class CacheTable(msgspec.Struct, forbid_unknown_fields=True):
    """One more cache. The name of a type that the catalogue knows says how it is laid out."""

    name: str
    path: str
    title: str = ""
    category: Category = Category.APPS
    rebuild: Rebuild = Rebuild.COSTS


class PolicyTable(msgspec.Struct, forbid_unknown_fields=True):
    """Rules that `cachemgr expire --policy NAME` goes by; see `domain.policy.Policy`."""

    targets: list[str]
    """What it is about, in the words of the command line."""
    ttl: bool = False
    """Past the time that the cache itself recorded."""
    older_than: str | None = None
    """Last changed so long ago: `30d`."""
    unused_for: str | None = None
    """Last used or changed so long ago."""
    keep_last: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """The newest of each group stay; as the only rule it takes the others."""
    max_size: str | None = None
    """What all of it together may take: `20G`."""
    free: str | None = None
    """What is to be free on its file system."""
    min_age: str | None = None
    """What is younger stays; without it, 24 hours where the cache's own record does not speak."""
    title: str = ""


class PinTable(msgspec.Struct, forbid_unknown_fields=True):
    """What no rule takes."""

    target: str
    reason: str = ""
    until: date | None = None
    """The last day on which it holds."""


class CacheMgrToml(msgspec.Struct, forbid_unknown_fields=True):
    """`cachemgr.toml`, in a project or in the user's configuration directory."""

    disposal: Disposal | None = None
    """What becomes of removed entries; without it, what they cost to rebuild decides."""
    retention_days: Days | None = None
    """How long the quarantine keeps what was cleared."""
    si: bool | None = None
    """Sizes in units of 1000 rather than 1024."""
    roots: Roots = msgspec.field(default_factory=Roots)
    cache: list[CacheTable] = []
    policies: dict[str, Any] = {}
    """Each is a PolicyTable, by name, and is read by itself: one mistake stops no other. Those of a project
    count only where the user trusts its file."""
    pins: list[PinTable] = []


class HardwareCache(msgspec.Struct, forbid_unknown_fields=True):
    """The `cache` section of `config/hardware_cache.json`. Its paths count from the project."""

    base_dir: str | None = None
    torch_home: str | None = None
    hf_home: str | None = None
    mlx_home: str | None = None
    application_caches: dict[str, str] = {}


class Provider(msgspec.Struct, forbid_unknown_fields=True):
    """What a provider's answers are kept by, where it differs."""

    enabled: bool | None = None
    ttl_seconds: Seconds | None = None
    max_cache_size_mb: Annotated[float, msgspec.Meta(ge=0)] | None = None


class Caching(msgspec.Struct, forbid_unknown_fields=True):
    """The `caching` section of `.questfoundry/config.yml`. Only where the cache lies matters here."""

    enabled: bool = True
    backend: str = "file"
    cache_dir: str | None = None
    """None is `.questfoundry/cache`."""
    ttl_seconds: Seconds | None = None
    max_cache_size_mb: Annotated[float, msgspec.Meta(ge=0)] | None = None
    cleanup_interval_seconds: Seconds | None = None
    per_provider: dict[str | int, Provider] | None = None
    stale_while_revalidate_seconds: Seconds = 0
    stale_if_error_seconds: Seconds = 0
    max_entry_size_mb: Annotated[float, msgspec.Meta(ge=0)] = 16
    size_basis: str = "allocated"
    low_water: float = 0.9
    age_granularity_seconds: Seconds = 3600
    fsync: bool = False
    store_prompts: bool = False
    # What is in these is the library's to judge; see responses/config.py.
    compression: dict[str, Any] = {}
    single_flight: dict[str, Any] = {}
    index: dict[str, Any] = {}
    analytics: dict[str, Any] = {}
    key: dict[str, Any] = {}
    redis: dict[str, Any] = {}
