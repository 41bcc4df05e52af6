"""Hub caches: one that is as it should be, and one in which nothing is."""

import os
from pathlib import Path

from tests.adversary.acts import Act, perform
from tests.adversary.names import HOSTILE
from tests.adversary.stage import Stage
from tests.builders import commit, git_etag
from tests.caches import HubOnDisk

WEIGHTS = b"w" * 70_000
_LOST = commit("a commit without a snapshot")


def clean_hub(stage: Stage, kind: str, root: Path) -> HubOnDisk:
    """Revisions that share blobs, repositories that share payloads, leftovers: all of it may go."""
    hub = HubOnDisk(stage.root(kind, root))
    one, two = {"m.bin": WEIGHTS, "config.json": b"{}"}, {"m.bin": WEIGHTS, "config.json": b'{"v": 2}'}
    _downloaded(stage, hub, "ada/clean", commit("1"), one, refs=("v1", "refs/pr/1"))
    _downloaded(stage, hub, "ada/clean", commit("2"), two, refs=("main",))
    for repo in ("bob/one", "bob/two"):
        _downloaded(stage, hub, repo, commit(repo), {"big.bin": b"x" * 90_000}, xet=("big.bin",))
    for payload in root.glob("blobs/??/*"):
        if payload.suffix != ".lock":
            stage.unit(payload, clean=True)
    folder = hub.folder("ada/clean")
    stage.unit(hub.absent("ada/clean", commit("2"), "x.json").parent, clean=True)
    stage.unit(hub.listing("ada/clean", commit("2"), two), clean=True)
    stage.unit(hub.incomplete("ada/clean", b"half"), clean=True)
    stage.unit(stage.file(folder / "blobs" / git_etag(b"unreferenced"), b"unreferenced"), clean=True)
    stage.unit(stage.file(folder / "refs" / "lost", _LOST), clean=True)
    return hub


def _downloaded(
    stage: Stage,
    hub: HubOnDisk,
    repo: str,
    revision: str,
    files: dict[str, bytes],
    *,
    refs: tuple[str, ...] = ("main",),
    xet: tuple[str, ...] = (),
    clean: bool = True,
) -> None:
    snapshot = hub.download(repo, revision, files, refs=refs, xet=xet)
    stage.unit(snapshot, clean=clean)
    for ref in refs:
        stage.unit(hub.folder(repo) / "refs" / ref, clean=clean)
    for name in files:
        stage.unit(hub.folder(repo) / "blobs" / Path(os.readlink(snapshot / name)).name, clean=clean)


def hostile_hub(stage: Stage, kind: str, root: Path) -> None:
    """Each repository has something wrong with it."""
    hub = HubOnDisk(stage.root(kind, root))
    _odd_repositories(stage, hub)
    _odd_store(stage, root)
    level = "models--l--levels"
    inside = ("refs", "blobs", "snapshots", ".no_exist", "trees")
    levels = ("", ".locks", f".locks/{level}", level, *(f"{level}/{name}" for name in inside))
    perform(stage, Act(kind, root, levels, tree=lambda word: f"models--t--{word}/snapshots/{commit(word)}"))
    for hostile in stage.some(HOSTILE, 6):
        repository = root / os.fsdecode(b"models--n--" + hostile.name[:240])
        stage.unit(repository / "snapshots" / commit(hostile.mark), clean=True)
        stage.file(repository / "snapshots" / commit(hostile.mark) / "f", b"x")


def _odd_repositories(stage: Stage, hub: HubOnDisk) -> None:
    _downloaded(stage, hub, "o/refs", commit("r"), {"m.bin": WEIGHTS}, clean=False)
    refs = hub.folder("o/refs") / "refs"
    stage.file(refs / "upwards", "../../../../outside/precious.txt")
    stage.file(refs / "binary", b"\xff\xfe\x00")
    stage.file(refs / "long", "a" * 100_000)
    stage.file(refs / "spaced", commit("r") + "\n")
    stage.fifo(refs / "pull" / "fifo")
    stage.socket(refs / "socket")

    _downloaded(stage, hub, "o/alias", commit("a"), {"m.bin": b"alias"}, clean=False)
    (hub.folder("o/alias") / "refs" / "stable").symlink_to("main")
    (hub.folder("o/alias") / "snapshots" / commit("b")).symlink_to(commit("a"))

    _downloaded(stage, hub, "o/blobs", commit("c"), {"m.bin": b"blobs"}, clean=False)
    blobs = hub.folder("o/blobs") / "blobs"
    (blobs / ("a" * 40)).symlink_to(stage.outside / "precious.txt")
    (blobs / ("b" * 64)).symlink_to("../../../../../../outside/precious.txt")
    (blobs / f"{'c' * 40}.incomplete").symlink_to(stage.outside / "precious.txt")
    stage.fifo(blobs / ("d" * 40))
    stage.file(blobs / ("e" * 40) / "thesis.txt")

    for part in ("snapshots", "blobs", "refs"):
        _downloaded(stage, hub, f"o/{part}-link", commit(part), {"m.bin": part.encode()}, clean=False)
        stage.link_out(hub.folder(f"o/{part}-link") / part)

    hub.download("eve/model", commit("9"), {"m.bin": WEIGHTS})
    stage.link_out(hub.folder("eve/model"))
    locks = hub.root / ".locks" / "models--o--refs"
    for lock in list(locks.iterdir()):
        lock.unlink()
        stage.fifo(lock)
    stage.link_out(hub.root / ".locks" / "models--o--blobs")
    notes = hub.folder("o/refs") / "trees" / f"{commit('r')}.json"
    notes.parent.mkdir()
    notes.symlink_to(stage.outside / "precious.txt")
    (hub.folder("o/refs") / ".no_exist").symlink_to(stage.outside / "work")


def _odd_store(stage: Stage, root: Path) -> None:
    """A shared store whose payloads and lists lead out."""
    store = root / "blobs"
    stage.file(store / ".huggingface-shared-blobs", b"1\n")
    stage.file(store / "ab" / ("ab" * 32), b"payload")
    stage.file(store / "ab" / f"{'ab' * 32}.refs", b"../../../outside/precious.txt\n")
    (store / "cd").mkdir()
    (store / "cd" / ("cd" * 32)).symlink_to(stage.outside / "precious.txt")
    stage.fifo(store / "cd" / f"{'cd' * 32}.refs")
    (store / "ef").symlink_to(stage.outside / "work")
