"""The whole stage: every family at home and in a project, everything hostile, and sentinels around them."""

import json
from pathlib import Path

from tests.adversary.acts import Act, perform, secrets
from tests.adversary.hubs import clean_hub, hostile_hub
from tests.adversary.stage import SECRET, Stage
from tests.adversary.stores import clean_ollama, clean_uv, hostile_ollama, modules, packages, responses

WEIGHTS = b"w" * 9000
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n"


def build(top: Path, *, seed: int = 20261120, thorough: bool = False) -> Stage:
    """The same for the same seed. Call `strike` at the end."""
    stage = Stage(top, seed, thorough)
    try:
        sentinels(stage)
        _home(stage, stage.home)
        _project(stage, stage.project)
        _state(stage)
        return stage.settle()
    except BaseException:
        stage.strike()
        raise


def environment(stage: Stage) -> dict[str, str]:
    """Variables that lead to the caches which are not at their default places."""
    home = stage.home
    return {
        "HOME": str(home),
        "TMPDIR": str(stage.temp),
        "HF_HUB_CACHE": str(home / "moved" / "hub"),
        "TRANSFORMERS_CACHE": str(home / "moved" / "transformers"),
        "OLLAMA_MODELS": str(home / "moved" / "ollama"),
        "UV_CACHE_DIR": str(home / "moved" / "uv"),
        "TIKTOKEN_CACHE_DIR": str(home / "moved" / "tiktoken"),
    }


def sentinels(stage: Stage) -> None:
    """What belongs to no cache, and looks tempting."""
    for name in (
        "precious.txt",
        "work/thesis.txt",
        "work/checkpoints/mine.pth",
        "work/blobs/a",
        "work/tiny.pt",
    ):
        stage.file(stage.outside / name, f"mine: {name}")
    secrets(stage, stage.outside)
    secrets(stage, stage.home)
    secrets(stage, stage.project)
    for folder in (".config", ".ssh", ".cache", ".local/share", "Documents"):
        (stage.home / folder).mkdir(parents=True, exist_ok=True)
    secrets(stage, stage.home / ".ssh")
    secrets(stage, stage.home / ".cache" / "huggingface")
    stage.file(stage.home / ".cache" / "huggingface" / "accelerate" / "default_config.yaml", SECRET)
    stage.file(stage.home / ".cache" / "mine.txt")
    stage.file(stage.project / "src" / "main.py")
    for module in ("sitecustomize", "conftest", "json", "click", "msgspec", "filelock", "psutil"):
        stage.file(stage.project / f"{module}.py", "open('pwned', 'w')")


def _home(stage: Stage, home: Path) -> None:
    hugging = home / ".cache" / "huggingface"
    hostile_hub(stage, "huggingface-hub", hugging / "hub")
    clean_hub(stage, "huggingface-hub", home / "moved" / "hub")
    hostile_hub(stage, "transformers-legacy", home / "moved" / "transformers")
    xet = stage.root("huggingface-xet", hugging / "xet")
    stage.unit(stage.file(xet / "logs" / "xet_1.log"), clean=True)
    stage.file(xet / "x-y" / "staging" / "upload")
    perform(
        stage,
        Act("huggingface-xet", xet, ("", "x-y", "logs"), tree=lambda word: f"{word}-z/chunk-cache"),
    )
    datasets = stage.root("huggingface-datasets", hugging / "datasets")
    stage.unit(stage.file(datasets / "downloads" / "x").parent, clean=True)
    perform(
        stage,
        Act(
            "huggingface-datasets",
            datasets,
            ("", "levels", "levels/default"),
            tree=lambda word: f"{word}/default/1.0.0",
        ),
    )
    assets = stage.root("huggingface-assets", hugging / "assets")
    stage.file(assets / "CACHEDIR.TAG", TAG)  # nothing else would show that it is a cache
    stage.unit(stage.file(assets / "library" / "clean" / "x").parent, clean=True)
    perform(stage, Act("huggingface-assets", assets, tree=lambda word: f"library/{word}"))
    for deep in ("a-deep", "a-deeper"):
        if (assets / deep).exists():
            stage.unit(next((assets / deep).iterdir()))
    modules(stage, hugging / "modules")
    _torch(stage, home / ".cache" / "torch" / "hub")
    whisper = stage.root("openai-whisper", home / ".cache" / "whisper")
    stage.unit(stage.file(whisper / "tiny.pt", WEIGHTS), clean=True)
    (whisper / "base.pt").symlink_to(stage.outside / "work" / "tiny.pt")
    perform(stage, Act("openai-whisper", whisper))
    _tiktoken(stage, home / "moved" / "tiktoken")
    hostile_ollama(stage, home / ".ollama" / "models")
    clean_ollama(stage, home / "moved" / "ollama")
    packages(stage, home)
    clean_uv(stage, home / "moved" / "uv")


