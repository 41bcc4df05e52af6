"""The two trees that scan times are measured on: many small files, and a deep tree with links."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DAY_NS = 86400 * 10**9
FANOUT = 256


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree that was built, and every name in it."""

    title: str
    top: Path
    names: tuple[str, ...]
    directories: int


def wide(top: Path, files: int) -> Tree:
    """`files` small files in 256 directories, as an HTTP cache has them."""
    names = [str(top)]
    os.makedirs(top)
    for bucket in range(FANOUT):
        folder = f"{top}/{bucket:02x}"
        os.mkdir(folder)
        names.append(folder)
        for number in range(bucket, files, FANOUT):
            names.append(f"{folder}/{number:064x}")
            _small(names[-1], number)
    return Tree(f"{files:,} small files in {FANOUT} directories", top, tuple(names), FANOUT + 1)


def deep(top: Path, entries: int) -> Tree:
    """`entries` names in a sixth as many directories, twelve levels deep, as package stores have them: for
    every hundred names twenty-one are hard links to another, and three are symbolic links."""
    names = [str(top)]
    os.makedirs(top)
    folders = [str(top)]
    for folder in _folders(str(top), entries * 4 // 25):
        os.mkdir(folder)
        folders.append(folder)
    names += folders[1:]
    last = ""
    for number in range(entries - len(folders) + 1):
        name = f"{folders[number * 7919 % len(folders)]}/f{number:06d}"
        if number % 100 < 3:
            os.symlink("../nowhere", name)
        elif number % 100 < 24 and last:
            os.link(last, name)
        else:
            _small(name, number)
            last = name if number % 100 > 70 else last
        names.append(name)
    return Tree(f"{entries:,} entries in {len(folders):,} directories", top, tuple(names), len(folders))


def age(tree: Tree) -> None:
    """Make everything look unread for two days, so that a `relatime` mount would record a reader."""
    for name in tree.names:
        when = os.lstat(name).st_mtime_ns
        os.utime(name, ns=(when - 2 * DAY_NS, when), follow_symlinks=False)


def access_times(tree: Tree) -> list[int]:
    """The access time of every file, directory and link, read without listing anything."""
    return [os.lstat(name).st_atime_ns for name in tree.names]


def _folders(top: str, count: int) -> Iterator[str]:
    """`count` directories, parents first: chains of eleven below each of many heads."""
    made = 0
    for head in range(count):
        path = f"{top}/h{head:05d}"
        for level in range(11):
            if made == count:
                return
            made += 1
            yield path
            path += f"/l{level:02d}"


def _small(name: str, number: int) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(descriptor, b"x" * (number % 5000 + 1))
    finally:
        os.close(descriptor)
