"""Caches of answers that other libraries keep: looked at, cleared as planned, and otherwise not changed by a
byte; never unpickled."""

from pathlib import Path

import pytest

from tests.builders import tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid
from tests.databases import every_kind
from tests.desk import picture

LOOKS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("ls", "all", "--json"),
    ("clear", "all", "--dry-run", "--json"),
    ("expire", "--older-than", "0s", "--min-age", "0s", "--dry-run", "--json"),
    ("expire", "--ttl", "--yes"),
    ("expire", "--policy", "responses-ttl", "--yes"),
    ("expire", "--unused-for", "90d", "--yes"),
)
ON_A_DIRECTORY: tuple[tuple[str, ...], ...] = (
    ("stats",),
    ("expire", "--yes"),
    ("expire", "--older-than", "0s", "--never-expiring", "--force", "--yes"),
    ("verify", "--repair", "--yes"),
    ("convert", "--to", "sqlite"),
)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What is there once something was unpickled."""
    return tmp_path / "unpickled"


@pytest.fixture
def places(project: Path, mark: Path) -> dict[str, Path]:
    found = every_kind(project, mark)
    named = [
        f'[[cache]]\nname = "{kind}"\npath = "{place.name}"\n'
        for kind, place in found.items()
        if kind in ("langchain", "diskcache")
    ]
    tree(project, {"cachemgr.toml": "".join(named)})
    return found


def files(place: Path) -> set[str]:
    return {str(path) for path in place.rglob("*") if path.is_file() and ".cachemgr" not in str(path)}


def test_looking_and_rules_that_do_not_hold_change_nothing(
    places: dict[str, Path], mark: Path, cachemgr: Program
) -> None:
    before = picture(*places.values())
    for words in LOOKS:
        assert cachemgr(*words).code == 0, words
        assert picture(*places.values()) == before, words
    document = valid(cachemgr("status", "--json").out, "status")
    assert places.keys() <= {cache["type"] for cache in document["caches"]}
    assert not mark.exists()


def test_none_of_them_is_taken_for_a_response_cache_of_ours(
    places: dict[str, Path], mark: Path, cachemgr: Program
) -> None:
    before = picture(*places.values())
    for kind, place in places.items():
        for words in ON_A_DIRECTORY:
            assert cachemgr("responses", *words, "--dir", str(place)).code == 3, (kind, words)
        assert picture(*places.values()) == before, kind


def test_a_cache_of_ours_is_not_copied_over_one(places: dict[str, Path], cachemgr: Program) -> None:
    from cachemgr.responses import open_cache

    with open_cache({"cache_dir": "ours", "cleanup_interval_seconds": 0}) as cache:
        cache.set("a", "x")
    before = picture(*places.values())
    for place in places.values():
        for backend in ("file", "sqlite"):
            words = ("--to", backend, "--dir", "ours", "--out", str(place))
            assert cachemgr("responses", "convert", *words).code == 4
    assert picture(*places.values()) == before


@pytest.mark.parametrize("disposal", ["--quarantine", "--delete"])
def test_what_is_planned_goes_whole_and_nothing_else(
    disposal: str, places: dict[str, Path], mark: Path, cachemgr: Program
) -> None:
    for kind, place in places.items():
        others = [other for other in places.values() if other != place]
        before, mine = picture(*others), files(place)
        words = ("clear", kind, disposal, "--force", "in-use")
        plan = valid(cachemgr(*words, "--dry-run", "--json").out, "plan")
        wanted = {step["path"] for step in plan["steps"] if step["action"] != "tidy"}
        said = cachemgr(*words, "--yes")
        assert said.code == 0, (kind, said.err)
        gone = mine - files(place)
        assert gone, kind
        assert {name for name in gone if not wanted & {name, *map(str, Path(name).parents)}} == set(), kind
        assert wanted <= gone | {str(parent) for name in gone for parent in Path(name).parents}, kind
        assert picture(*others) == before, kind
    assert not mark.exists()
