"""Depth and permissions cost what they must and no more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import tree
from tests.disk.reading import read
from tests.nobody import as_nobody, give_away, needs_permissions, public_directory
from tests.oracles import du

ROOT = Path(__file__).resolve().parents[2]

DEEP = """
import json, os, resource, sys
from pathlib import Path
from tests.disk.reading import read
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
found = read(Path(sys.argv[1]))
print(json.dumps([found.total.size, found.total.files, found.total.directories, len(found.problems)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="du of the GNU kind")
def test_a_tree_of_2000_levels_is_measured_with_128_descriptors(abyss: Path) -> None:
    root = tree(abyss / "root", {})
    handle = os.open(root, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("dddddddddd", dir_fd=handle)
        deeper = os.open("dddddddddd", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
    os.close(handle)

    argv = [sys.executable, "-c", DEEP, str(root)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [du(root), 1, 2000, 0]


@needs_permissions
def test_a_directory_that_cannot_be_read_is_a_gap_with_a_name_and_counts_its_own_blocks() -> None:
    with public_directory() as top:
        root = tree(top / "root", {"a": {"x": b"1" * 5000, "closed": {"y": b"2"}}, "shut": {"z": b"3"}})
        give_away(root)
        (root / "a" / "closed").chmod(0)
        (root / "shut").chmod(0)

        def look() -> list[object]:
            found = read(root)
            gaps = sorted((problem.code, problem.detail, problem.errno) for problem in found.problems)
            return [found.total.size, found.total.files, found.total.directories, gaps]

        size, files, directories, gaps = as_nobody(look)

        assert [tuple(gap) for gap in gaps] == [("unreadable", "a/closed", 13), ("unreadable", "shut", 13)]
        assert (files, directories) == (1, 3)
        for shut in (root / "a" / "closed", root / "shut"):
            shut.chmod(0o755)
        assert size == du(root) - du(root / "a" / "closed" / "y") - du(root / "shut" / "z")


@needs_permissions
def test_what_may_be_listed_and_not_looked_at_is_a_gap_for_each_name() -> None:
    with public_directory() as top:
        root = tree(top / "root", {"a": {"b": {"x": b"1", "y": b"2"}}, "z": b"3"})
        give_away(root)
        (root / "a" / "b").chmod(0o444)

        def look() -> list[object]:
            found = read(root)
            return [found.total.files, sorted(problem.detail for problem in found.problems)]

        assert as_nobody(look) == [1, ["a/b/x", "a/b/y"]]


@needs_permissions
def test_a_root_opens_below_a_directory_that_may_be_passed_and_not_listed() -> None:
    with public_directory() as top:
        root = tree(top / "way" / "root", {"x": b"1" * 5000})
        give_away(root)
        (top / "way").chmod(0o711)

        assert as_nobody(lambda: read(root).total.files) == 1
