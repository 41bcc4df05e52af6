"""Ada's caches: sizes in the tens of gibibytes, shared blobs, hostile names, and something of every kind."""

from collections.abc import Iterable
from datetime import timedelta

from cachemgr.domain.inventory import Cache, Entry, Inventory
from cachemgr.domain.terms import (
    Category,
    Knowledge,
    Reason,
    Rebuild,
)
from cachemgr.domain.unit import Obstacle, Unit
from tests.tui.adas_past import findings, history
from tests.tui.by_hand import GIB, MIB, cache, entry, unit
from tests.tui.machine_room import NOW, PROJECT, SceneManager, Theatre, digest, service

HOSTILE = "evil-[red]name[/]\x1b[31m\udcff"
"""Markup, an escape sequence and a byte that is no text."""


def repository(name: str, *revisions: tuple[str, Iterable[Unit], tuple[str, ...], float]) -> list[Entry]:
    """A hub repository; a revision is its commit, its blobs, its refs, and days since its last use."""
    return [
        entry(HUB, f"{name}@{commit}", *blobs, group=name, notes=refs, detached=not refs, days=days)
        for commit, blobs, refs, days in revisions
    ]


HUB = "huggingface-hub@home"


def blob(repository: str, number: int, size: float) -> Unit:
    folder = repository.replace("/", "--")
    return unit(folder, "blobs", digest(repository, str(number)), size=size)


def hub_entries() -> list[Entry]:
    llama, whisper, qwen = ("models/meta-llama/Llama-3.1-8B", "models/openai/whisper-large-v3",
                            "models/Qwen/Qwen2.5-7B-Instruct")  # fmt: skip
    shared = blob(whisper, 0, 2.7 * GIB)
    made = repository(
        llama,
        ("0e9e39f", [blob(llama, n, size * GIB) for n, size in enumerate((4.98, 5.0, 4.92, 0.1))], (), 61),
        ("d04e592", [blob(llama, 9, 2.9 * GIB)], ("main",), 0.08),
    )
    made += repository(
        whisper,
        ("06f233f", [shared, blob(whisper, 1, 430 * MIB)], (), 9),
        ("41f01f3", [shared, blob(whisper, 2, 2.7 * GIB)], ("main",), 9),
    )
    made += repository(
        qwen,
        ("bb46c15", [blob(qwen, 0, 3.2 * GIB)], (), 190),
        ("a09a354", [blob(qwen, 1, 2.2 * GIB)], ("main", "v2.5"), 190),
    )
    bge = "models/BAAI/bge-m3"
    busy = Obstacle(Reason.IN_USE, "pid 4312 python serve.py")
    made.append(
        entry(
            HUB,
            f"{bge}@5617a9f",
            blob(bge, 0, 2.3 * GIB),
            group=bge,
            notes=("main",),
            days=0.08,
            obstacle=busy,
        )
    )
    for name, size, days in (
        ("datasets/wikimedia/wikipedia", 8.6 * GIB, 33.0),
        ("models/sentence-transformers/all-MiniLM-L6-v2", 92 * MIB, 12.0),
        (f"models/{HOSTILE}", 410 * MIB, 3.0),
    ):
        made += repository(name, ("9c1e77a", [blob(name, 0, size)], ("main",), days))
    return made


def plain(cache_id: str, *items: tuple[str, float, int, float]) -> list[Entry]:
    """Entries of a flat cache: name, bytes, files, days since their last use."""
    return [
        entry(cache_id, name, unit(name, size=size, files=files, days=days), days=days)
        for name, size, files, days in items
    ]


def responses() -> list[Entry]:
    """LLM responses, a part of them past the time their own record gives."""
    made = []
    for number, (size, days, left) in enumerate(
        ((215, 44, -14), (196, 21, 9), (131, 12, 18), (93, 0.004, 29))
    ):
        name = f"shard-{number:02x}"
        made.append(entry("responses@project", name, unit(name, size=size * MIB, files=1027, days=days),
                          days=days, expires=left))  # fmt: skip
    return made


