"""Which directory around us is the project."""

import os
from pathlib import Path

import pytest

from cachemgr.config import find_project
from tests.builders import tree
from tests.config.projects import Ground

ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to give files away"
)


def deep(ground: Ground) -> Path:
    path = ground.project / "a" / "b"
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize("file", ["own", "hardware", "caching"])
def test_the_nearest_parent_with_a_configuration_is_the_project(ground: Ground, file: str) -> None:
    getattr(ground, file)(*(["si = true"] if file == "own" else []))

    assert find_project(deep(ground), ground.home) == ground.project
    assert find_project(ground.project, ground.home) == ground.project


def test_the_innermost_configuration_wins(ground: Ground) -> None:
    ground.own("si = true")
    inner = deep(ground)
    (inner / "cachemgr.toml").write_text("si = false")

    assert find_project(inner, ground.home) == inner


def test_without_a_configuration_there_is_no_project(ground: Ground) -> None:
    assert find_project(deep(ground), ground.home) is None


@pytest.mark.parametrize("text", ["{}", '{"gpu": {}}', "[]"])
def test_a_hardware_cache_without_the_section_makes_no_project(ground: Ground, text: str) -> None:
    ground.hardware_text(text)

    assert find_project(ground.project, ground.home) is None


def test_a_broken_hardware_cache_makes_one_so_that_its_mistake_is_told(ground: Ground) -> None:
    ground.hardware_text("{")

    assert find_project(ground.project, ground.home) == ground.project


def test_the_home_is_a_project_only_with_our_own_file(ground: Ground) -> None:
    ground.project = ground.home
    ground.hardware()
    ground.caching()
    before = find_project(ground.home, ground.home)
    ground.own("si = true")

    assert before is None
    assert find_project(ground.home, ground.home) == ground.home


def test_home_is_recognised_whatever_it_is_called(ground: Ground, tmp_path: Path) -> None:
    alias = tmp_path / "alias"
    alias.symlink_to(ground.home)
    ground.project = ground.home
    ground.caching()

    assert find_project(alias, ground.home) is None


@ROOT
def test_somebody_elses_file_makes_no_project(ground: Ground) -> None:
    ground.own("si = true")
    os.chown(ground.project / "cachemgr.toml", 65534, 65534)

    assert find_project(deep(ground), ground.home) is None


@ROOT
@pytest.mark.parametrize("link", ["cachemgr.toml", "config", "config/hardware_cache.json"])
def test_somebody_elses_link_to_ones_own_file_makes_none_either(ground: Ground, link: str) -> None:
    """Its author would decide from where the paths in it count."""
    tree(ground.project, {"cachemgr.toml": "", "config/hardware_cache.json": '{"cache": {}}'})
    there = tree(ground.project.parent / "there", {"config": {}} if "/" in link else {})
    (there / link).symlink_to(ground.project / link)
    assert find_project(there, ground.home) == there
    os.lchown(there / link, 65534, 65534)
    assert find_project(there, ground.home) is None
