"""Coroutine tests run in a loop of their own; a sample disk with the real service."""

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from cachemgr.__main__ import Composer
from cachemgr.cli.session import Options
from cachemgr.service import CacheManager


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[tuple[CacheManager, Path]]:
    """A service on a sample home and project, and the directory that holds both."""
    with Composer().sample(Options(), tmp_path / "sample", keep=True) as made:
        yield made.service, made.directory


@pytest.fixture
def service(sample: tuple[CacheManager, Path]) -> CacheManager:
    """That service alone."""
    return sample[0]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True
