"""Ollama's store, the response cache, and what package managers keep."""

import json
import os
from pathlib import Path

from tests.adversary.acts import Act, perform
from tests.adversary.names import HOSTILE
from tests.adversary.stage import Stage
from tests.adversary.things import FUTURE, every_thing, plant
from tests.caches import OllamaOnDisk, ResponseCacheOnDisk

WRITTEN = 1_700_000_000


def clean_ollama(stage: Stage, root: Path) -> None:
    """Models with names that try something; nothing in the index hides one."""
    store = OllamaOnDisk(stage.root("ollama", root))
    for number, hostile in enumerate(stage.some(HOSTILE, 5)):
        name, tag = os.fsdecode(hostile.ending("")), f"{number}b"
        layers = {"model": b"layer" * 3000, "license": hostile.name}
        stage.unit(store.model(name, tag, layers), clean=True)
        for content in (*layers.values(), b"{}"):
            stage.unit(store.blob(content), clean=True)
    _partial(stage, root)
    stage.fifo(root / "manifests" / "registry.ollama.ai" / "library" / "fifo" / "latest")
    perform(stage, Act("ollama", root, ("", "blobs")))


def hostile_ollama(stage: Stage, root: Path) -> None:
    """Manifests that name what lies elsewhere, or are none: nobody can tell what is needed."""
    store = OllamaOnDisk(stage.root("ollama", root))
    store.model("honest", "latest", {"model": b"honest" * 2000})
    library = root / "manifests" / "registry.ollama.ai" / "library"
    for tag, digest in (("up", "sha256:../../../../outside/precious.txt"), ("abs", "/etc/passwd")):
        stage.file(library / "evil" / tag, json.dumps({"layers": [{"digest": digest}]}))
    stage.file(library / "evil" / "deep", "[" * 100_000)
    stage.file(library / "evil" / "bytes", b"\xff\xfe")
    (library / "evil" / "link").symlink_to(stage.outside / "precious.txt")
    stage.fifo(library / "evil" / "fifo")
    (root / "manifests-v2").symlink_to(stage.outside / "work")
    _partial(stage, root)
    (root / "blobs" / f"sha256-{'c' * 64}").symlink_to(stage.outside / "precious.txt")
    levels = (
        "manifests",
        "manifests/registry.ollama.ai/library",
        "manifests/registry.ollama.ai/library/evil",
    )
    perform(stage, Act("ollama", root, ("", "blobs", *levels)))


def _partial(stage: Stage, root: Path) -> None:
    for part in ("-partial", "-partial-0"):
        stage.unit(stage.file(root / "blobs" / f"sha256-{'b' * 64}{part}", b"half"), clean=True)


def responses(stage: Stage, root: Path) -> None:
    """Pairs in both key forms, and pairs that are none."""
    cache = ResponseCacheOnDisk(stage.root("responses", root))
    for number in range(3):
        for put in (cache.put, cache.put_old):
            payload = put({"prompt": number}, "an answer", written=WRITTEN)
            stage.unit(payload, clean=True)
            stage.unit(cache.metadata(payload), clean=True)
    lone = [stage.file(root / "ab" / f"{'ab' * 31}{number:02x}.json", "alone") for number in range(2)]
    stage.unit(lone[0], clean=True)
    stage.when(lone[1], FUTURE)
    stage.unit(lone[1])
    odd = root / "cd"
    halves: tuple[str | bytes, ...] = ("{}", '{"expires_at": NaN}', "[" * 70_000, b"\xff")
    for number, half in enumerate(halves):
        for ending, content in ((".json", "x"), (".meta.json", half)):
            stage.unit(stage.file(odd / f"{'cd' * 31}{number:02x}{ending}", content))
    for ending in (".json", ".meta.json"):
        name = f"{'cd' * 31}{ord(ending[1]):02x}"
        stage.file(odd / f"{name}.json", "kept, since its other half is no file")
        (odd / f"{name}{ending}").unlink(missing_ok=True)
        (odd / f"{name}{ending}").symlink_to(stage.outside / "precious.txt")
    stage.fifo(odd / f"{'cd' * 31}f0.meta.json")
    stage.file(odd / f"{'cd' * 31}f0.json", "its metadata is a pipe")
    stage.file(odd / f"{'CD' * 32}.json", "upper case")
    stage.file(odd / f"{'ab' * 32}.json", "in another's shard")
    shard = next(name for name in ("00", "01", "02") if not (root / name).exists())
    (root / shard).symlink_to(stage.outside / "work")
    perform(stage, Act("responses", root, ("", "ab", "ca")))


def clean_uv(stage: Stage, root: Path) -> None:
    """A store with what points into it."""
    stage.root("uv", root)
    for name in ("archive-v0/a/pkg/x.py", "wheels-v5/index/x.whl", "simple-v16/pypi/x.rkyv", "sdists-v9/a/b"):
        stage.file(root / name, b"p" * 5000)
        stage.unit(root / name.partition("/")[0], clean=True)
    (root / "wheels-v5" / "index" / "link").symlink_to("../../archive-v0/a")
    stage.file(root / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n")
    stage.file(root / ".lock", "")


def packages(stage: Stage, home: Path) -> None:
    """pip, and a uv cache with strangers in it, whose lock is a pipe."""
    uv = stage.root("uv", home / ".cache" / "uv")
    stage.file(uv / "archive-v0" / "held" / "x.py")
    stage.file(uv / "wheels-v5" / "x.whl")
    stage.fifo(uv / ".lock")
    perform(stage, Act("uv", uv, tree=lambda word: f"simple-v9-{word}", packed=True))
    pip = stage.root("pip", home / ".cache" / "pip")
    stage.unit(stage.file(pip / "http" / "a" / "b").parent.parent, clean=True)
    stage.unit(stage.file(pip / "selfcheck" / "x.json").parent, clean=True)
    _one_tree(stage, pip / "http-v2", pip / "wheels")
    perform(stage, Act("pip", pip))


def modules(stage: Stage, root: Path) -> None:
    """Remote code: three trees of known names."""
    stage.root("huggingface-modules", root)
    stage.unit(stage.file(root / "transformers_modules" / "x" / "m.py").parents[1], clean=True)
    _one_tree(stage, root / "diffusers_modules", root / "datasets_modules")
    perform(stage, Act("huggingface-modules", root))


def _one_tree(stage: Stage, goes: Path, stays: Path) -> None:
    """Everything hostile in two trees of other people's files: one that may go, and one that must stay."""
    for folder in (goes, stays):
        stage.file(folder / "x" / "data", b"d" * 5000)
    for thing in every_thing():
        keeps = thing.keeps and not thing.foreign_names
        plant(stage, thing, (stays if keeps else goes) / "x")
    if any((stays / "x").glob("a-*")):
        stage.unit(goes)
