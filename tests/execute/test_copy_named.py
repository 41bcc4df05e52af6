"""A blob that is called after its content is held against its name, where the plan wants that."""

import hashlib
import os
import random
import sys
from pathlib import Path

import pytest

from cachemgr.domain.outcome import Trouble
from tests.builders import Node, Sparse, git_etag, tree
from tests.execute.copying import Freight, copied, copy, like, refused, verifying

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

SMALL, BIG = b"small" * 99, random.Random(9).randbytes(9 << 20)
SHA, GIT = hashlib.sha256(BIG).hexdigest(), git_etag(SMALL)


def repo(**more: Node) -> dict[str, Node]:
    etag = {"0" * 32: "an etag", "f" * 64 + ".incomplete": "half"}
    return {"u": {"blobs": {SHA: BIG, GIT: SMALL, **etag, **more}, "refs": {"a" * 40: "no blob"}}}


def test_good_names_are_no_hindrance_and_other_names_say_nothing(tmp_path: Path) -> None:
    shared = hashlib.sha256(SMALL).hexdigest()
    root = tree(tmp_path / "root", {**repo(), "blobs": {shared[:2]: {shared: SMALL}}})
    copied(copy(root, tmp_path / "to", "u", blob_names=True))
    assert like(tmp_path / "to" / "unit") == like(root / "u")
    copied(copy(root, tmp_path / "to", "blobs", shared[:2], shared, stage="one", blob_names=True))
    copied(copy(root, tmp_path / "to", "u", "blobs", SHA, stage="two", blob_names=True))


@pytest.mark.parametrize("size", [1 << 20, 9 << 20])
def test_a_blob_with_holes_is_held_against_its_name_too(size: int, tmp_path: Path) -> None:
    name = hashlib.sha256(bytes(size)).hexdigest()
    root = tree(tmp_path / "root", {"blobs": {name: Sparse(size), "2" * 64: Sparse(size)}})
    copied(copy(root, tmp_path / "to", "blobs", name, blob_names=True))
    done = refused(copy(root, tmp_path / "to", "blobs", "2" * 64, stage="two", blob_names=True))
    assert done.trouble == Trouble("damaged", "blobs/" + "2" * 64)


@pytest.mark.parametrize(
    ("name", "content"), [("1" * 64, BIG), ("1" * 64, SMALL), ("1" * 40, SMALL), ("1" * 40, BIG)]
)
def test_content_that_does_not_belong_to_its_name_is_not_copied(
    name: str, content: bytes, tmp_path: Path
) -> None:
    root = tree(tmp_path / "root", repo(**{name: content}))
    done = refused(copy(root, tmp_path / "to", "u", blob_names=True))
    assert done.trouble == Trouble("damaged", f"u/blobs/{name}")
    assert os.listdir(tmp_path / "to") == []
    copied(copy(root, tmp_path / "to", "u"))


@pytest.mark.parametrize("name", [SHA, GIT])
def test_a_copy_that_lost_its_name_is_not_taken_for_a_damaged_original(name: str, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", repo())

    def spoil() -> None:
        with (tmp_path / "to" / "unit" / "blobs" / name).open("r+b") as file:
            file.write(b"#")

    with Freight(root, tmp_path / "to") as freight:
        done = refused(freight.copy(freight.unit("u", blob_names=True), during=verifying(spoil)))
    assert done.trouble == Trouble("corrupt", f"u/blobs/{name}")
