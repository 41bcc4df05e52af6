"""Whether a run did what it may, and said what it did."""

import base64
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cachemgr import config
from cachemgr.catalogue import all_types
from cachemgr.domain.inventory import Inventory
from cachemgr.present.document.values import exact
from cachemgr.service import CacheManager
from tests.adversary.build import environment
from tests.adversary.picture import Facts, Picture
from tests.adversary.stage import Stage
from tests.builders import machine
from tests.desk import utc_now

OURS = ".cachemgr-quarantine-"
CONFIGURATION = ("config/hardware_cache.json", ".questfoundry/config.yml")
"""What is read on purpose, so that its access time moves."""


def take(stage: Stage) -> Picture:
    """Everything but what is our own to write."""
    return Picture.of(stage.top, but=(stage.state, stage.trash, stage.temp))


def trespasses(
    stage: Stage, before: Picture, after: Picture, allowed: Iterable[Path], *, reading: bool = False
) -> list[str]:
    """What changed that was not of `allowed`; with `reading` not even the time of a look may have changed."""
    place = _Places(stage, allowed)
    found: list[str] = []
    for path, facts in before.entries.items():
        if place.inside(path):
            continue
        now = after.entries.get(path)
        if now is None:
            if not (facts.directory and place.container(path)):
                found.append(f"gone: {path!r}")
            continue
        fields = place.fields(path, facts, reading=reading)
        found += [
            f"{field}: {path!r}: {getattr(facts, field)!r} -> {getattr(now, field)!r}"
            for field in fields
            if getattr(facts, field) != getattr(now, field)
        ]
    new = after.entries.keys() - before.entries.keys()
    return found + [f"new: {path!r}" for path in new if reading or not place.quarantined(path)]


class _Places:
    """What the places of a picture are to a run that may take `allowed`."""

    def __init__(self, stage: Stage, allowed: Iterable[Path]) -> None:
        self.stage = stage
        self.allowed = set(allowed)
        self.above = {above for path in self.allowed for above in path.parents}
        self.roots = set(stage.roots)
        self._inside: dict[Path, bool] = {}
        self.configuration = {stage.project / name for name in CONFIGURATION}
        self.configuration.add(stage.home / ".config" / "cachemgr" / "cachemgr.toml")

    def inside(self, path: Path) -> bool:
        if path not in self._inside:
            outer = path.parent
            self._inside[path] = path in self.allowed or (outer != path and self.inside(outer))
        return self._inside[path]

    def container(self, path: Path) -> bool:
        """A directory below a root, with something in it that may go."""
        return path in self.above and any(above in self.roots for above in path.parents)

    def fields(self, path: Path, facts: Facts, *, reading: bool) -> tuple[str, ...]:
        """What of it must be the same."""
        if not reading and (path in self.roots or self.container(path)) and path in self.above:
            return ("kind", "mode", "owner", "inode")
        if not reading and path == self.stage.trash.parent:
            return ("kind", "mode", "owner", "inode")
        same = ["kind", "mode", "owner", "modified", "inode", "size", "content"]
        if path not in self.stage.shared:
            same += ["links", "changed"]
        watched = facts.kind == stat.S_IFREG or (reading and facts.directory)
        if watched and path not in self.configuration:
            same.append("accessed")
        return tuple(same)

    def quarantined(self, path: Path) -> bool:
        return any(
            above.name.startswith(OURS) and above.parent in self.roots for above in (path, *path.parents)
        )


def not_accounted_for(named: Sequence[str], result: dict[str, Any]) -> list[str]:
    """Entries that were named and of which a result says nothing, or something without a reason."""
    said: dict[str, list[bool]] = {}
    for outcome in result["outcomes"]:
        error = outcome["error"]
        explained = outcome["status"] == "done" or bool(error and error["kind"] and error["message"])
        said.setdefault(outcome["entry"], []).append(explained)
    for exclusion in result["exclusions"]:
        explained = bool(exclusion["reason"] and exclusion["message"])
        said.setdefault(exclusion["entry"], []).append(explained)
    return [name for name in named if not said.get(name) or not all(said[name])]


def broken_promises(plan: dict[str, Any], result: dict[str, Any]) -> list[str]:
    """Steps of a plan whose outcome is not what the disk shows."""
    found: list[str] = []
    status = {outcome["n"]: outcome for outcome in result["outcomes"]}
    for step in plan["steps"]:
        place = step_path(step)
        there = os.path.lexists(place)
        outcome = status.get(step["n"])
        if outcome is None:
            found.append(f"no outcome: {place!r}")
        elif outcome["status"] == "done" and there:
            found.append(f"done, and still there: {place!r}")
        elif outcome["status"] != "done" and not there and not outcome["moved_bytes"]:
            found.append(f"{outcome['status']}, and gone: {place!r}")
    return found


def look(stage: Stage) -> Inventory:
    """What a scan sees now."""
    here = machine(stage.home, env=environment(stage), cwd=stage.project)
    own = stage.home / ".config" / "cachemgr"
    settings = config.load(here, project=stage.project, config_file=None, user_dir=own)
    return CacheManager(here, all_types(), settings, stage.project, stage.state, utc_now).inventory()


SUPPORT = (".locks", "CACHEDIR.TAG", ".huggingface-shared-blobs", ".lock")
"""Files of the tools' own that no clear is about, by the end of a name."""


def unsaid(stage: Stage, inventory: Inventory, result: dict[str, Any]) -> list[Path]:
    """What lies in a root after a clear and is mentioned nowhere in its result. A quarantine is mentioned
    by `status`, a directory that holds nothing is no thing, and of a cache without entries nothing was asked.
    """
    asked = {inventory.cache_by_id[entry.cache].real_path for entry in inventory.entries}
    kept = {one["entry"] for one in result["outcomes"] if one["status"] != "done"}
    kept |= {exclusion["entry"] for exclusion in result["exclusions"]}
    said = {Path(step_path(one)) for one in result["exclusions"] if one["path"]}
    for entry in inventory.entries:
        if exact(entry.id) in kept:
            root = inventory.cache_by_id[entry.cache].real_path
            assert root is not None
            said |= {root.joinpath(*unit.names) for unit in entry.units}
    return [
        path
        for path, facts in take(stage).entries.items()
        if not facts.directory
        and (way := _way(stage, path))
        and way[-1].parent in asked
        and said.isdisjoint(way)
        and not any(step.name.endswith(SUPPORT) for step in way)
        and not way[-1].name.startswith(OURS)
    ]


def _way(stage: Stage, path: Path) -> list[Path]:
    """The path and what is above it below the innermost root; empty outside of every root."""
    way: list[Path] = []
    for step in (path, *path.parents):
        if step in stage.roots:
            return way
        way.append(step)
    return []


def step_path(step: dict[str, Any]) -> str:
    """The exact place that a step acts on."""
    if encoded := step.get("path_b64"):
        return os.fsdecode(base64.b64decode(encoded))
    return str(step["path"])
