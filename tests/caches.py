"""Caches on disk, written by their tools' own functions where those can run without a network."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HFCacheInfo, file_download, scan_cache_dir
from huggingface_hub._local_folder import _create_cachedir_tag
from huggingface_hub._tree_cache import TreeCacheEntry, write_tree_cache
from huggingface_hub.utils._fixes import WeakFileLock
from huggingface_hub.utils._shared_blobs import publish_blob_to_shared_store, try_link_from_shared_store

from tests.builders import git_etag

OLLAMA_LAYER = "application/vnd.ollama.image."
OLLAMA_CONFIG = "application/vnd.docker.container.image.v1+json"
OLLAMA_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True, slots=True)
class HubOnDisk:
    """A hub cache filled in the order and by the functions that `hf_hub_download` uses once the server has
    answered, so that `scan_cache_dir()` is an oracle for it."""

    root: Path
    """`HF_HUB_CACHE`."""

    def folder(self, repo: str, repo_type: str = "model") -> Path:
        return self.root / file_download.repo_folder_name(repo_id=repo, repo_type=repo_type)

    def download(
        self,
        repo: str,
        commit: str,
        files: Mapping[str, bytes],
        *,
        refs: Sequence[str] = ("main",),
        repo_type: str = "model",
        xet: Sequence[str] = (),
    ) -> Path:
        """A revision, as if its files had just been fetched; those named in `xet` go through the shared
        blob store. Without refs it is detached. Returns its snapshot."""
        folder = self.folder(repo, repo_type)
        (folder / "snapshots" / commit).mkdir(parents=True, exist_ok=True)
        _create_cachedir_tag(self.root)
        for ref in refs:
            file_download._cache_commit_hash_for_specific_revision(str(folder), ref, commit)
        for name, content in files.items():
            self._file(folder, commit, name, content, shared=name in xet)
        return folder / "snapshots" / commit

    def absent(self, repo: str, commit: str, name: str, *, repo_type: str = "model") -> Path:
        """The server said that a file does not exist (`_get_metadata_or_catch_error`)."""
        marker = self.folder(repo, repo_type) / ".no_exist" / commit / name
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        return marker

    def listing(
        self, repo: str, commit: str, files: Mapping[str, bytes], *, repo_type: str = "model"
    ) -> Path:
        """The tree listing that `snapshot_download` keeps."""
        folder = self.folder(repo, repo_type)
        entries = {name: TreeCacheEntry(len(content), git_etag(content)) for name, content in files.items()}
        write_tree_cache(str(folder), commit, entries)
        return folder / "trees" / f"{commit}.json"

    def incomplete(self, repo: str, content: bytes, *, repo_type: str = "model") -> Path:
        """What an interrupted download of huggingface_hub 2 leaves behind."""
        blobs = self.folder(repo, repo_type) / "blobs"
        blobs.mkdir(parents=True, exist_ok=True)
        partial = blobs / f"{git_etag(content)}.0badf00d.incomplete"
        partial.write_bytes(content)
        return partial

    def lock(self, repo: str, content: bytes, *, repo_type: str = "model") -> Path:
        """What is locked while a file with that content is downloaded or linked."""
        return self.root / ".locks" / self.folder(repo, repo_type).name / f"{git_etag(content)}.lock"

    def scan(self) -> HFCacheInfo:
        """What huggingface_hub itself sees."""
        return scan_cache_dir(self.root)

    def _file(self, folder: Path, commit: str, name: str, content: bytes, *, shared: bool) -> None:
        digest = hashlib.sha256(content).hexdigest()
        etag = digest if shared else git_etag(content)
        blob = folder / "blobs" / etag
        pointer = Path(file_download._get_pointer_path(str(folder), commit, name))
        blob.parent.mkdir(parents=True, exist_ok=True)
        pointer.parent.mkdir(parents=True, exist_ok=True)
        lock = self.root / ".locks" / folder.name / f"{etag}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(lock):
            fresh = not blob.exists()
            linked = (
                shared
                and fresh
                and try_link_from_shared_store(
                    blob_path=str(blob), xet_hash=digest, cache_dir=self.root, expected_size=len(content)
                )
            )
            if fresh and not linked:
                partial = blob.with_name(f"{etag}.deadbeef.incomplete")
                partial.write_bytes(content)
                file_download._chmod_and_move(partial, blob)
                linked = shared and publish_blob_to_shared_store(
                    blob_path=str(blob), xet_hash=digest, cache_dir=self.root, expected_size=len(content)
                )
            if not pointer.exists():
                file_download._create_symlink(str(blob), str(pointer), new_blob=fresh and not linked)


@dataclass(frozen=True, slots=True)
class OllamaOnDisk:
    """`OLLAMA_MODELS`: manifests that name layers, and the layers, by digest (ollama manifest/paths.go)."""

    root: Path

    def model(self, name: str, tag: str, layers: Mapping[str, bytes], config: bytes = b"{}") -> Path:
        """A pulled model; a layer with the same content is the same blob. Returns its manifest."""
        document = {
            "schemaVersion": 2,
            "mediaType": OLLAMA_MANIFEST,
            "config": self._blob(OLLAMA_CONFIG, config),
            "layers": [self._blob(OLLAMA_LAYER + kind, content) for kind, content in layers.items()],
        }
        manifest = self.root / "manifests" / "registry.ollama.ai" / "library" / name / tag
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(json.dumps(document))
        return manifest

    def blob(self, content: bytes) -> Path:
        return self.root / "blobs" / f"sha256-{hashlib.sha256(content).hexdigest()}"

    def _blob(self, media_type: str, content: bytes) -> dict[str, object]:
        place = self.blob(content)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        digest = place.name.replace("sha256-", "sha256:")
        return {"mediaType": media_type, "digest": digest, "size": len(content)}


@dataclass(frozen=True, slots=True)
class ResponseCacheOnDisk:
    """A two-file response cache in both key forms: the one we write and the one that existing caches have."""

    root: Path
    seconds: int = 86400

    def put(
        self, request: Mapping[str, object], response: str, *, written: float, ttl: int | None = None
    ) -> Path:
        """The safe form: `<2 hex>/<64 hex>.json`. Returns the payload."""
        key = self._hash(request)
        return self._pair(key[:2], key, request, response, written, ttl)

    def put_old(
        self, request: Mapping[str, object], response: str, *, written: float, ttl: int | None = None
    ) -> Path:
        """The first applications' form, whose keys begin with `cache:`: one shard called `ca` holds them
        all. Not possible on Windows, where `:` names a stream. Returns the payload."""
        return self._pair("ca", f"cache:{self._hash(request)}", request, response, written, ttl)

    @staticmethod
    def metadata(payload: Path) -> Path:
        return payload.with_name(payload.name.removesuffix(".json") + ".meta.json")

    @staticmethod
    def _hash(request: Mapping[str, object]) -> str:
        return hashlib.sha256(json.dumps(dict(request), sort_keys=True).encode()).hexdigest()

    def _pair(
        self,
        shard: str,
        key: str,
        request: Mapping[str, object],
        response: str,
        written: float,
        ttl: int | None,
    ) -> Path:
        payload = self.root / shard / f"{key}.json"
        payload.parent.mkdir(parents=True, exist_ok=True)
        payload.write_text(response, encoding="utf-8")
        seconds = self.seconds if ttl is None else ttl
        record = {
            "timestamp": written,
            "ttl_seconds": seconds,
            "expires_at": written + seconds,
            "request_tokens": 150,
            "response_tokens": 250,
            "cost_usd": 0.0075,
            "provider": request.get("provider", "openai"),
            "model": request.get("model", "gpt-4o"),
        }
        self.metadata(payload).write_text(json.dumps(record), encoding="utf-8")
        return payload
