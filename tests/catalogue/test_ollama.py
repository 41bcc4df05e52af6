"""Ollama's store: models share blobs, and nothing is called unneeded while the index is in doubt."""

import json
from pathlib import Path
from typing import Any

import pytest

from cachemgr.domain.terms import Reason
from tests.catalogue.rooms import drafts, evident, paths, write
from tests.nobody import as_nobody, give_away, needs_permissions, public_directory

A, B, C, D = (letter * 64 for letter in "abcd")
LIBRARY = "manifests/registry.ollama.ai/library"


def manifest(*digests: str, config: str = C, **extra: Any) -> str:
    layers = [{"digest": f"sha256:{digest}", "size": 1, **extra} for digest in digests]
    return json.dumps({"schemaVersion": 2, "config": {"digest": f"sha256:{config}"}, "layers": layers})


def blobs(*digests: str) -> dict[str, str | bytes]:
    return {f"blobs/sha256-{digest}": digest[0] for digest in digests}


def test_models_share_the_layers_that_both_name(tmp_path: Path) -> None:
    write(tmp_path, {f"{LIBRARY}/llama3/8b": manifest(A, B), f"{LIBRARY}/llama3/latest": manifest(A)})
    write(tmp_path, blobs(A, B, C))

    found = drafts("ollama", tmp_path)

    assert set(found) == {"llama3:8b", "llama3:latest"}
    assert paths(found["llama3:8b"]) == {
        f"{LIBRARY}/llama3/8b",
        f"blobs/sha256-{A}",
        f"blobs/sha256-{B}",
        f"blobs/sha256-{C}",
    }
    assert [unit.names[-1] for unit in found["llama3:8b"].pointers] == ["8b"]
    assert evident("ollama", tmp_path)


def test_a_model_of_another_registry_says_so(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "manifests/hf.co/bartowski/Llama/Q4": manifest(A),
            "manifests/registry.ollama.ai/ada/mine/latest": manifest(A),
        },
    )

    assert set(drafts("ollama", tmp_path)) == {"hf.co/bartowski/Llama:Q4", "ada/mine:latest"}


def test_the_pieces_of_an_unfinished_download_are_one_entry(tmp_path: Path) -> None:
    write(tmp_path, {f"blobs/sha256-{D}-partial": "x", f"blobs/sha256-{D}-partial-0": "y"})

    (found,) = drafts("ollama", tmp_path).values()

    assert paths(found) == {f"blobs/sha256-{D}-partial", f"blobs/sha256-{D}-partial-0"}
    assert found.idle > 0


def test_a_blob_that_no_manifest_names_is_an_entry_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, {f"{LIBRARY}/m/latest": manifest(A), **blobs(A, C, D), "blobs/readme": "mine"})

    found = drafts("ollama", tmp_path)

    assert set(found) == {"m:latest", f"sha256-{D}"}
    assert found[f"sha256-{D}"].detached
    assert found[f"sha256-{D}"].idle >= 3600


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[]",
        "{}",
        DEEP,
        '{"layers": [{"digest": "sha256:short"}]}',
        '{"layers": [{"size": 1}]}',
        '{"layers": 3}',
        json.dumps({"layers": [{"digest": f"sha256:{A}/../../x"}]}),
    ],
    ids=lambda text: text[:30] or "empty",
)
def test_a_manifest_that_cannot_be_read_holds_everything_back(broken: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{LIBRARY}/good/latest": manifest(A), f"{LIBRARY}/bad/latest": broken})
    write(tmp_path, blobs(A, B, C, D))

    found = drafts("ollama", tmp_path)

    assert set(found) == {"good:latest", "bad:latest"}, "no blob counts as unneeded"
    assert found["good:latest"].obstacles[0].reason is Reason.SHARED
    assert found["bad:latest"].obstacles[0].reason is Reason.NOT_RECOGNISED


@pytest.mark.parametrize("where", ["manifests-v2", f"{LIBRARY}/linked"])
def test_an_index_that_cannot_be_followed_holds_everything_back(where: str, tmp_path: Path) -> None:
    root = write(tmp_path / "root", {f"{LIBRARY}/good/latest": manifest(A), **blobs(A, C, D)})
    other = write(tmp_path / "other", {"latest": manifest(D)})
    (root / where).symlink_to(other)

    found = drafts("ollama", root)

    assert set(found) == {"good:latest"}
    assert found["good:latest"].obstacles[0].reason is Reason.SHARED


@needs_permissions
def test_manifests_out_of_reach_hold_everything_back() -> None:
    with public_directory() as top:
        files = {f"{LIBRARY}/{name}/latest": manifest(digest) for name, digest in (("a", A), ("b", B))}
        root = write(top / "root", {**files, **blobs(A, B, C)})
        give_away(root)
        (root / LIBRARY / "b").chmod(0)

        def look() -> list[object]:
            found = drafts("ollama", root)
            return [sorted(found), [obstacle.detail for obstacle in found["a:latest"].obstacles]]

        assert as_nobody(look) == [["a:latest"], ["manifests"]]


def test_a_store_whose_index_is_gone_has_no_unneeded_blobs(tmp_path: Path) -> None:
    write(tmp_path, blobs(A, B))

    assert drafts("ollama", tmp_path) == {}


def test_a_model_that_was_made_here_is_protected(tmp_path: Path) -> None:
    write(tmp_path, {f"{LIBRARY}/mine/latest": manifest(A, **{"from": "/home/ada/x.gguf"}), **blobs(A, C)})

    (found,) = drafts("ollama", tmp_path).values()

    assert found.obstacles[0].reason is Reason.PROTECTED
    assert found.notes
