"""What one configuration file says, before stronger files are put over it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cachemgr.config.source import Source
from cachemgr.domain.inventory import Origin
from cachemgr.domain.policy import Pin, Policy
from cachemgr.domain.settings import HomeSetting, RootSetting


@dataclass(frozen=True, slots=True)
class Layer:
    source: Source
    values: Mapping[str, tuple[object, Origin]] = field(default_factory=dict)
    """`disposal`, `retention_days` and `si`, as far as the file names them."""
    homes: tuple[HomeSetting, ...] = ()
    roots: tuple[RootSetting, ...] = ()
    convention: str = ""
    policies: tuple[Policy, ...] = ()
    pins: tuple[Pin, ...] = ()
