"""Caches whose entries consist of several units, what may be done with them, and whether each is whole."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cachemgr.disk.reader import OURS
from cachemgr.domain.inventory import EntryId, Inventory
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Disposal
from cachemgr.service import CacheManager
from tests.builders import commit, tree
from tests.caches import HubOnDisk, ResponseCacheOnDisk
from tests.desk import picture
from tests.managers import manager

OURS_TOO = (".jsonl", ".closed")
LOCKS = ("writer.lock", "workers.lock", "writer.json")
SHARED, STORED = b"s" * 9000, b"t" * 7000
Look = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """A home with a hub and a response cache, as it was before anything was done."""

    home: Path
    before: Mapping[str, Look]
    entries: Mapping[EntryId, frozenset[Path]]
    """The places of each entry's units."""
    cleared: frozenset[EntryId]

    @property
    def hub(self) -> HubOnDisk:
        return hub_of(self.home)

    @property
    def service(self) -> CacheManager:
        return service_of(self.home)

    @property
    def kept(self) -> frozenset[Path]:
        """What entries that are not to be cleared hold."""
        places = (units for entry, units in self.entries.items() if entry not in self.cleared)
        return frozenset[Path]().union(*places)


def ground(home: Path) -> Ground:
    """Two revisions that share a blob, of which one is to be cleared, and one repository that is to be
    cleared whole, with a payload in the shared store; and answers that are pairs of files."""
    hub = hub_of(home)
    hub.download(
        "ada/two", commit("1"), {"config.json": b"{1}", "m.bin": SHARED, "own/1.bin": b"1" * 5000}, refs=()
    )
    hub.download("ada/two", commit("2"), {"config.json": b"{2}", "m.bin": SHARED}, refs=("main",))
    hub.absent("ada/two", commit("1"), "adapter_config.json")
    hub.download(
        "bob/all", commit("3"), {"a.json": b"{3}", "s.bin": STORED}, refs=("main", "v1"), xet=("s.bin",)
    )
    hub.download("bob/all", commit("4"), {"a.json": b"{4}", "s.bin": STORED}, refs=(), xet=("s.bin",))
    hub.listing("bob/all", commit("3"), {"s.bin": STORED})
    answers = ResponseCacheOnDisk(home / "answers")
    for number in range(4):
        answers.put({"prompt": number}, f'"{number}"', written=1.7e9)
    assert hub.scan().warnings == []
    inventory = service_of(home).inventory()
    entries = {
        entry.id: frozenset(_path(inventory, entry.cache, unit.names) for unit in entry.units)
        for entry in inventory.entries
    }
    return Ground(home, look(home), entries, to_clear(inventory))


def look(home: Path) -> dict[str, Look]:
    """The caches as they are; of folders the kind and the mode, for whose times nobody vouches after a
    kill, and which may have been made again."""
    seen = picture(hub_of(home).root, home / "answers")
    return {name: facts[:2] if len(facts) == 3 else facts for name, facts in seen.items()}


def hub_of(home: Path) -> HubOnDisk:
    return HubOnDisk(home / "hf" / "hub")


def service_of(home: Path) -> CacheManager:
    return manager(
        tree(home / "ada", {}),
        env={"HF_HUB_CACHE": str(hub_of(home).root)},
        roots={"responses": home / "answers"},
    )


def to_clear(inventory: Inventory) -> frozenset[EntryId]:
    chosen = frozenset(
        entry.id
        for entry in inventory.entries
        if "ada/two@" + commit("1")[:7] in entry.id or "bob/all@" in entry.id or "responses" in entry.cache
    )
    assert len(chosen) == 7
    return chosen


def plan(service: CacheManager, what: str) -> Plan:
    """`delete`, `quarantine`, `undo`, `purge`, or the recovery of the run that was interrupted."""
    if what == "undo":
        return service.plan_undo()
    if what == "purge":
        return service.plan_purge()
    if what in ("finish", "roll-back"):
        run = service.interrupted()[0].id
        return service.plan_finish(run) if what == "finish" else service.plan_roll_back(run)
    inventory = service.inventory()
    return service.plan_clear(inventory, to_clear(inventory), disposal=Disposal(what))


def act(asked: dict[str, Any], begin: Callable[[], None]) -> None:
    """In a process of its own: plan, then `begin`, then carry out."""
    # Whose trash it is the library asks the process.
    os.environ["HOME"] = str(Path(asked["home"]) / "ada")
    os.environ.pop("XDG_DATA_HOME", None)
    service = service_of(Path(asked["home"]))
    planned = plan(service, asked["what"])
    begin()
    for _ in service.execute(planned):
        pass


def check(ground: Ground) -> None:
    """What holds after every recovery, whatever was asked for."""
    service = ground.service
    assert service.interrupted() == ()
    states = {entry: {place.exists() or place.is_symlink() for place in places - ground.kept}
              for entry, places in ground.entries.items()}  # fmt: skip
    # Every entry is wholly there or wholly gone, but for what one that is kept shares with it.
    assert [entry for entry, there in states.items() if len(there) > 1] == []
    now = look(ground.home)
    here = {name: facts for name, facts in now.items() if f"/{OURS}" not in name}
    assert all(ground.before[name] == facts for name, facts in here.items()), "something is not what it was"
    assert all(str(place) in now for place in ground.kept)
    # A directory of ours in the hub is a warning to its own tool, for as long as it is there.
    assert [warning for warning in ground.hub.scan().warnings if OURS not in str(warning)] == []
    assert service.inventory().complete
    known = {run.id for run in service.runs() if run.quarantined or run.leftover}
    assert quarantines(ground) <= known, "a quarantine that nobody knows"
    own = [path for path in service.state.rglob("*") if path.is_file()]
    assert all(path.suffix in OURS_TOO or path.name in LOCKS for path in own)
    temporary = Path(os.environ["TMPDIR"])
    assert list(temporary.iterdir()) == []


def is_there(ground: Ground) -> bool:
    """Whether everything is as it was."""
    return look(ground.home) == ground.before


def names(ground: Ground) -> frozenset[str]:
    """What there is outside of quarantines, by name below the home."""
    return frozenset(
        name.removeprefix(str(ground.home)) for name in look(ground.home) if f"/{OURS}" not in name
    )


def quarantines(ground: Ground) -> set[str]:
    return {path.name.removeprefix(OURS) for path in ground.home.rglob(f"{OURS}*")}


def _path(inventory: Inventory, cache: str, names: tuple[str, ...]) -> Path:
    found = inventory.cache_by_id[cache].real_path
    assert found is not None
    return found.joinpath(*names)
