"""The stores that benchmarks/responses.py compares, all behind the same five calls.

Every peer gets JSON text and gives an object back, as our caches do; every one checks the time to live.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cachemgr.responses import Cache, open_cache

Value = dict[str, Any]


class Contestant:
    """One store in a directory of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def set(self, key: str, value: Value, ttl: float = 3600.0) -> None: ...
    def get(self, key: str) -> Any: ...
    def let_expire(self) -> None:
        """From now on a write removes nothing that is not its own."""

    def status(self) -> None: ...
    def expire(self) -> None: ...
    def evict(self) -> None:
        """A tenth of it."""

    def settle(self) -> None:
        """Finish what waits, so that it is not counted to the next thing."""

    def close(self) -> None: ...

    def on_disk(self) -> int:
        """Allocated bytes."""
        return sum(os.lstat(path).st_blocks * 512 for path in self.place.rglob("*") if path.is_file())


class Ours(Contestant):
    def __init__(self, place: Path, **config: Any) -> None:
        super().__init__(place)
        settings = {"cache_dir": str(place), "cleanup_interval_seconds": 0, "max_cache_size_mb": None}
        self.cache: Cache = open_cache({**settings, **config})

    def set(self, key: str, value: Value, ttl: float = 3600.0) -> None:
        self.cache.set(key, value, ttl=ttl)

    def get(self, key: str) -> Any:
        hit = self.cache.get(key)
        return None if hit is None else hit.value

    def status(self) -> None:
        self.cache.status()

    def expire(self) -> None:
        self.cache.expire()

    def evict(self) -> None:
        (line,) = self.cache.status()
        self.cache.evict(to_bytes=line.disk_bytes * 9 // 10)

    def settle(self) -> None:
        self.cache.flush()

    def close(self) -> None:
        self.cache.close()


class Naive(Contestant):
    """Two files an entry, as the document's code writes them, with its slips mended: the shard is of the
    digest, both files are replaced atomically, and temporary names are a writer's own."""

    def _paths(self, key: str) -> tuple[Path, Path]:
        shard = self.place / key[:2]
        return shard / f"{key}.json", shard / f"{key}.meta.json"

    def set(self, key: str, value: Value, ttl: float = 3600.0) -> None:
        now = time.time()
        metadata = {
            "timestamp": now,
            "ttl_seconds": ttl,
            "expires_at": now + ttl,
            "provider": "",
            "model": "",
        }
        for path, content in zip(self._paths(key), (value, metadata), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
            temporary.write_text(json.dumps(content))
            temporary.replace(path)

    def get(self, key: str) -> Any:
        value, metadata = self._paths(key)
        if not value.exists() or not metadata.exists():
            return None
        if json.loads(metadata.read_text())["expires_at"] <= time.time():
            return None
        return json.loads(value.read_text())

    def _all(self) -> list[tuple[Path, Any]]:
        return [(path, json.loads(path.read_text())) for path in self.place.glob("*/*.meta.json")]

    def _drop(self, metadata: Path) -> None:
        metadata.unlink()
        metadata.with_name(metadata.name.replace(".meta.json", ".json")).unlink()

    def status(self) -> None:
        sum(path.stat().st_size for path in self.place.glob("*/*.json"))

    def expire(self) -> None:
        now = time.time()
        for path, metadata in self._all():
            if metadata["expires_at"] <= now:
                self._drop(path)

    def evict(self) -> None:
        found = sorted((metadata["timestamp"], path) for path, metadata in self._all())
        for _, path in found[: len(found) // 10]:
            self._drop(path)


class Diskcache(Contestant):
    def __init__(self, place: Path, policy: str = "least-recently-stored") -> None:
        super().__init__(place)
        import diskcache

        self.cache = diskcache.Cache(str(place), size_limit=1 << 40, eviction_policy=policy)

    def set(self, key: str, value: Value, ttl: float = 3600.0) -> None:
        self.cache.set(key, json.dumps(value), expire=ttl)

    def get(self, key: str) -> Any:
        found = self.cache.get(key)
        return None if found is None else json.loads(found)

    def let_expire(self) -> None:
        self.cache.reset("cull_limit", 0)

    def status(self) -> None:
        len(self.cache), self.cache.volume()

    def expire(self) -> None:
        self.cache.expire()

    def evict(self) -> None:
        self.cache.reset("size_limit", self.cache.volume() * 9 // 10)
        self.cache.cull()
        self.cache.reset("size_limit", 1 << 40)

    def close(self) -> None:
        self.cache.close()


class _Answer(bytes):
    expires_unix: int


class RequestsCache(Contestant):
    """Its SQLite backend with a log (`wal`), which is several times faster than without."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        from requests_cache.backends.sqlite import SQLiteCache

        place.mkdir()
        self.cache: Any = SQLiteCache(str(place / "http"), wal=True, serializer=None)

    def set(self, key: str, value: Value, ttl: float = 3600.0) -> None:
        answer = _Answer(json.dumps(value).encode())
        answer.expires_unix = int(time.time() + ttl)
        self.cache.responses[key] = answer

    def get(self, key: str) -> Any:
        try:
            return json.loads(self.cache.responses[key])
        except KeyError:
            return None

    def status(self) -> None:
        self.cache.responses.count()

    def expire(self) -> None:
        self.cache.delete(expired=True)

    def close(self) -> None:
        self.cache.responses.close()
        self.cache.redirects.close()


class Redis(Contestant):
    """The bare client, as one would use it without any library."""

    def __init__(self, place: Path, port: int) -> None:
        super().__init__(place)
        import redis

        self.client: Any = redis.Redis(port=port)
        self.client.flushall()

    def set(self, key: str, value: Value, ttl: float = 3600.0) -> None:
        self.client.set(key, json.dumps(value), px=max(1, int(ttl * 1000)))

    def get(self, key: str) -> Any:
        found = self.client.get(key)
        return None if found is None else json.loads(found)

    def close(self) -> None:
        self.client.close()


@contextmanager
def redis_server(directory: Path, port: int) -> Iterator[bool]:
    """Whether there is one."""
    program = shutil.which("redis-server")
    if program is None:
        yield False
        return
    argv = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(argv, cwd=directory, stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield True
    finally:
        process.kill()
        process.wait()


MAKERS: dict[str, Callable[[Path], Contestant]] = {
    "sqlite": lambda place: Ours(place, backend="sqlite"),
    "sqlite+zstd": lambda place: Ours(
        place, backend="sqlite", compression={"codec": "zstd", "min_bytes": 512}
    ),
    "file": lambda place: Ours(place, backend="file"),
    "naive": Naive,
    "diskcache": Diskcache,
    "diskcache LRU": lambda place: Diskcache(place, "least-recently-used"),
    "requests-cache": RequestsCache,
}
