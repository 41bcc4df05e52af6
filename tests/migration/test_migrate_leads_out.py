"""A project may bring a link to anywhere: by default nothing moves through it; whoever names it means it."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cachemgr.domain.errors import Refused
from cachemgr.domain.inventory import Origin
from cachemgr.domain.run_event import RunFinished
from cachemgr.domain.settings import HomeSetting, Settings
from cachemgr.domain.terms import Place, Status
from tests.builders import fingerprint, tree
from tests.desk import carry_out
from tests.migration.ground import Ground, ground

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links to directories need a right there")


@pytest.fixture
def found(home: Path, project: Path, tmp_path: Path) -> Ground:
    (project / ".cache").symlink_to(tree(tmp_path / "mine", {}))
    return ground(home, project)


@pytest.mark.parametrize("said", [None, Place.PROJECT, Place.CUSTOM], ids=["usual", "project", "user"])
def test_by_default_nothing_moves_through_a_link_of_the_projects(
    said: Place | None, found: Ground, tmp_path: Path
) -> None:
    before = fingerprint(found.home)
    service, place = found.service, found.there.root
    if said is not None:
        home = HomeSetting("hf_home", place.parent, Origin("cachemgr.toml", "roots.hf_home"), said)
        service = replace(service, settings=Settings(homes=(home,)))
    inventory = service.inventory()
    cache = next(one for one in inventory.caches if one.id == "huggingface-hub@home")
    chosen = {entry.id for entry in inventory.entries if entry.cache == cache.id}

    known = [one.path for one in service.migration.places(inventory, cache)]
    options = [one.path for one in service.migration.options(inventory, chosen)]
    if said is Place.CUSTOM:
        # Somebody's own configuration names it on purpose.
        assert (place in known, options) == (True, [place])
        assert service.plan_migrate(inventory, chosen).steps
        return
    assert (place in known, options) == (False, [])
    with pytest.raises(Refused, match="through a link that leads out of the project"):
        service.plan_migrate(inventory, chosen)
    assert fingerprint(found.home) == before
    assert list((tmp_path / "mine").iterdir()) == []


def test_whoever_names_the_place_means_it(found: Ground, tmp_path: Path) -> None:
    done = carry_out(found.service, found.plan(to=found.there.root))

    assert set(done.statuses) == {Status.DONE}
    assert (tmp_path / "mine" / "huggingface" / "hub").is_dir()


@pytest.mark.parametrize("saved", [False, True])
def test_a_plan_moves_nothing_once_the_link_is_turned(saved: bool, found: Ground, tmp_path: Path) -> None:
    (found.project / ".cache").unlink()
    plan = found.plan()
    (found.project / ".cache").symlink_to(tmp_path / "mine")
    before = fingerprint(found.hub.root)

    try:
        *_, last = found.service.execute(plan, saved=saved)
    except Refused:
        assert saved
    else:
        assert isinstance(last, RunFinished)
        assert Status.DONE not in {one.status for one in last.outcomes}

    assert fingerprint(found.hub.root) == before
    assert list((tmp_path / "mine").iterdir()) == []
