"""A service over a temporary home, plans written by hand, and pictures of what a disk holds."""

import hashlib
import os
import stat
import subprocess
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cachemgr import config
from cachemgr.catalogue import all_types
from cachemgr.disk import handles
from cachemgr.disk.scope import Scope
from cachemgr.disk.walk import Walk
from cachemgr.domain.action import Action, Remove
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import Entry, Inventory
from cachemgr.domain.outcome import Outcome
from cachemgr.domain.plan import Plan, Root, Step
from cachemgr.domain.run_event import RunEvent, RunFinished
from cachemgr.domain.settings import Settings
from cachemgr.domain.terms import Disposal, Intent, Rule, Status
from cachemgr.domain.unit import Content, Identity, Kind
from cachemgr.execute.sample import SampleHome
from cachemgr.plan.compose import PLAN_AGE
from cachemgr.service import CacheManager
from tests.builders import machine
from tests.observers import Foreseen

BOX = "box@custom"
"""The cache id of plans written by hand."""
FORCED = (Rule.IN_USE,)
"""For tests that are not about what is in use: what else runs on this machine is none of their business."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Clock:
    """A clock that a test can turn."""

    ahead: float = 0
    """Seconds."""

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(utc_now().timestamp() + self.ahead, UTC)


def sample_manager(sample: SampleHome, clock: Callable[[], datetime] = utc_now) -> CacheManager:
    """The service over a sample, with all that its project configures."""
    here = machine(sample.home, env=sample.environment, cwd=sample.project)
    settings = config.load(
        here, project=sample.project, config_file=None, user_dir=sample.home / ".config" / "cachemgr"
    )
    return CacheManager(
        here, all_types(), settings, sample.project, sample.directory / "state", clock, observer=Foreseen()
    )


def manager(
    home: Path,
    *,
    state: Path | None = None,
    types: tuple[CacheType, ...] = (),
    settings: Settings | None = None,
    env: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] = utc_now,
    allow_root: bool = False,
) -> CacheManager:
    """A service that knows no caches, for plans written by hand."""
    return CacheManager(
        machine(home, env=env),
        types,
        settings or Settings(),
        None,
        state or home / "state",
        clock,
        allow_root=allow_root,
        observer=Foreseen(),
    )


def identity(path: Path) -> Identity:
    return handles.identity(os.lstat(path))


def root_of(path: Path, *, cache: str = BOX, third_party: bool = False) -> Root:
    return Root(cache, "box", path, identity(path), third_party)


def content(root: Path, *names: str) -> Content | None:
    """What a plan remembers of a tree; None for what is no tree."""
    path = root.joinpath(*names)
    if identity(path).kind is not Kind.DIRECTORY:
        return None
    walk = Walk(Scope(os.lstat(root).st_dev), names)
    handle = handles.open_root(path)
    try:
        walk.tree(handle, handles.fstat(handle))
    finally:
        handles.close(handle)
    return walk.result().content


def removal(
    root: Path, *names: str, disposal: Disposal = Disposal.DELETE, lock: tuple[str, ...] = ()
) -> Step:
    """A step that removes what is there now, as a plan would have it."""
    path = root.joinpath(*names)
    size = os.lstat(path).st_blocks * 512
    return Step(
        Remove(names, disposal, lock),
        BOX,
        f"{BOX}:{names[-1]}",
        identity(path),
        size,
        seen=content(root, *names),
    )


def asked(action: Action, like: Path) -> Step:
    """A step nobody planned, with the identity of something that exists."""
    return Step(action, BOX, None, identity(like))


def plan_of(
    roots: Path | Iterable[Root],
    *steps: Step,
    intent: Intent = Intent.CLEAR,
    forced: Collection[Rule] = FORCED,
) -> Plan:
    pinned = (root_of(roots),) if isinstance(roots, Path) else tuple(roots)
    now = utc_now()
    return Plan(f"p-{os.urandom(4).hex()}", intent, now, now + PLAN_AGE, pinned, steps, forced=tuple(forced))


@dataclass
class Done:
    """What came of a plan."""

    run: str
    outcomes: tuple[Outcome, ...]
    events: list[RunEvent] = field(default_factory=list)

    @property
    def freed(self) -> int:
        return sum(outcome.freed for outcome in self.outcomes)

    @property
    def statuses(self) -> list[Status]:
        return [outcome.status for outcome in self.outcomes]

    @property
    def kinds(self) -> list[str | None]:
        """Why each step was not done; None where it was."""
        return [outcome.trouble.kind if outcome.trouble else None for outcome in self.outcomes]


def carry_out(
    service: CacheManager,
    plan: Plan,
    *,
    gauge: Gauge | None = None,
    saved: bool = False,
    during: Callable[[RunEvent], None] = lambda event: None,
) -> Done:
    """Execute to the end; `during` is called between an event and what happens next."""
    events: list[RunEvent] = []
    for event in service.execute(plan, gauge, saved=saved):
        events.append(event)
        during(event)
    last = events[-1]
    assert isinstance(last, RunFinished)
    return Done(last.run, last.outcomes, events)


def drop(events: Iterator[object]) -> None:
    """Stop in the middle, as a program does that no longer wants to know."""
    assert isinstance(events, Generator)
    events.close()


def clear(
    service: CacheManager,
    choose: Callable[[Entry, Inventory], bool] = lambda entry, inventory: True,
    disposal: Disposal | None = None,
    *,
    force: Collection[Rule] = FORCED,
) -> Plan:
    """A plan for the chosen entries of a fresh scan."""
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries if choose(entry, inventory)}
    assert chosen, "the test chose nothing"
    return service.plan_clear(inventory, chosen, disposal=disposal, force=force)


Look = tuple[object, ...]


def picture(*tops: Path) -> dict[str, Look]:
    """Every name with kind, mode, mtime and, but for directories, inode, link text, size and content.

    The inode makes hard links, and copies in place of originals, visible; a container that was made again
    has another one. Holes are not read.
    """
    return {name: _look(name) for top in tops for name in _names(os.fspath(top))}


def du(*paths: Path) -> int:
    """What `du` says the paths take together, in bytes."""
    done = subprocess.run(["du", "-c", "-s", "-B1", *map(str, paths)], capture_output=True, check=True)
    return int(done.stdout.split()[-2])


def _names(top: str) -> Iterator[str]:
    pending = [top]
    while pending:
        name = pending.pop()
        yield name
        if stat.S_ISDIR(os.lstat(name).st_mode):
            pending += [os.path.join(name, child) for child in os.listdir(name)]


def _look(name: str) -> Look:
    facts = os.lstat(name)
    shared: Look = (stat.S_IFMT(facts.st_mode), stat.S_IMODE(facts.st_mode), facts.st_mtime_ns)
    if stat.S_ISDIR(facts.st_mode):
        return shared
    shared = (*shared, facts.st_ino)
    if stat.S_ISLNK(facts.st_mode):
        return (*shared, os.readlink(name))
    if stat.S_ISREG(facts.st_mode):
        return (*shared, facts.st_size, facts.st_nlink, facts.st_uid, _data(name, facts.st_size))
    return shared


def _data(name: str, size: int) -> str:
    digest = hashlib.sha256()
    descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NOATIME", 0))
    try:
        place = 0
        while place < size:
            try:
                start = os.lseek(descriptor, place, os.SEEK_DATA)
            except OSError:
                break
            place = os.lseek(descriptor, start, os.SEEK_HOLE)
            digest.update(f"{start}:{place}".encode() + os.pread(descriptor, place - start, start))
    finally:
        os.close(descriptor)
    return digest.hexdigest()
