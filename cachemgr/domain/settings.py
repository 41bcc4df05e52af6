"""What the user and the project configured, each value with the place it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from types import MappingProxyType

from cachemgr.domain.inventory import Origin
from cachemgr.domain.policy import Pin, Policy
from cachemgr.domain.terms import Category, Disposal, Place, Rebuild


@dataclass(frozen=True, slots=True)
class HomeSetting:
    """A configured home of a tool family (`hf_home`, `torch_home`, `mlx_home`)."""

    name: str
    path: PurePath
    """Absolute."""
    origin: Origin
    place: Place = Place.PROJECT
    trusted: bool = True
    layer: int = 0
    """The number of the file that says so, strongest first."""


@dataclass(frozen=True, slots=True)
class RootSetting:
    """A cache root that a configuration names."""

    type: str
    """A cache type's id; a name the catalogue does not know makes a cache of that name."""
    path: PurePath
    """Absolute."""
    origin: Origin
    place: Place = Place.PROJECT
    trusted: bool = True
    """False: a project's file names a place outside the project, and the user has not agreed yet."""
    title: str = ""
    category: Category = Category.APPS
    rebuild: Rebuild = Rebuild.COSTS
    layer: int = 0
    """The number of the file that says so, strongest first."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective configuration, strongest source first already applied."""

    homes: tuple[HomeSetting, ...] = ()
    roots: tuple[RootSetting, ...] = ()
    disposal: Disposal | None = None
    """None: the rebuild class decides."""
    retention_days: int = 7
    si: bool = False
    conventions: frozenset[str] = frozenset()
    """Configuration schemes the project follows (`hardware_cache`, `questfoundry`): evidence that its
    legacy places are what their names say."""
    origins: Mapping[str, Origin] = field(default_factory=lambda: MappingProxyType({}))
    """Where each value came from, by key as `config show` prints it."""
    policies: tuple[Policy, ...] = ()
    """Saved rules, by name the strongest alone; one that is not trusted is there beside it."""
    wrong_policies: tuple[Policy, ...] = ()
    """Those of all files that cannot be run, with what is wrong with them."""
    pins: tuple[Pin, ...] = ()
    """Of all files together: a pin only ever keeps."""
    files: tuple[PurePath, ...] = ()
    """The configuration files that were read, strongest first."""
    of_project: Mapping[PurePath, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """What the project's own files held when they were read, by real path: what is shown is agreed to."""
