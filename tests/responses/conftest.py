"""Caches in a temporary directory, a clock that can be set, and an ear for warnings nobody expected."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cachemgr.responses import Cache, open_cache
from cachemgr.responses.clock import Clock

if TYPE_CHECKING:
    from tests.responses.server import RedisServer

LOG = "cachemgr.responses"


class Hands:
    """Of a clock that a test moves: the time of day, and the one that only runs on."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.steady = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.steady += seconds

    def set_by(self, seconds: float) -> None:
        """As somebody does who sets a clock: no time passes."""
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.steady)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the cache is, or will be."""
    return tmp_path / "cache"


Opener = Callable[..., Cache]


@pytest.fixture
def opened(root: Path, hands: Hands) -> Iterator[Opener]:
    """`opened(**configuration)`: a cache without a thread of its own, on the clock of `hands`."""
    caches: list[Cache] = []

    def make(*, read_only: bool = False, **config: Any) -> Cache:
        settings = {"cache_dir": str(root), "cleanup_interval_seconds": 0, **config}
        caches.append(open_cache(settings, read_only=read_only, clock=hands.clock))
        return caches[-1]

    yield make
    for cache in caches:
        cache.close()


class Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.expected = False

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture(autouse=True)
def warnings_said() -> Iterator[Ear]:
    """A fault that was contained is a fault all the same: a test that expects one says so."""
    ear = Ear()
    logging.getLogger(LOG).addHandler(ear)
    yield ear
    logging.getLogger(LOG).removeHandler(ear)
    assert ear.expected or not ear.said, ear.said


@pytest.fixture
def faults(warnings_said: Ear) -> list[str]:
    """What the library warned about; it may, here."""
    warnings_said.expected = True
    return warnings_said.said


@pytest.fixture
def server(tmp_path: Path) -> "Iterator[RedisServer]":
    """A Redis server of this test's own; the test is left out where there is none."""
    from tests.responses.server import RedisServer

    found = RedisServer(tmp_path)
    yield found.start()
    found.stop()
