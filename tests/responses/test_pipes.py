"""What is no file and has the name of one: nobody waits for it, and it has no end."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from cachemgr.responses import Cache
from cachemgr.responses.errors import Corrupt
from cachemgr.responses.files import read
from tests.responses.conftest import Opener

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    def late(_: int, __: FrameType | None) -> None:
        raise TimeoutError("it waits for a pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("ending", [".meta.json", ".json"])
@pytest.mark.parametrize("fed", [False, True], ids=["silent", "somebody writes"])
def test_a_pipe_is_no_entry(ending: str, fed: bool, root: Path, opened: Opener) -> None:
    cache: Cache = opened()
    cache.set("pipe", "paid")
    cache.set("sound", "paid")
    digest = cache.digest("pipe")
    pipe = root / digest[:2] / (digest + ending)
    pipe.unlink()
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR) if fed else None
    cache.close()
    cache = opened()
    assert [cache.get(key) is not None for key in ("pipe", "sound")] == [False, True]
    assert list(cache.entries())
    assert f"{digest[:2]}/{digest}" in {finding.item for finding in cache.verify().findings}
    cache.expire()
    if writer is not None:
        os.close(writer)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device")
def test_a_device_is_not_read_to_its_end() -> None:
    with pytest.raises(Corrupt):
        read("/dev/zero")
