"""Roots that are not what they should be: none of them is worked in, whatever is asked for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adversary.build import APPLICATIONS, configure, sentinels
from tests.adversary.conftest import Builder
from tests.adversary.judge import take, trespasses
from tests.adversary.stage import Stage
from tests.adversary.visit import FORCED, visit

HOME = (
    *(".cache/huggingface/hub", ".cache/huggingface/xet", ".cache/huggingface/datasets"),
    *(".cache/huggingface/assets", ".cache/huggingface/modules", ".cache/torch/hub", ".cache/whisper"),
    *(".ollama/models", ".cache/pip", ".cache/uv", "moved/hub", "moved/transformers", "moved/ollama"),
    *("moved/uv", "moved/tiktoken"),
)
PROJECT = (
    *(".cache/huggingface/hub", ".cache/huggingface/assets", ".cache/torch/hub", ".cache/mlx", "models"),
    *("dist/tiktoken-cache", "shared/model-cache", ".questfoundry/cache", *APPLICATIONS.values()),
)

NAMED = (*APPLICATIONS.values(), "shared/model-cache")

Root = Callable[[Stage, Path], object]


def _work(stage: Stage) -> Path:
    """A directory outside in which places are called as in caches, and hold what is somebody's own."""
    work = stage.outside / f"work-{len(os.listdir(stage.outside))}"
    for name in ("thesis.txt", "ab/notes.json", "checkpoints/readme", "blobs/a", "models/a/b/c", "logs/x"):
        stage.file(work / name, "mine")
    return work


ROOTS: dict[str, Root] = {
    "link to somebody's work": lambda stage, path: path.symlink_to(_work(stage)),
    "link to the home": lambda stage, path: path.symlink_to(stage.home),
    "link upwards": lambda stage, path: path.symlink_to(".."),
    "pipe": lambda stage, path: stage.fifo(path),
    "link to the project": lambda stage, path: path.symlink_to(stage.project),
    "link to /": lambda stage, path: path.symlink_to("/"),
    "link to itself": lambda stage, path: path.symlink_to(path.name),
    "link to nothing": lambda stage, path: path.symlink_to("no/such/thing"),
    "link to a file": lambda stage, path: path.symlink_to(stage.outside / "precious.txt"),
    "link to keys": lambda stage, path: path.symlink_to(stage.home / ".ssh"),
    "link to our own records": lambda stage, path: path.symlink_to(stage.state),
    "socket": lambda stage, path: stage.socket(path),
    "file": lambda stage, path: stage.file(path),
    "somebody's work": lambda stage, path: stage.file(path / "thesis.txt"),
}
FEW = ("link to somebody's work", "pipe")


@pytest.mark.parametrize(
    "kind", [name if name in FEW else pytest.param(name, marks=pytest.mark.soak) for name in ROOTS]
)
def test_what_is_no_cache_is_not_worked_in(kind: str, tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("links and pipes of a POSIX system")
    stage = Stage(tmp_path / "stage")
    sentinels(stage)
    configure(stage)
    (stage.state / "runs").mkdir(parents=True)
    # What a project configures by name is a cache whatever is in it: that is what naming it means.
    named = NAMED if kind == "somebody's work" else ()
    places = [stage.home / place for place in HOME]
    places += [stage.project / place for place in PROJECT if place not in named]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        ROOTS[kind](stage, place)
    before = take(stage)

    visit(stage, "clear", "all", "--delete", *FORCED, "--yes", "--json")
    visit(stage, "status", "--json")

    assert not trespasses(stage, before, take(stage), ())


def test_a_link_in_a_project_to_a_cache_elsewhere_is_not_followed(staged: Builder) -> None:
    """What it leads to is a real cache; but it is not the project's to name."""
    stage = staged()
    for root, kind in stage.roots.items():
        # The user's own configuration names what lies in that one.
        if root.is_relative_to(stage.project) and kind not in ("nested", "tmdb"):
            stage.link_out(root)
    before = take(stage)

    said = visit(stage, "clear", "all", "--delete", *FORCED, "--yes", "--json")

    assert said.code in (0, 1)
    assert not trespasses(stage, before, take(stage), stage.may)
    caches = visit(stage, "status", "--json").document["caches"]
    there = {cache["type"] for cache in caches if cache["place"] == "project" and cache["state"] == "ok"}
    assert there - {"other"} == {"tmdb"}
