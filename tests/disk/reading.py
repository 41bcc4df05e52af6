"""A tree read the way a scan reads a root."""

import os
from dataclasses import dataclass
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.reader import DiskReader
from cachemgr.disk.scope import Scope
from cachemgr.disk.volumes import mounts, mounts_below
from cachemgr.domain.event import Gauge
from cachemgr.domain.inventory import Problem
from cachemgr.domain.unit import Tally, Unit


@dataclass(frozen=True, slots=True)
class Read:
    total: Tally
    units: dict[str, Unit]
    problems: tuple[Problem, ...]


def scope(root: Path, gauge: Gauge | None = None) -> Scope:
    return Scope(
        os.lstat(root).st_dev,
        handles.owner(),
        mounts_below(root, mounts()),
        gauge=gauge if gauge is not None else Gauge(),
    )


def read(root: Path, gauge: Gauge | None = None, *, third_party: bool = False) -> Read:
    """Everything directly below a real directory, each as one unit, and the measure of it all."""
    around = scope(root, gauge)
    around.third_party = third_party
    with DiskReader(root, around) as reader:
        units = reader.rest()
        return Read(reader.total(), {unit.names[0]: unit for unit in units}, tuple(around.problems))


def descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd"))
