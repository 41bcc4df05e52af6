"""A legacy place that still holds something is found with its size, and its command works."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from cachemgr import config
from cachemgr.domain.inventory import Finding
from cachemgr.domain.target import select
from cachemgr.domain.terms import Disposal, Rule, Status
from cachemgr.service import CacheManager
from tests.builders import Node, fingerprint, machine, tree
from tests.managers import carry_out, manager, now
from tests.oracles import du

CONTENT: dict[str, Node] = {
    "bert": {"weights.bin": b"w" * 20_000, "again.bin": b"a" * 5000},
    "old.ckpt": b"c" * 9000,
}


def legacy(service: CacheManager) -> list[Finding]:
    return [finding for finding in service.inventory().findings if finding.code == "legacy-location"]


def run(service: CacheManager, argv: Sequence[str]) -> None:
    """Do what `cachemgr clear CACHE --quarantine` asks for."""
    program, verb, target, flag = argv
    assert (program, verb, flag) == ("cachemgr", "clear", "--quarantine")
    inventory = service.inventory()
    plan = service.plan_clear(inventory, select(inventory, (target,)).entries, disposal=Disposal.QUARANTINE)
    assert plan.exclusions == ()
    assert {outcome.status for outcome in carry_out(service, plan)} == {Status.DONE}


@pytest.fixture
def follows(home: Path, project: Path) -> CacheManager:
    """A project with the document's `hardware_cache.json`."""
    document = {"cache": {"hf_home": ".cache/huggingface", "torch_home": ".cache/torch"}}
    tree(project, {"config": {"hardware_cache.json": json.dumps(document)}})
    here = machine(home, cwd=project)
    settings = config.load(here, project=project, config_file=None, user_dir=home / ".config" / "cachemgr")
    service = manager(home, project)
    return CacheManager(here, service.types, settings, project, service.state, now)


def test_a_leftover_model_cache_is_found_with_its_size_and_its_command_empties_it(
    follows: CacheManager, project: Path
) -> None:
    place = tree(project / "shared" / "model-cache", CONTENT)
    before = fingerprint(place)
    size = du(place)

    (finding,) = legacy(follows)

    assert (finding.path, finding.size) == (place, size)
    run(follows, finding.fix)
    assert [path.name for path in place.iterdir() if not path.name.startswith(".cachemgr")] == []
    assert legacy(follows) == []
    carry_out(follows, follows.plan_undo())
    assert fingerprint(place) == before
    assert len(legacy(follows)) == 1


def test_where_clearing_would_be_refused_the_command_is_to_look(home: Path, project: Path) -> None:
    """Without the convention nothing says that `shared/model-cache` is what its name says."""
    tree(project / "shared" / "model-cache", CONTENT)

    (finding,) = legacy(manager(home, project))

    assert finding.fix == ("cachemgr", "ls", finding.cache)


def test_an_empty_legacy_place_is_no_finding(follows: CacheManager, project: Path) -> None:
    tree(project / "shared" / "model-cache", {})
    assert legacy(follows) == []


def test_what_the_successor_would_know_is_to_be_migrated(follows: CacheManager, project: Path) -> None:
    place = tree(project / "shared" / "model-cache", {"models--ada--x": {"blobs/a": b"a"}, **CONTENT})
    (finding,) = legacy(follows)
    assert finding.fix == ("cachemgr", "migrate", "model-cache@legacy")

    inventory = follows.inventory()
    chosen = select(inventory, ("model-cache@legacy",)).entries
    plan = follows.plan_migrate(inventory, chosen, targets=("model-cache@legacy",), force=[Rule.IN_USE])

    assert {outcome.status for outcome in carry_out(follows, plan)} == {Status.DONE}
    assert (project / ".cache/huggingface/hub/models--ada--x/blobs/a").read_bytes() == b"a"
    assert sorted(path.name for path in place.iterdir()) == ["bert", "old.ckpt"]
    assert {exclusion.detail for exclusion in plan.exclusions} == {"unfit"}