def inventory() -> Inventory:
    """Everything a scan of Ada's machine finds."""
    entries: list[Entry] = []
    caches: list[Cache] = []

    def add(found: list[Entry], made: Cache) -> None:
        entries.extend(found)
        caches.append(made)

    home, models, packages = "/home/ada/.cache", Category.MODELS, Category.PACKAGES
    hub = hub_entries()
    add(
        hub,
        cache(
            HUB,
            "Hugging Face hub",
            models,
            Rebuild.DOWNLOADS,
            f"{home}/huggingface/hub",
            hub,
            days=0.08,
            files=412,
            way_back=("hf", "download"),
        ),
    )
    ollama = plain(
        "ollama@home",
        ("llama3.1:8b", 4.7 * GIB, 5, 9),
        ("qwen2.5-coder:7b", 4.4 * GIB, 5, 30),
        ("nomic-embed-text:latest", 3.3 * GIB, 4, 88),
    )
    add(
        ollama,
        cache(
            "ollama@home",
            "Ollama",
            models,
            Rebuild.DOWNLOADS,
            "/home/ada/.ollama/models",
            ollama,
            days=9,
            way_back=("ollama", "pull"),
        ),
    )
    legacy = plain(
        "model-cache@legacy",
        ("old-[bold]ckpt[/]\x1b]0;x\x07.bin", 922 * MIB, 1, 214),
        ("checkpoints", 6.1 * GIB, 31, 214),
        ("tokenizers", 2.7 * GIB, 6, 260),
    )
    add(
        legacy,
        cache(
            "model-cache@legacy",
            "shared/model-cache",
            models,
            Rebuild.COSTS,
            str(PROJECT / "shared/model-cache"),
            legacy,
            days=214,
            replaced_by="huggingface-hub",
        ),
    )
    torch = plain(
        "torch-hub@home",
        ("checkpoints/resnet152-394f9c45.pth", 3.4 * GIB, 1, 41),
        ("facebookresearch_dinov2_main", 2.8 * GIB, 26, 60),
    )
    add(
        torch,
        cache("torch-hub@home", "torch hub", models, Rebuild.DOWNLOADS, f"{home}/torch/hub", torch, days=41),
    )
    uv = plain("uv@home", ("archive-v0", 4.2 * GIB, 36_811, 0.04), ("wheels-v5", 0.9 * GIB, 1_400, 2))
    add(
        uv,
        cache(
            "uv@home",
            "uv",
            packages,
            Rebuild.REBUILDS,
            f"{home}/uv",
            uv,
            days=0.04,
            way_back=("uv", "cache", "prune"),
        ),
    )
    pip = plain("pip@home", ("http-v2", 3.6 * GIB, 5_900, 6), ("wheels", 0.3 * GIB, 220, 11))
    add(pip, cache("pip@home", "pip", packages, Rebuild.REBUILDS, f"{home}/pip", pip, days=6))
    whisper = plain("whisper@home", ("large-v3.pt", 2.9 * GIB, 1, 131))
    add(
        whisper,
        cache(
            "whisper@home", "OpenAI Whisper", models, Rebuild.DOWNLOADS, f"{home}/whisper", whisper, days=131
        ),
    )
    answers = responses()
    add(
        answers,
        cache(
            "responses@project",
            "LLM responses",
            Category.RESPONSES,
            Rebuild.COSTS,
            str(PROJECT / ".questfoundry/cache"),
            answers,
            days=0.0035,
        ),
    )
    tmdb = plain("tmdb@project", ("tmdb", 317 * MIB, 2_210, 1))
    add(
        tmdb,
        cache(
            "tmdb@project",
            "TMDB metadata",
            Category.APPS,
            Rebuild.COSTS,
            str(PROJECT / ".cache/tmdb"),
            tmdb,
            days=1,
        ),
    )
    music = plain("musicbrainz@project", ("artists", 140 * MIB, 1_204, 3), ("releases", 85 * MIB, 670, 3))
    add(
        music,
        cache(
            "musicbrainz@project",
            "MusicBrainz",
            Category.APPS,
            Rebuild.COSTS,
            str(PROJECT / ".cache/musicbrainz"),
            music,
            days=3,
        ),
    )
    tokens = plain("tiktoken@home", ("o200k_base", 3.6 * MIB, 1, 0.08), ("cl100k_base", 1.7 * MIB, 1, 5))
    add(
        tokens,
        cache(
            "tiktoken@home", "tiktoken", models, Rebuild.DOWNLOADS, "/tmp/data-gym-cache", tokens, days=0.08
        ),
    )
    other = plain("other@home", ("accelerate", 4 * MIB, 12, 400))
    add(
        [],
        cache(
            "other@home",
            "rest of HF_HOME",
            models,
            Rebuild.UNIQUE,
            f"{home}/huggingface",
            other,
            days=400,
            knowledge=Knowledge.UNVERIFIED,
        ),
    )
    return Inventory(NOW - timedelta(minutes=2), tuple(caches), tuple(entries), findings())


def ada(theatre: Theatre | None = None, *, read_only: bool = False) -> SceneManager:
    """The scripted service on Ada's machine, with her history."""
    theatre = theatre or Theatre()
    manager = service(inventory(), theatre, read_only=read_only)
    theatre.runs = history(manager)
    theatre.executed.clear()
    theatre.planned.clear()
    theatre.now = NOW
    return manager
