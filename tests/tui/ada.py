"""Ada's caches: sizes in the tens of gibibytes, shared blobs, hostile names, and something of every kind."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from cachemgr.domain.inventory import Cache, Entry, Finding, Inventory, Origin, Volume
from cachemgr.domain.run import Run
from cachemgr.domain.terms import (
    CacheState,
    Category,
    Disposal,
    Knowledge,
    Place,
    Reason,
    Rebuild,
    RunState,
    Severity,
)
from cachemgr.domain.unit import Identity, Kind, Obstacle, Tally, Unit
from tests.tui.machine_room import NOW, PROJECT, SceneManager, Theatre, changed, digest, service

GIB, MIB = 2**30, 2**20
VOLUME = Volume("/dev/nvme0n1p2", "ext4", int(43.9 * GIB), 512 * GIB, mount="/")
HOSTILE = "evil-[red]name[/]\x1b[31m\udcff"
"""Markup, an escape sequence and a byte that is no text."""


def unit(*names: str, size: float, files: int = 1, days: float = 3) -> Unit:
    """A file or a tree of so many bytes, last used so many days ago."""
    allocated = int(size)
    stamp = int((NOW - timedelta(days=days)).timestamp())
    kind = Kind.FILE if files == 1 else Kind.DIRECTORY
    identity = Identity(1, int(digest(*names)[:12], 16), kind, allocated, stamp * 10**9)
    tally = Tally(size=allocated, apparent=allocated, files=files, newest=stamp, accessed=stamp)
    return Unit(names, identity, tally)


def entry(
    cache: str,
    name: str,
    *units: Unit,
    group: str = "",
    notes: tuple[str, ...] = (),
    detached: bool = False,
    days: float = 3,
    expires: float | None = None,
    obstacle: Obstacle | None = None,
) -> Entry:
    """An entry, last used so many days ago; `expires` counts days from now."""
    tally = Tally.of(tuple(unit.tally for unit in units))
    when = NOW - timedelta(days=days)
    return Entry(
        id=f"{cache}:{name}",
        cache=cache,
        name=name,
        pointers=(),
        payload=units,
        tally=tally,
        group=group,
        notes=notes,
        detached=detached,
        modified=when,
        used=when,
        expires=None if expires is None else NOW + timedelta(days=expires),
        obstacles=(obstacle,) if obstacle else (),
        apparent=tally.apparent,
    )


def cache(
    id_: str,
    title: str,
    category: Category,
    rebuild: Rebuild,
    path: str,
    entries: Iterable[Entry],
    *,
    days: float = 3,
    files: int | None = None,
    knowledge: Knowledge = Knowledge.VERIFIED,
    replaced_by: str | None = None,
    way_back: tuple[str, ...] = (),
    state: CacheState = CacheState.OK,
) -> Cache:
    """A root whose measure is that of its entries."""
    parts = {unit.names: unit.tally for found in entries for unit in found.units}
    whole = Tally.of(tuple(parts.values()))
    stamp = int((NOW - timedelta(days=days)).timestamp())
    place = Place(id_.partition("@")[2].partition("-")[0])
    origin = (
        Origin("default", f"~/.cache/{title}") if place is Place.HOME else Origin("cachemgr.toml", title, 4)
    )
    return Cache(
        id=id_,
        type=id_.partition("@")[0],
        title=title,
        category=category,
        place=place,
        origin=origin,
        path=Path(path),
        real_path=Path(path),
        identity=Identity(1, int(digest(id_)[:12], 16), Kind.DIRECTORY, 4096, 0),
        rebuild=rebuild,
        state=state,
        knowledge=knowledge,
        tally=Tally(whole.size, whole.apparent, files or whole.files, newest=stamp, accessed=stamp),
        replaced_by=replaced_by,
        way_back=way_back,
        volume=VOLUME,
    )


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
    add(hub, cache(HUB, "Hugging Face hub", models, Rebuild.DOWNLOADS, f"{home}/huggingface/hub", hub, days=0.08,
                   files=412, way_back=("hf", "download")))  # fmt: skip
    ollama = plain("ollama@home", ("llama3.1:8b", 4.7 * GIB, 5, 9), ("qwen2.5-coder:7b", 4.4 * GIB, 5, 30),
                   ("nomic-embed-text:latest", 3.3 * GIB, 4, 88))  # fmt: skip
    add(ollama, cache("ollama@home", "Ollama", models, Rebuild.DOWNLOADS, "/home/ada/.ollama/models", ollama, days=9,
                      way_back=("ollama", "pull")))  # fmt: skip
    legacy = plain("model-cache@legacy", ("old-[bold]ckpt[/]\x1b]0;x\x07.bin", 922 * MIB, 1, 214),
                   ("checkpoints", 6.1 * GIB, 31, 214), ("tokenizers", 2.7 * GIB, 6, 260))  # fmt: skip
    add(legacy, cache("model-cache@legacy", "shared/model-cache", models, Rebuild.COSTS,
                      str(PROJECT / "shared/model-cache"), legacy, days=214, replaced_by="huggingface-hub"))  # fmt: skip
    torch = plain("torch-hub@home", ("checkpoints/resnet152-394f9c45.pth", 3.4 * GIB, 1, 41),
                  ("facebookresearch_dinov2_main", 2.8 * GIB, 26, 60))  # fmt: skip
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
    add(answers, cache("responses@project", "LLM responses", Category.RESPONSES, Rebuild.COSTS,
                       str(PROJECT / ".questfoundry/cache"), answers, days=0.0035))  # fmt: skip
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
    add(music, cache("musicbrainz@project", "MusicBrainz", Category.APPS, Rebuild.COSTS,
                     str(PROJECT / ".cache/musicbrainz"), music, days=3))  # fmt: skip
    tokens = plain("tiktoken@home", ("o200k_base", 3.6 * MIB, 1, 0.08), ("cl100k_base", 1.7 * MIB, 1, 5))
    add(
        tokens,
        cache(
            "tiktoken@home", "tiktoken", models, Rebuild.DOWNLOADS, "/tmp/data-gym-cache", tokens, days=0.08
        ),
    )
    other = plain("other@home", ("accelerate", 4 * MIB, 12, 400))
    add([], cache("other@home", "rest of HF_HOME", models, Rebuild.UNIQUE, f"{home}/huggingface", other,
                  days=400, knowledge=Knowledge.UNVERIFIED))  # fmt: skip
    return Inventory(NOW - timedelta(minutes=2), tuple(caches), tuple(entries), findings())


def findings() -> tuple[Finding, ...]:
    legacy = PROJECT / "shared/model-cache"
    return (
        Finding("legacy-location", Severity.WARNING, "model-cache@legacy", legacy, int(9.7 * GIB),
                ("cachemgr", "clear", "model-cache@legacy")),
        Finding("quarantine", Severity.INFO, "tmdb@project", PROJECT / ".cache/tmdb", 317 * MIB,
                ("cachemgr", "purge")),
        Finding("unreadable", Severity.WARNING, "torch-hub@home", Path("/home/ada/.cache/torch/hub"),
                detail="Permission denied: 7 directories"),
        Finding("unusable-root", Severity.ERROR, "mlx@env", Path("~/mlx"), detail="MLX_CACHE_DIR=~/mlx"),
    )  # fmt: skip


def history(manager: SceneManager) -> tuple[Run, ...]:
    """Three runs before today: one that can be undone, one that cannot, one that was stopped halfway."""
    made = []
    for name, days, entries, disposal, state in (
        ("20261118-091200-6c01d2f3", 2.2, ("responses@project:shard-00", "tmdb@project:tmdb"), None, RunState.FINISHED),
        ("20261102-174000-5b9e0a44", 17.9, ("whisper@home:large-v3.pt", "pip@home:http-v2"), Disposal.DELETE,
         RunState.FINISHED),
        ("20261030-110300-5a20c871", 21.1, ("ollama@home:llama3.1:8b", "uv@home:archive-v0", "uv@home:wheels-v5"),
         Disposal.DELETE, RunState.INTERRUPTED),
    ):  # fmt: skip
        found = manager.found
        plan = manager.plan_clear(found, frozenset(entries), targets=entries, disposal=disposal)
        outcomes = tuple(event.outcome for event in manager.execute(plan) if hasattr(event, "outcome"))
        if state is RunState.INTERRUPTED:
            outcomes = (*outcomes[:1], changed(1))
        when = NOW - timedelta(days=days)
        made.append(Run(name, plan, when, when + timedelta(seconds=14), outcomes, state=state))
    return tuple(made)


def ada(theatre: Theatre | None = None, *, read_only: bool = False) -> SceneManager:
    """The scripted service on Ada's machine, with her history."""
    theatre = theatre or Theatre()
    manager = service(inventory(), theatre, read_only=read_only)
    theatre.runs = history(manager)
    theatre.executed.clear()
    theatre.planned.clear()
    theatre.now = NOW
    return manager
