"""A hub cache with links, names and notes that no tool writes: nothing outside goes, nothing held goes."""

import os
import sys
from pathlib import Path

import pytest

from cachemgr.domain.inventory import Inventory
from cachemgr.domain.terms import Disposal, Reason
from tests.builders import Link, commit, fingerprint, git_etag, tree
from tests.caches import HubOnDisk
from tests.managers import carry_out, manager
from tests.oracles import du

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="names and links that other systems do not have"
)

BIG = b"w" * 70_000
REPO, OTHER = "ada/engine", "bob/copy"


@pytest.fixture
def hub(tmp_path: Path) -> HubOnDisk:
    """Two repositories, one of them with a blob that no snapshot links."""
    hub = HubOnDisk(tmp_path / "hub")
    hub.download(REPO, commit("1"), {"m.bin": BIG})
    tree(hub.folder(REPO) / "blobs", {git_etag(b"left"): b"left"})
    hub.download(OTHER, commit("2"), {"m.bin": b"o" * 9000})
    tree(tmp_path / "outside", {"precious": b"p" * 9000, "tree": {git_etag(b"q"): b"q"}})
    return hub


def scan(home: Path, hub: HubOnDisk) -> Inventory:
    return manager(home, env={"HF_HUB_CACHE": str(hub.root)}).inventory()


def payload(inventory: Inventory, repo: str) -> set[str]:
    return {
        unit.names[2]
        for entry in inventory.entries
        if entry.group == f"models/{repo}"
        for unit in entry.payload
        if not unit.names[2].endswith(".incomplete")
    }


def names(inventory: Inventory) -> set[str]:
    return {entry.name.rpartition("@")[2] for entry in inventory.entries}


def delete_everything(home: Path, hub: HubOnDisk) -> None:
    over = manager(home, env={"HF_HUB_CACHE": str(hub.root)})
    inventory = over.inventory()
    plan = over.plan_clear(inventory, {entry.id for entry in inventory.entries}, disposal=Disposal.DELETE)
    before = du(hub.root)
    freed = sum(outcome.freed for outcome in carry_out(over, plan))
    assert freed == before - du(hub.root)


