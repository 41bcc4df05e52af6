"""The design document's `ResponseCache`, the code that wrote caches which are still about; an oracle.

Its slips are kept: names with a colon, all in the shard `ca`, and metadata written in place, without a lock.
"""

import json
import time
from pathlib import Path


class DocumentsCache:
    def __init__(self, cache_dir: Path, ttl_seconds: int = 86400) -> None:
        self.cache_dir = cache_dir
        self.ttl_seconds = ttl_seconds
        self.cache_dir.mkdir(parents=True, exist_ok=True)

    def _get_cache_path(self, key: str) -> Path:
        return self.cache_dir / key[:2] / f"{key}.json"

    def _get_metadata_path(self, key: str) -> Path:
        return self.cache_dir / key[:2] / f"{key}.meta.json"

    def get(self, key: str) -> str | None:
        cache_path, meta_path = self._get_cache_path(key), self._get_metadata_path(key)
        if not cache_path.exists():
            return None
        try:
            metadata = json.loads(meta_path.read_text())
            if time.time() > metadata["expires_at"]:
                cache_path.unlink()
                meta_path.unlink()
                return None
            return cache_path.read_text()
        except (json.JSONDecodeError, KeyError, FileNotFoundError):
            return None

    def set(self, key: str, value: str, ttl: int | None = None) -> None:
        ttl = ttl or self.ttl_seconds
        cache_path, meta_path = self._get_cache_path(key), self._get_metadata_path(key)
        cache_path.parent.mkdir(parents=True, exist_ok=True)
        temp_file = cache_path.with_suffix(".tmp")
        temp_file.write_text(value)
        temp_file.replace(cache_path)
        now = time.time()
        meta_path.write_text(json.dumps({"timestamp": now, "ttl_seconds": ttl, "expires_at": now + ttl}))

    def get_stats(self) -> dict[str, float]:
        sizes = [
            path.stat().st_size for path in self.cache_dir.rglob("*.json") if ".meta.json" not in str(path)
        ]
        return {"entries": len(sizes), "total_size_mb": sum(sizes) / (1024 * 1024)}
