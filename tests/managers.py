"""A CacheManager over a test's own home, project and configuration."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cachemgr.catalogue import all_types
from cachemgr.domain.inventory import Cache, Inventory, Origin
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan
from cachemgr.domain.run_event import RunFinished
from cachemgr.domain.settings import HomeSetting, RootSetting, Settings
from cachemgr.domain.terms import Place
from cachemgr.service import CacheManager
from tests.builders import machine
from tests.observers import Foreseen

ORIGIN = Origin("cachemgr.toml", "test")


def now() -> datetime:
    return datetime.now(UTC)


def manager(
    home: Path,
    project: Path | None = None,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    roots: Mapping[str, Path] | None = None,
    homes: Mapping[str, Path] | None = None,
    conventions: Iterable[str] = (),
    state: Path | None = None,
    clock: Callable[[], datetime] = now,
) -> CacheManager:
    """`roots` are caches by type or by any other name, `homes` are `hf_home` and the like; all of them
    named by the user's own configuration."""
    named = tuple(RootSetting(name, path, ORIGIN, Place.CUSTOM) for name, path in (roots or {}).items())
    held = tuple(HomeSetting(name, path, ORIGIN, Place.CUSTOM) for name, path in (homes or {}).items())
    return CacheManager(
        machine(home, env=env, cwd=cwd or project or home),
        all_types(),
        Settings(homes=held, roots=named, conventions=frozenset(conventions)),
        project,
        state or home / ".local" / "state" / "cachemgr",
        clock,
        observer=Foreseen(),
    )


def at(inventory: Inventory, path: Path) -> Cache:
    """The one cache that is listed with this path."""
    found = [cache for cache in inventory.caches if cache.path == path]
    assert len(found) == 1, [(cache.id, str(cache.path)) for cache in inventory.caches]
    return found[0]


def carry_out(service: CacheManager, plan: Plan) -> tuple[Outcome, ...]:
    """The outcomes of a plan, all of it executed."""
    *_, last = service.execute(plan)
    assert isinstance(last, RunFinished)
    return last.outcomes