ESCAPES = {
    "absolute": "{outside}/precious",
    "absolute directory": "{outside}/tree",
    "upwards": "../../../../outside/precious",
    "far upwards": "../" * 40 + "etc/passwd",
    "dangling": "../../../nowhere/at/all",
    "the root": "../../..",
    "the blobs": "../../blobs",
    "below a blob": "../../blobs/{left}/x",
    "down and up": "../../blobs/../../models--bob--copy/blobs/x",
    "itself": "loop",
    "another repository": "../../../models--bob--copy/blobs/{other}",
    "another repository, absolute": "{root}/models--bob--copy/blobs/{other}",
    "its own blob, absolute": "{root}/models--ada--engine/blobs/{left}",
    "its own blob, the long way": "../../../models--ada--engine/blobs/../blobs/{left}",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_with_a_link_that_is_not_understood_no_blob_of_the_repository_goes(
    home: Path, tmp_path: Path, hub: HubOnDisk, name: str
) -> None:
    words = {
        "outside": tmp_path / "outside",
        "root": hub.root,
        "left": git_etag(b"left"),
        "other": git_etag(b"o" * 9000),
    }
    snapshot = tree(
        hub.folder(REPO) / "snapshots" / commit("1"), {"loop": Link(ESCAPES[name].format(**words))}
    )
    before = fingerprint(tmp_path / "outside")
    blobs = fingerprint(hub.folder(REPO) / "blobs")

    inventory = scan(home, hub)

    assert payload(inventory, REPO) == set()
    assert "unreferenced" not in names(inventory)
    for entry in inventory.entries:
        for unit in entry.units:
            assert unit.names[0] in (hub.folder(REPO).name, hub.folder(OTHER).name)
    # What the link may hold in another repository stays there as well.
    assert (payload(inventory, OTHER) == set()) is ("another" in name or name == "down and up")

    delete_everything(home, hub)

    assert fingerprint(tmp_path / "outside") == before
    assert fingerprint(hub.folder(REPO) / "blobs") == blobs
    assert not os.path.lexists(snapshot)


HIDDEN = {
    "snapshots is a link": ("snapshots", None),
    "a revision is a link": (f"snapshots/{commit('3')}", None),
    "a revision that is none": ("snapshots/mine", {"m.bin": Link("../../blobs/{left}")}),
    "a file among the revisions": ("snapshots/file", b"x"),
    "a blob that is a link to a blob": ("blobs/" + "a" * 40, Link("{left}")),
    "a blob that leads out": ("blobs/" + "a" * 40, Link("../../../outside/precious")),
    "a blob in another repository": ("blobs/" + "a" * 40, Link("../../models--bob--copy/blobs/{other}")),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_where_holders_may_be_hidden_nothing_counts_as_unreferenced(
    home: Path, tmp_path: Path, hub: HubOnDisk, name: str
) -> None:
    place, node = HIDDEN[name]
    folder = hub.folder(REPO)
    if node is None:
        elsewhere = tmp_path / "elsewhere"
        if place == "snapshots":
            (folder / place).rename(elsewhere)
        else:
            tree(elsewhere, {"m.bin": Link(str(folder / "blobs" / git_etag(b"left")))})
        (folder / place).symlink_to(elsewhere)
    else:
        words = {"left": git_etag(b"left"), "other": git_etag(b"o" * 9000)}
        if isinstance(node, Link):
            node = Link(node.target.format(**words))
        elif isinstance(node, dict):
            node = {key: Link(link.target.format(**words)) for key, link in node.items()}
        tree(folder, {place: node})

    inventory = scan(home, hub)

    assert payload(inventory, REPO) == set()
    assert "unreferenced" not in names(inventory)
    assert (payload(inventory, OTHER) == set()) is ("another" in name)


@pytest.mark.parametrize("place", ["blobs", "snapshots"])
def test_a_repository_that_leads_into_another_holds_all_of_it(home: Path, hub: HubOnDisk, place: str) -> None:
    other, folder = hub.folder(OTHER), hub.folder(REPO)
    (other / place).rename(hub.root.parent / "moved")
    (other / place).symlink_to(f"../{folder.name}/{place}")
    blobs = fingerprint(folder / "blobs")

    assert payload(scan(home, hub), REPO) == set()
    delete_everything(home, hub)
    assert fingerprint(folder / "blobs") == blobs


def test_a_file_that_somebody_put_among_the_links_of_a_snapshot_keeps_it(home: Path, hub: HubOnDisk) -> None:
    mine = hub.folder(REPO) / "snapshots" / commit("1") / "sub" / "training-log.txt"
    tree(mine.parent, {mine.name: b"mine", ".DS_Store": b"finder"})
    before = fingerprint(hub.folder(REPO) / "snapshots")
    over = manager(home, env={"HF_HUB_CACHE": str(hub.root)})
    inventory = over.inventory()
    plan = over.plan_clear(inventory, {entry.id for entry in inventory.entries}, disposal=Disposal.DELETE)
    (why,) = [one.detail for one in plan.exclusions if one.reason is Reason.NOT_RECOGNISED and one.entry]
    assert why.endswith("/sub/training-log.txt")
    carry_out(over, plan)
    assert fingerprint(hub.folder(REPO) / "snapshots") == before
    assert (mine.parents[1] / "m.bin").read_bytes() == BIG

    mine.unlink()
    delete_everything(home, hub)
    assert not mine.parents[1].exists()


def test_a_snapshot_of_files_alone_is_what_a_system_without_links_gets(home: Path, hub: HubOnDisk) -> None:
    snapshot = hub.folder(REPO) / "snapshots" / commit("1")
    (snapshot / "m.bin").unlink()
    tree(snapshot, {"m.bin": BIG, "sub": {"n.bin": b"n"}})
    delete_everything(home, hub)
    assert not snapshot.exists()


def test_notes_that_are_no_commits_are_unknown_and_break_nothing(home: Path, hub: HubOnDisk) -> None:
    folder = hub.folder(REPO)
    tree(
        folder,
        {
            "refs": {"bytes": b"\xff\xfe", "long": "a" * 100_000, "near": commit("1") + "\n", "x/y": b""},
            "trees": {"mine.json": "{}", "link.json": Link("mine.json")},
            ".no_exist": {"mine": {"x": b""}},
        },
    )
    os.mkfifo(folder / "refs" / "fifo")

    inventory = scan(home, hub)

    (entry,) = (
        entry for entry in inventory.entries if entry.group == f"models/{REPO}" and entry.notes == ("main",)
    )
    assert payload(inventory, REPO) == {git_etag(BIG), git_etag(b"left")}
    (cache,) = (cache for cache in inventory.caches if cache.real_path == hub.root)
    unknown = {"/".join(unit.names[1:]) for unit in cache.unknown}
    assert unknown == {
        *("refs/bytes", "refs/fifo", "refs/long", "refs/near", "refs/x/y"),
        *("trees/mine.json", "trees/link.json", ".no_exist/mine"),
    }
    assert cache.tally is not None
    assert cache.tally.size == du(hub.root)
    assert entry.name.endswith(commit("1")[:7])


def test_directories_with_the_names_of_files_are_no_units(home: Path, hub: HubOnDisk) -> None:
    folder = hub.folder(REPO)
    content = {"thesis.txt": b"mine"}
    tree(
        folder,
        {
            f"blobs/{'b' * 64}": content,
            f"blobs/{'c' * 40}.incomplete": content,
            f"trees/{commit('7')}.json": content,
            f".no_exist/{commit('7')}": b"mine",
        },
    )

    inventory = scan(home, hub)

    (cache,) = (cache for cache in inventory.caches if cache.real_path == hub.root)
    assert len(cache.unknown) == 4
    assert "incomplete" not in names(inventory)


def test_a_link_in_the_place_of_a_repository_is_unknown(home: Path, tmp_path: Path, hub: HubOnDisk) -> None:
    outside = HubOnDisk(tmp_path / "other hub")
    outside.download("eve/model", commit("9"), {"m.bin": BIG})
    before = fingerprint(outside.root)
    (hub.root / "models--eve--model").symlink_to(outside.folder("eve/model"))

    inventory = scan(home, hub)

    assert not [entry for entry in inventory.entries if "eve" in entry.name]
    delete_everything(home, hub)
    assert fingerprint(outside.root) == before


def test_repositories_may_be_called_anything(home: Path, hub: HubOnDisk) -> None:
    folders = "models-- models--.. models--..--..--etc models--a@1234567 models--[b]x models--a:b".split()
    folders += [
        "models--two\nlines",
        "models--\x1b]0;x\x07",
        os.fsdecode(b"models--caf\xe9"),
        "models--a----b",
    ]
    folders += ["Models--a--b", "models-a", "datasets--" + "n" * 200]
    for number, folder in enumerate(folders):
        tree(hub.root / folder, {"snapshots": {commit(str(number)): {"f": b"x"}}})

    inventory = scan(home, hub)

    found = {unit.names[0] for entry in inventory.entries for unit in entry.pointers}
    assert found >= set(folders) - {"models--", "Models--a--b", "models-a"}
    assert len({entry.id for entry in inventory.entries}) == len(inventory.entries)
    (cache,) = (cache for cache in inventory.caches if cache.real_path == hub.root)
    assert {unit.names[0] for unit in cache.unknown} == {"models--", "Models--a--b", "models-a"}
    delete_everything(home, hub)
    left = {path.name for path in hub.root.iterdir()}
    # The blob that nobody links is fresh, so its repository stays.
    assert left == {".locks", "CACHEDIR.TAG", "models--", "Models--a--b", "models-a", hub.folder(REPO).name}


@pytest.mark.parametrize(
    ("place", "target"),
    [("refs/alias", "main"), ("snapshots/" + commit("9"), commit("1"))],
    ids=["ref", "snapshot"],
)
def test_what_a_link_stands_for_stays_so_that_the_owner_can_read_its_cache(
    tmp_path: Path, place: str, target: str
) -> None:
    """huggingface_hub fails over the whole cache on a ref or a snapshot that leads to nothing."""
    hub = HubOnDisk(tmp_path / "hub")
    hub.download(REPO, commit("1"), {"m.bin": BIG})
    hub.download(REPO, commit("2"), {"m.bin": b"other"}, refs=("dev",))
    tree(hub.folder(REPO), {place: Link(target)})
    before = fingerprint(hub.folder(REPO))

    delete_everything(tmp_path / "home", hub)

    assert fingerprint(hub.folder(REPO)) == before
    assert not hub.scan().warnings
