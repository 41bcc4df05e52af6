"""The caches that tests build are what their tools take for caches."""

from pathlib import Path

import pytest

from tests.builders import Link, Sparse, access_times, commit, fingerprint, tree, unread
from tests.caches import HubOnDisk, OllamaOnDisk

REPO = "ada/engine"


def test_huggingface_hub_accepts_the_hub_that_we_build(tmp_path: Path) -> None:
    hub = HubOnDisk(tmp_path / "hub")
    weights = b"w" * 5000
    hub.download(REPO, commit("1"), {"config.json": b"{}", "model.bin": weights}, refs=(), xet=("model.bin",))
    hub.download(REPO, commit("2"), {"config.json": b"{1}", "model.bin": weights}, refs=("main", "refs/pr/3"))
    hub.download("bob/copy", commit("3"), {"weights/model.bin": weights}, xet=("weights/model.bin",))
    hub.absent(REPO, commit("2"), "adapter_config.json")
    hub.listing(REPO, commit("2"), {"config.json": b"{1}"})
    hub.incomplete(REPO, b"half of it")

    info = hub.scan()

    assert info.warnings == []
    assert {repo.repo_id for repo in info.repos} == {REPO, "bob/copy"}
    engine = next(repo for repo in info.repos if repo.repo_id == REPO)
    refs = {revision.commit_hash: set(revision.refs) for revision in engine.revisions}
    assert refs == {commit("1"): set(), commit("2"): {"main", "refs/pr/3"}}
    assert len(info.incomplete_files) == 1


def test_equal_layers_of_ollama_models_are_one_blob(tmp_path: Path) -> None:
    store = OllamaOnDisk(tmp_path)
    store.model("llama", "1b", {"model": b"weights", "license": b"MIT"})
    store.model("llama", "chat", {"model": b"weights", "license": b"other"})
    assert len(list((tmp_path / "blobs").iterdir())) == 4


def test_a_fingerprint_sees_every_byte_mode_time_and_link(tmp_path: Path) -> None:
    top = tree(tmp_path / "top", {"a/b": "text", "hole": Sparse(1 << 20), "to": Link("a/b"), "empty": {}})
    before = fingerprint(top)
    assert fingerprint(top) == before

    (top / "a" / "b").write_text("tex7")
    (top / "to").unlink()
    (top / "to").symlink_to("a")
    changed = {name for name, facts in fingerprint(top, times=False).items() if facts[3] != before[name][3]}
    assert changed == {"a/b", "to"}


def test_reading_shows_in_access_times(tmp_path: Path) -> None:
    top = tree(tmp_path / "top", {"read": "text", "unread": "text"})
    before = unread(top)
    (top / "read").read_text()
    after = access_times(top)
    changed = {name for name in before if before[name] != after[name]}
    if not changed:
        pytest.skip("this file system does not record access")
    assert changed == {"read"}
