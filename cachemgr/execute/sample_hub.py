"""A sample Hugging Face hub cache, laid out as huggingface_hub 2.4 does.

Sources: file_download.py, utils/_shared_blobs.py and _tree_cache.py of that release.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cachemgr.execute.sample_writer import Writer, blob_id, noise, sha1, sha256

MIB = 1 << 20
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache; see https://bford.info/cachedir/\n"

LLAMA = "models--meta-llama--Llama-3.2-1B-Instruct"
WHISPER = "models--openai--whisper-large-v3"
MINILM = "models--sentence-transformers--all-MiniLM-L6-v2"
QWEN = "models--Qwen--Qwen3-0.6B"
QWEN_COPY = "models--unsloth--Qwen3-0.6B"
MLX = "models--mlx-community--Llama-3.2-3B-Instruct-4bit"
IMDB = "datasets--stanfordnlp--imdb"


DIGESTS = {
    "llama tokenizer": "02639548074607a8ea0f994b63c391cf029211f866f466cb2c99fb51d95202e2",
    "llama 1b weights": "b1ad1458c5f4817c1f6568f48ecf5c69ad1611ac9469d744e6034fb365fcbc88",
    "llama 1b weights, first upload": "5adfeeaa2786ae8dd8e7406e620c8b586280aa82ea414950f1c03dedcfecc52a",
    "qwen3 0.6b weights": "6b892f50c90534f83efdb8eea34af8b07daa5ca01d2b94185c4e4292c0bd7482",
    "whisper large v3 weights": "c14820a422e42edfa26bb1697b74eb4015ab4eb8e8fa8e017ceac57090760503",
    "mlx": "4186cf4c6bfb13d22718ba911b891f77e68b52170f237672bc6ef2887c7b7cf7",
    "minilm weights": "7b6e4a2b10c501228653c103621e5886aeeff2d095cfae828884afdc87854348",
    "minilm onnx": "e66d56e9696968e13d6b4eaf0d1ce781b220967c6adc9d728073cd1279df321b",
    "imdb 0": "9091f70b5a468c78437f96eca665a031b460fca52f69a4169ae6d5d51ba73878",
    "imdb 1": "bd0d95caa7399da5ca69b6bd66819497e7c07251029e9362bf33387f5ae7b553",
    "imdb 2": "ed6fe95b7851fe958519459b023de72a4b54cbaf291adf1fbb9e5b60011fbb29",
}
"""The SHA-256 of each large file where holes cost nothing: a blob of it is called what it is. To hash them
takes seconds, which a demo has not."""


@dataclass(frozen=True, slots=True)
class Large:
    """A file whose bytes do not matter; the same label is the same blob."""

    label: str
    size: int
    shared: bool = False
    """Kept once for all repositories, in the hub's own blob store."""

    def sha256(self, *, holes: bool) -> str:
        """Without holes only its beginning is written."""
        return DIGESTS[self.label] if holes else hashlib.sha256(noise(self.label, self.size)).hexdigest()


Files = Mapping[str, str | Large]

TOKENIZER = Large("llama tokenizer", 9 * MIB)
LLAMA_WEIGHTS = Large("llama 1b weights", 2357 * MIB)
LLAMA_FIRST = Large("llama 1b weights, first upload", 2357 * MIB)
QWEN_WEIGHTS = Large("qwen3 0.6b weights", 1434 * MIB, shared=True)


