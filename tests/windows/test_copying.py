"""Copying through the Windows modules: everything by path, and the same promises."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cachemgr.disk import win32
from cachemgr.domain.outcome import Trouble
from tests.builders import HardLink, Link, Node, fingerprint, tree
from tests.execute.copying import Freight, copied, copy, names_together, refused, verifying
from tests.windows.machine import Windows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there the other tests show all of this")

HOLD: dict[str, Node] = {
    "a": "1",
    "big": os.urandom(9 << 20),
    "sub": {"deep": {"f": "2"}, "none": {}, "l": Link("deep/f")},
    "many": {str(number): "x" * number for number in range(200)},
}


def test_a_tree_arrives_with_times_links_and_read_only_marks(everywhere: Windows, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"u": HOLD, "u/one": "3", "u/two": HardLink("u/one")})
    for name in ("u/a", "u/sub/deep", "u/many", "u"):
        os.utime(root / name, ns=(10**18, 10**18 + 100))
    (root / "u" / "a").chmod(0o444)
    copied(copy(root, tmp_path / "to", "u"))
    assert (tmp_path / "to" / "unit" / "a").stat().st_mode & 0o222 == 0
    facts = [fingerprint(top) for top in (root / "u", tmp_path / "to" / "unit")]
    # Directories have no mode there, and links no times that can be set.
    told = [
        {name: (kind, 0 if kind == "link" else ns, text) for name, (kind, _, ns, text) in each.items()}
        for each in facts
    ]
    assert told[0] == told[1]
    assert names_together(tmp_path / "to" / "unit") == {frozenset({"one", "two"})}
    assert everywhere.held == {}


def test_a_deep_tree_arrives(everywhere: Windows, tmp_path: Path) -> None:
    way = "/".join(["d"] * 60)
    root = tree(tmp_path / "root", {"u": {"f": "1"}, f"u/{way}/f": "2"})
    copied(copy(root, tmp_path / "to", "u"))
    assert (tmp_path / "to" / "unit" / way / "f").read_text() == "2"
    assert everywhere.held == {}


@pytest.mark.parametrize("mark", [win32.REPARSE_POINT, 0x400000], ids=["junction", "online"])
@pytest.mark.parametrize("name", ["a", "sub"])
def test_junctions_and_what_is_stored_online_are_refused_unopened(
    mark: int, name: str, everywhere: Windows, tmp_path: Path
) -> None:
    root = tree(tmp_path / "root", {"u": HOLD})
    everywhere.mark(root / "u" / name, mark)
    done = refused(copy(root, tmp_path / "to", "u"))
    assert (done.trouble, done.left) == (Trouble("special", f"u/{name}"), False)
    assert os.listdir(tmp_path / "to") == []


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("corrupt", lambda top: (top / "to" / "unit" / "a").write_text("2")),
        ("corrupt", lambda top: (top / "to" / "unit" / "big").write_bytes(bytes(9 << 20))),
    ],
)
def test_what_is_not_what_was_read_is_given_up(
    kind: str, spoil: Callable[[Path], object], everywhere: Windows, tmp_path: Path
) -> None:
    root = tree(tmp_path / "root", {"u": HOLD})
    with Freight(root, tmp_path / "to") as freight:
        done = refused(freight.copy(freight.unit("u"), during=verifying(lambda: spoil(tmp_path))))
    assert (done.trouble.kind, done.left) == (kind, False)
    assert os.listdir(tmp_path / "to") == []


def test_where_links_need_a_right_their_unit_is_refused(
    everywhere: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path / "root", {"u": HOLD})

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "a required privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", refuse)
    done = refused(copy(root, tmp_path / "to", "u"))
    assert done.trouble == Trouble("os", "u/sub/l", 1)
    assert os.listdir(tmp_path / "to") == []
