"""While a run works, somebody exchanges what it looks at for links to look-alikes elsewhere."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adversary.conftest import Builder
from tests.adversary.judge import take
from tests.adversary.picture import Facts, Picture
from tests.adversary.stage import Stage
from tests.adversary.swapper import exchange
from tests.adversary.visit import FORCED, ROOT, visit

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="two names are exchanged by a call of POSIX systems"
)

Pair = tuple[Path, Path]


def decoys(stage: Stage, victims: Sequence[Path]) -> list[Pair]:
    """For each directory a link to a copy of it, outside. Copies have the same names and other inodes."""
    pairs: list[Pair] = []
    links = stage.top / "links"
    links.mkdir()
    for number, victim in enumerate(victims):
        copy = stage.outside / "decoys" / str(number)
        shutil.copytree(victim, copy, symlinks=True, copy_function=_copy, ignore=_special, dirs_exist_ok=True)
        (links / str(number)).symlink_to(copy)
        pairs.append((victim, links / str(number)))
    return pairs


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as content:
        Path(target).write_bytes(content.read(1000))


def _special(folder: str, names: list[str]) -> list[str]:
    """What is no file, no directory and no link; and what is too deep for a path."""
    odd = [name for name in names if not (path := Path(folder, name)).is_symlink() and not path.is_file()]
    return [name for name in odd if not Path(folder, name).is_dir() or name[:1] * len(name) == name]


@contextmanager
def swapping(stage: Stage, pairs: Sequence[Pair]) -> Iterator[None]:
    if not _can_exchange(stage):
        pytest.skip("this file system exchanges no names")
    file = stage.temp / "pairs"
    file.write_bytes(b"\n".join(os.fsencode(one) + b"\0" + os.fsencode(other) for one, other in pairs))
    command = [sys.executable, "-m", "tests.adversary.swapper", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as child:
        try:
            yield
        finally:
            assert child.stdin is not None
            child.stdin.close()
            child.wait(30)


def _can_exchange(stage: Stage) -> bool:
    one, other = stage.temp / "one", stage.temp / "other"
    one.touch()
    other.touch()
    return exchange(os.fsencode(one), os.fsencode(other))


def below_roots(stage: Stage) -> list[Path]:
    """Containers, units that are trees, and directories in those; none inside another."""
    chosen: list[Path] = []
    candidates = [path for path in stage.may if path.is_dir() and not path.is_symlink()]
    candidates += [path / "sub" for path in candidates if (path / "sub").is_dir()]
    candidates += [path.parent for path in stage.may if path.parent not in stage.roots]
    for path in stage.some(sorted(set(candidates), key=os.fspath), 40):
        if not any(path.is_relative_to(other) or other.is_relative_to(path) for other in chosen):
            chosen.append(path)
    return chosen


def lost(
    before: Picture, after: Picture, stage: Stage, *, units: bool, spare: Sequence[Path] = ()
) -> list[Path]:
    """Files and links that were there, whatever they were called, and are not any more. Without `units`
    those that a clear may take do not count."""
    kept = {path: facts for path, facts in before.entries.items() if not facts.directory}
    if not units:
        taken = {*stage.may, *spare}
        kept = {path: facts for path, facts in kept.items() if taken.isdisjoint((path, *path.parents))}
    there = {_same(facts) for facts in after.entries.values()}
    return [path for path, facts in kept.items() if _same(facts) not in there]


def _same(facts: Facts) -> tuple[object, ...]:
    return (facts.kind, facts.inode, facts.mode, facts.owner, facts.modified, facts.size, facts.content)


def assert_outside_is_untouched(stage: Stage, before: Picture, after: Picture) -> None:
    one, other = (Picture(stage.outside, picture.below(stage.outside)) for picture in (before, after))
    assert not one.changes(other, "kind", "mode", "owner", "modified", "inode", "size", "content")


ROUNDS = [("delete", 1), *(pytest.param(how, seed, marks=pytest.mark.soak)
    for seed in range(2, 14) for how in ("delete", "quarantine", "trash"))]  # fmt: skip


@pytest.mark.parametrize(("disposal", "seed"), ROUNDS)
def test_a_directory_that_keeps_turning_into_a_link_leads_nowhere(
    disposal: str, seed: int, staged: Builder
) -> None:
    stage = staged(seed=seed)
    pairs = decoys(stage, below_roots(stage))
    before = take(stage)

    with swapping(stage, pairs):
        visit(stage, "clear", "all", f"--{disposal}", *FORCED, "--yes", "--json")

    after = Picture.of(stage.top)
    assert_outside_is_untouched(stage, before, after)
    # A link inside of a unit, where a directory was a moment before, is a leaf of it and goes with it.
    inner = [link for victim, link in pairs if any(above in stage.may for above in victim.parents)]
    assert not lost(before, after, stage, units=disposal != "delete", spare=inner)
    assert len(after.entries) != len(before.entries), "nothing happened at all"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 8))
def test_roots_that_turn_into_links_after_the_plan_are_not_followed(seed: int, staged: Builder) -> None:
    stage = staged(seed=seed)
    roots = [root for root in stage.roots if not any(above in stage.roots for above in root.parents)]
    pairs = decoys(stage, roots)
    file = stage.temp / "plan.json"
    assert visit(stage, "clear", "all", "--delete", *FORCED, "--plan", str(file)).code == 0
    before = take(stage)

    with swapping(stage, pairs):
        visit(stage, "apply", str(file), "--yes", "--json")

    after = Picture.of(stage.top)
    assert_outside_is_untouched(stage, before, after)
    assert not lost(before, after, stage, units=False)


def test_what_became_a_link_since_the_plan_is_left_alone(stage: Stage) -> None:
    pairs = decoys(stage, [*below_roots(stage), stage.home / ".cache" / "pip", stage.home / "moved" / "uv"])
    file = stage.temp / "plan.json"
    assert visit(stage, "clear", "all", "--delete", *FORCED, "--plan", str(file)).code == 0
    for victim, link in pairs:
        assert exchange(os.fsencode(victim), os.fsencode(link))
    before = take(stage)

    said = visit(stage, "apply", str(file), "--yes", "--json")

    assert said.code == 1
    after = Picture.of(stage.top)
    assert_outside_is_untouched(stage, before, after)
    assert not lost(before, after, stage, units=False)
    for victim, link in pairs:
        assert victim.is_symlink()
        assert link.is_dir()