class SampleHub:
    """Writes revisions into one hub directory."""

    def __init__(self, writer: Writer, root: Path) -> None:
        self.root = root
        self._writer = writer
        self._written: set[Path] = set()

    def fill_home(self) -> None:
        """What a person who has tried a few models for half a year has in the home directory."""
        self.tag(age=200)
        old, now = sha1("llama, October"), sha1("llama, this month")
        self.revision(LLAMA, sha1("llama, September"), _llama(LLAMA_FIRST, "1.0"), age=118, used=96)
        self.revision(LLAMA, old, _llama(LLAMA_WEIGHTS, "1.1"), ("refs/pr/12",), age=61, used=40)
        self.revision(LLAMA, now, _llama(LLAMA_WEIGHTS, "1.2"), ("main",), age=9, used=0.1)
        whisper = sha1("whisper large v3")
        self.revision(
            WHISPER,
            whisper,
            {
                "config.json": '{"model_type": "whisper"}\n',
                "model.safetensors": Large(
                    "whisper large v3 weights",
                    2944 * MIB,
                ),
                "preprocessor_config.json": '{"feature_size": 128}\n',
            },
            ("main",),
            age=87,
            used=33,
        )
        self._partial(WHISPER, "whisper fp32 weights", 412 * MIB, age=31)
        self._minilm()
        qwen: Files = {"config.json": '{"model_type": "qwen3"}\n', "model.safetensors": QWEN_WEIGHTS}
        self.revision(QWEN, sha1("qwen"), qwen, ("main",), age=24, used=3)
        self.revision(QWEN_COPY, sha1("unsloth qwen"), {**qwen, "README.md": "A copy.\n"}, ("main",), age=20)
        self.revision(
            MLX,
            sha1("mlx llama"),
            {
                "config.json": '{"quantization": 4}\n',
                "model.safetensors": Large("mlx", 1723 * MIB),
            },
            ("main",),
            age=45,
        )
        shards = {
            f"plain_text/train-{n:05d}-of-00003.parquet": Large(f"imdb {n}", 21 * MIB) for n in range(3)
        }
        self.revision(IMDB, sha1("imdb"), {"README.md": "# IMDB\n", **shards}, ("main",), age=130, used=129)

    def tag(self, *, age: float) -> None:
        self._writer.file(self.root / "CACHEDIR.TAG", TAG, age=age)

    def revision(
        self,
        repo: str,
        commit: str,
        files: Files,
        refs: Sequence[str] = (),
        *,
        age: float,
        used: float | None = None,
    ) -> None:
        """A downloaded revision; without refs nothing names it any more."""
        folder = self.root / repo
        for ref in refs:
            self._writer.file(folder / "refs" / Path(ref), commit, age=age)
        for name, content in files.items():
            pointer = folder / "snapshots" / commit / Path(name)
            blob = folder / "blobs" / self._etag(content)
            if not self._writer.links:  # then huggingface_hub keeps the file itself in the snapshot
                self._blob(pointer, content, age, used)
                continue
            self._repo_blob(blob, content, age, used)
            climb = "../" * (len(Path(name).parts) + 1)
            self._writer.link(pointer, f"{climb}blobs/{blob.name}", age=age)

    def _repo_blob(self, blob: Path, content: str | Large, age: float, used: float | None) -> None:
        if isinstance(content, Large) and content.shared:
            store = self._shared(content, blob, age, used)
            if blob not in self._written:
                self._written.add(blob)
                self._writer.link(blob, f"../../blobs/{store}", age=age)
        else:
            self._blob(blob, content, age, used)

    def _blob(self, path: Path, content: str | Large, age: float, used: float | None) -> None:
        if path in self._written:
            return
        self._written.add(path)
        if isinstance(content, Large):
            self._writer.file(path, size=content.size, seed=content.label, age=age, used=used)
        else:
            self._writer.file(path, content, age=age, used=used)

    def _shared(self, content: Large, blob: Path, age: float, used: float | None) -> str:
        """The payload in the hub's blob store, and the line in its manifest that leads back to `blob`."""
        digest = self._etag(content)
        store = self.root / "blobs"
        payload = store / digest[:2] / digest
        if payload not in self._written:
            self._written.add(payload)
            self._writer.file(store / ".huggingface-shared-blobs", "1\n", age=age, mode=0o444)
            self._writer.file(payload, size=content.size, seed=content.label, age=age, used=used, mode=0o444)
            referrers = (f"{repo}/blobs/{blob.name}\n" for repo in (QWEN, QWEN_COPY))
            self._writer.file(payload.with_name(f"{digest}.refs"), "".join(referrers), age=age)
            self._writer.file(payload.with_name(f"{digest}.lock"), age=age)
        return f"{digest[:2]}/{digest}"

    def _minilm(self) -> None:
        commit = sha1("minilm")
        files: Files = {
            "1_Pooling/config.json": '{"pooling_mode_mean_tokens": true}\n',
            "model.safetensors": Large("minilm weights", 87 * MIB),
            "onnx/model.onnx": Large("minilm onnx", 86 * MIB),
            "vocab.txt": "[PAD]\n[UNK]\n",
        }
        self.revision(MINILM, commit, files, ("main",), age=14, used=1)
        folder = self.root / MINILM
        self._writer.file(folder / ".no_exist" / commit / "adapter_config.json", age=14)
        listing = {name: self._listed(content) for name, content in files.items()}
        document = json.dumps({"format_version": 1, "files": listing})
        self._writer.file(folder / "trees" / f"{commit}.json", document, age=14)
        lock = self.root / ".locks" / MINILM / f"{self._etag(files['model.safetensors'])}.lock"
        self._writer.file(lock, age=14)

    def _etag(self, content: str | Large) -> str:
        if isinstance(content, Large):
            return content.sha256(holes=self._writer.holes)
        return blob_id(content.encode())

    def _listed(self, content: str | Large) -> dict[str, object]:
        if isinstance(content, Large):
            digest = self._etag(content)
            size = {"size": content.size, "lfs_size": content.size}
            return {**size, "blob_id": sha1(content.label), "lfs_sha256": digest, "xet_hash": digest}
        return {"size": len(content.encode()), "blob_id": self._etag(content)}

    def _partial(self, repo: str, label: str, size: int, *, age: float) -> None:
        """What an interrupted download left behind."""
        name = f"{sha256(label)}.{sha1(label)[:8]}.incomplete"
        self._writer.file(self.root / repo / "blobs" / name, size=size, age=age)


def _llama(weights: Large, version: str) -> Files:
    return {
        "config.json": '{"model_type": "llama"}\n',
        "generation_config.json": f'{{"version": "{version}"}}\n',
        "model.safetensors": weights,
        "tokenizer.json": TOKENIZER,
    }
