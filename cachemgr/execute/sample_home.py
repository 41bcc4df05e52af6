"""The sample home: what the tools of one person left in it."""

import hashlib
import json
import sys
from pathlib import Path

from cachemgr.execute.sample_hub import MIB, TAG, SampleHub
from cachemgr.execute.sample_writer import Writer, sha1, sha256

OLLAMA = "application/vnd.ollama.image."
DOCKER = "application/vnd.docker."


def write_home(writer: Writer, home: Path) -> Path:
    """Everything below the home. Returns a file of uv's that an environment may share by hard link."""
    _huggingface(writer, home / ".cache" / "huggingface")
    _torch(writer, home / ".cache" / "torch")
    for name, size, age in (("large-v3-turbo.pt", 1543, 52), ("base.pt", 138, 150), ("tiny.en.pt", 72, 150)):
        writer.file(home / ".cache" / "whisper" / name, size=size * MIB, age=age)
    _ollama(writer, home / ".ollama")
    local = home / "AppData" / "Local"
    pip, uv = {
        "win32": (local / "pip" / "Cache", local / "uv" / "cache"),
        "darwin": (home / "Library" / "Caches" / "pip", home / ".cache" / "uv"),
    }.get(sys.platform, (home / ".cache" / "pip", home / ".cache" / "uv"))
    _pip(writer, pip)
    return _uv(writer, uv)


def _huggingface(writer: Writer, home: Path) -> None:
    SampleHub(writer, home / "hub").fill_home()
    writer.file(home / "token", "a sample, not a token\n", age=200, mode=0o600)
    writer.file(home / "stored_tokens", "[sample]\nhf_token = a sample, not a token\n", age=200, mode=0o600)
    endpoint = home / "xet" / "https___cas_serv-tGqkUaZf_CBPHQ6h"
    for number in range(3):
        writer.file(
            endpoint / "chunk-cache" / f"{sha1(str(number))[:2]}" / sha1(str(number)), size=64 * MIB, age=20
        )
    writer.file(endpoint / "shard-cache" / f"{sha256('shard')}.mdb", size=4 * MIB, age=20)
    writer.file(home / "xet" / "logs" / "xet_20260101.log", "started\n", age=20)
    build = home / "datasets" / "stanfordnlp___imdb" / "plain_text" / "0.0.0" / sha1("imdb")
    writer.file(build / "imdb-train.arrow", size=33 * MIB, age=129)
    writer.file(build / "cache-1f2e3d4c5b6a7988.arrow", size=35 * MIB, age=102)
    writer.file(build / "dataset_info.json", '{"builder_name": "parquet"}\n', age=129)
    writer.file(home / "datasets" / "downloads" / sha256("imdb"), size=21 * MIB, age=129)


def _torch(writer: Writer, home: Path) -> None:
    hub = home / "hub"
    for name, size, age in (
        ("resnet50-0676ba61.pth", 98, 74),
        ("wav2vec2_fairseq_base_ls960_asr_ls960.pth", 361, 190),
        ("alexnet-owt-7be5be79.pth", 233, 320),
    ):
        writer.file(hub / "checkpoints" / name, size=size * MIB, age=age)
    partial = f"vgg16-397923af.pth.{sha256('vgg16')[:32]}.partial"
    writer.file(hub / "checkpoints" / partial, size=211 * MIB, age=73)
    tree = hub / "pytorch_vision_v0.10.0"
    writer.file(tree / "hubconf.py", "dependencies = ['torch']\n", age=74)
    writer.file(tree / "torchvision" / "models" / "resnet.py", "# sample\n", age=74)
    writer.file(hub / "trusted_list", "pytorch_vision\n", age=74)
    writer.file(home / "pyannote" / "speaker-diarization.bin", size=17 * MIB, age=140)