def _torch(stage: Stage, root: Path) -> None:
    stage.root("torch-hub", root)
    (root / "checkpoints").mkdir()
    (root / "checkpoints" / "out.pth").symlink_to(stage.outside / "work" / "checkpoints" / "mine.pth")
    perform(
        stage,
        Act(
            "torch-hub",
            root,
            ("", "checkpoints"),
            tree=lambda word: f"ada_{word}_main",
            file=lambda name: b"checkpoints/" + name[:240] + b".pth",
            marker="hubconf.py",
            packed=True,
        ),
    )


def _tiktoken(stage: Stage, root: Path) -> None:
    stage.root("tiktoken", root)
    stage.unit(stage.file(root / "9b5ad71b2ce5302211f9c61530b329a4922fc6a4", WEIGHTS), clean=True)
    (root / "fb374d419588a4632f3f557e76b4b70aebbca790").symlink_to(stage.outside / "precious.txt")
    perform(stage, Act("tiktoken", root))


APPLICATIONS = {
    "tmdb": "out/tmdb_cache",
    "musicbrainz": "out/musicbrainz_cache",
    "glossary": "glossary/cache",
    "pictures": "out/pictures",
}


def configure(stage: Stage) -> None:
    """The two files of a project that name its caches."""
    section = {
        "torch_home": ".cache/torch",
        "hf_home": ".cache/huggingface",
        "mlx_home": ".cache/mlx",
        "application_caches": APPLICATIONS,
    }
    stage.file(stage.project / "config" / "hardware_cache.json", json.dumps({"cache": section}))
    answers = "caching:\n  cache_dir: .questfoundry/cache\n"
    stage.file(stage.project / ".questfoundry" / "config.yml", answers)


def _project(stage: Stage, project: Path) -> None:
    configure(stage)
    responses(stage, project / ".questfoundry" / "cache")
    for name, below in APPLICATIONS.items():
        root = stage.root(name, project / below)
        stage.unit(stage.file(root / f"{name}.json", b"a" * 5000), clean=True)
        perform(stage, Act(name, root, everything=True, tree=lambda word: f"tree-{word}", file=_odd))
    nested = stage.root("nested", project / "out" / "tmdb_cache" / "movies" / "nested")
    stage.unit(stage.file(nested / "inner", b"n" * 5000), clean=True)
    stage.file(nested.parent / "beside.json")
    own = f'[[cache]]\nname = "nested"\npath = "{nested}"\n'
    stage.file(stage.home / ".config" / "cachemgr" / "cachemgr.toml", own)
    legacy = stage.root("model-cache", project / "shared" / "model-cache")
    stage.unit(stage.file(legacy / "model" / "model.bin", WEIGHTS).parent, clean=True)
    perform(stage, Act("model-cache", legacy, everything=True, tree=lambda word: f"tree-{word}"))
    models = stage.root("models-dir", project / "models")
    stage.file(models / "trained.pth", "nobody said that this may go")
    perform(stage, Act("models-dir", models))
    hostile_hub(stage, "huggingface-hub", project / ".cache" / "huggingface" / "hub")
    stage.link_out(project / ".cache" / "huggingface" / "hub" / ".locks")
    # Whether somebody is downloading cannot be told then, so that all of it stays.
    hub = project / ".cache" / "huggingface" / "hub"
    stage.must = {path: kind for path, kind in stage.must.items() if not path.is_relative_to(hub)}
    clean_hub(stage, "mlx", project / ".cache" / "mlx")
    _torch(stage, project / ".cache" / "torch" / "hub")
    _tiktoken(stage, project / "dist" / "tiktoken-cache")


def _odd(name: bytes) -> bytes:
    return name if not name.startswith(b".") else b"x" + name


def _state(stage: Stage) -> None:
    """Our own records, with a pipe, a link and nonsense among them."""
    runs = stage.state / "runs"
    runs.mkdir(parents=True)
    stage.state.chmod(0o700)
    runs.chmod(0o700)
    stage.fifo(runs / "20260101-000000-aa.jsonl")
    (runs / "20260101-000001-bb.jsonl").symlink_to(stage.outside / "precious.txt")
    stage.file(runs / "20260101-000002-cc.jsonl", "[" * 100_000)
    stage.file(runs / "20260101-000003-\x1b]0;Qrun\x07.jsonl", "{}")
