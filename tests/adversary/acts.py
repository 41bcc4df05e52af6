"""What is planted in a cache: hostile things at each of its levels and in trees that are entries."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.adversary.names import HOSTILE
from tests.adversary.stage import Stage
from tests.adversary.things import CREDENTIALS, Thing, every_thing, plant


@dataclass(frozen=True)
class Act:
    """One cache with what can be done in it."""

    kind: str
    """Its cache type."""
    root: Path
    levels: tuple[str, ...] = ("",)
    """Directories below the root in which whatever nobody knows must stay."""
    tree: Callable[[str], str] | None = None
    """The name of an entry that is a tree, made from a word."""
    file: Callable[[bytes], bytes] | None = None
    """The name of an entry that is a file, made from a hostile one."""
    marker: str = ""
    """A file that a tree has to hold."""
    packed: bool = False
    """Other people packed the trees, so that a credential's name in one is none."""
    everything: bool = False
    """Whatever is a file or a tree in the root is an entry, under any name."""


def perform(stage: Stage, act: Act) -> None:
    """Plant, into levels and trees, all there is or a seeded part of it."""
    things = every_thing()
    for number, level in enumerate(act.levels):
        folder = act.root / level
        folder.mkdir(parents=True, exist_ok=True)
        for thing in stage.some(things, 9):
            before = set(os.listdir(folder))
            plant(stage, thing, folder)
            if act.everything and not number:
                for name in set(os.listdir(folder)) - before:
                    _maybe_an_entry(stage, folder / name, thing)
    if act.tree is not None:
        for thing in stage.some(things, 6):
            _tree(stage, act, thing)
    if act.file is not None:
        for hostile in stage.some(HOSTILE, 5):
            name = os.fsdecode(act.file(hostile.name))
            stage.unit(stage.file(act.root / name, b"w" * 5000), clean=True)


def _maybe_an_entry(stage: Stage, path: Path, thing: Thing) -> None:
    """In a cache of which nothing is known, what is a file or a tree and no secret, and has no dot."""
    regular = path.is_dir() or path.is_file()
    if regular and not (path.is_symlink() or thing.keeps or path.name.startswith(".")):
        stage.unit(path)


def _tree(stage: Stage, act: Act, thing: Thing) -> None:
    assert act.tree is not None
    top = act.root / act.tree(thing.name)
    if top.exists():
        return
    stage.file(top / "data.bin", b"d" * 9000)
    stage.file(top / "sub" / "more.bin", b"m" * 5000)
    if act.marker:
        stage.file(top / act.marker, "")
    planted = plant(stage, thing, top / "sub")
    if not planted or not thing.keeps or (act.packed and thing.foreign_names):
        stage.unit(top)


def secrets(stage: Stage, folder: Path) -> None:
    """A credential of each kind."""
    for name in CREDENTIALS:
        stage.file(folder / name, "sk-secret-that-nobody-may-print")