def _ollama(writer: Writer, home: Path) -> None:
    writer.file(home / "id_ed25519", "a sample, not a key\n", age=160, mode=0o600)
    writer.file(home / "id_ed25519.pub", "a sample, not a key\n", age=160)
    writer.file(home / "history", "hello\n", age=6, mode=0o600)
    models = home / "models"
    blobs: set[str] = set()

    def layer(media_type: str, label: str, size: int, age: float) -> dict[str, object]:
        digest = sha256(label) if size else hashlib.sha256(label.encode()).hexdigest()
        if digest not in blobs:
            blobs.add(digest)
            writer.file(models / "blobs" / f"sha256-{digest}", "" if size else label, size=size, age=age)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size or len(label)}

    for tag, weights, size, age in (("1b", "llama3.2 1b", 1259, 58), ("3b", "llama3.2 3b", 1926, 12)):
        document = {
            "schemaVersion": 2,
            "mediaType": DOCKER + "distribution.manifest.v2+json",
            "config": layer(DOCKER + "container.image.v1+json", f'{{"model_type": "{tag}"}}', 0, age),
            "layers": [
                layer(OLLAMA + "model", weights, size * MIB, age),
                layer(OLLAMA + "license", "Community licence\n" * 400, 0, 58),
                layer(OLLAMA + "params", '{"stop": ["<|eot_id|>"]}', 0, 58),
            ],
        }
        manifest = models / "manifests" / "registry.ollama.ai" / "library" / "llama3.2" / tag
        writer.file(manifest, json.dumps(document), age=age)
    writer.file(models / "blobs" / f"sha256-{sha256('mistral')}-partial", size=890 * MIB, age=57)


def _pip(writer: Writer, cache: Path) -> None:
    for name, size, age in (("torch", 190, 21), ("transformers", 11, 21), ("numpy", 16, 48), ("index", 0, 3)):
        key = hashlib.sha224(name.encode()).hexdigest()
        place = cache / "http-v2" / Path(*key[:5]) / key
        writer.file(place, "cc=4,", age=age)
        writer.file(place.with_name(f"{key}.body"), f"{name}\n", size=size * MIB, age=age)
    key = hashlib.sha224(b"built here").hexdigest()
    built = cache / "wheels" / key[:2] / key[2:4] / key[4:6] / key[6:]
    writer.file(built / "fire-0.7.1-py3-none-any.whl", size=112 * 1024, age=95)
    writer.file(built / "origin.json", '{"url": "https://example.org/fire-0.7.1.tar.gz"}\n', age=95)
    writer.file(cache / "selfcheck" / sha256("selfcheck"), "{}", age=3)


def _uv(writer: Writer, cache: Path) -> Path:
    writer.file(cache / "CACHEDIR.TAG", TAG, age=240)
    writer.file(cache / ".gitignore", "*", age=240)
    writer.file(cache / ".lock", age=0.5)
    for name, size, age in (("numpy-2.3.4", 64, 30), ("torch-2.9.1", 820, 30), ("rich-14.2.0", 1, 8)):
        package = cache / "archive-v0" / sha1(name)[:21]
        writer.file(package / name.replace("-", "/", 1) / "core.bin", size=size * MIB, age=age)
        writer.file(package / f"{name}.dist-info" / "RECORD", "core.bin,,\n", age=age)
        pointer = cache / "wheels-v6" / "pypi" / name.split("-")[0] / f"{name.split('-')[1]}-py3-none-any"
        if writer.links:
            writer.link(pointer, f"../../../archive-v0/{package.name}", age=age)
    writer.file(cache / "simple-v24" / "pypi" / "numpy.rkyv", size=90 * 1024, age=1)
    writer.file(cache / "simple-v16" / "pypi" / "numpy.rkyv", size=80 * 1024, age=210)
    shared = cache / "archive-v0" / sha1("markupsafe")[:21] / "markupsafe" / "_speedups.so"
    writer.file(shared, size=48 * 1024, age=30)
    return shared
