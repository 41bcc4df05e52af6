"""A real Redis server on this machine's loopback, for as long as a test wants it."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses import Cache, open_cache

PROMISED = 0.26
"""Seconds in which an application has its miss."""
BUSY = 0.2
"""That a machine which does other things may add to a single call; never to the median. Less than one more
wait for a server."""
redis = pytest.importorskip("redis", reason="redis-py is not installed")


class RedisServer:
    def __init__(self, directory: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        self._program = program
        self._directory = directory
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def commands(self) -> Any:
        """As somebody else who uses the same server."""
        return redis.Redis(port=self.port)

    def start(self, *options: str) -> "RedisServer":
        argv = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *options]
        self._process = subprocess.Popen(argv, cwd=self._directory, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                assert time.monotonic() < until, "redis-server did not start"
                time.sleep(0.02)

    def freeze(self) -> None:
        """It takes connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def opened(url: str, *, read_only: bool = False, **more: Any) -> Cache:
    """A cache there, without a thread of its own."""
    more["redis"] = {"url": url, **more.get("redis", {})}
    return open_cache({"backend": "redis", "cleanup_interval_seconds": 0, **more}, read_only=read_only)


def took(action: Callable[[], object], times: int = 5) -> list[float]:
    """Seconds, sorted."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        assert not action()
        found.append(time.perf_counter() - start)
    return sorted(found)


def in_time(seconds: list[float]) -> bool:
    """Whether an application had its miss as promised."""
    return seconds[len(seconds) // 2] <= PROMISED and seconds[-1] <= PROMISED + BUSY
