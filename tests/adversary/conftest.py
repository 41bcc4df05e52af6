"""A stage for each test, taken down whatever happens."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.adversary.build import build
from tests.adversary.stage import Stage

Builder = Callable[..., Stage]


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[Builder]:
    """Builds stages."""
    if os.name != "posix":
        pytest.skip("links, pipes and names of a POSIX system")
    stages: list[Stage] = []

    def builder(*, seed: int = 20261120, thorough: bool = False) -> Stage:
        stages.append(build(tmp_path / f"stage{len(stages)}", seed=seed, thorough=thorough))
        return stages[-1]

    yield builder
    for stage in stages:
        stage.strike()


@pytest.fixture
def stage(staged: Builder) -> Stage:
    return staged()
