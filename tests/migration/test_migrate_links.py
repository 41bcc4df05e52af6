"""A link at the old place of a cache, and what lies beside it."""

import sys
from pathlib import Path

import pytest

from cachemgr.domain.action import Remove
from cachemgr.domain.errors import Refused
from cachemgr.domain.terms import Rule, Status
from tests.desk import carry_out
from tests.managers import manager
from tests.migration.ground import Ground, ground, look, told


@pytest.fixture
def found(home: Path, project: Path) -> Ground:
    return ground(home, project)


def test_a_link_takes_the_old_place(found: Ground, elsewhere: Path) -> None:
    before, whole = told(found.hub.scan()), look(found.hub.root.parent)

    plan = found.plan(to=elsewhere / "hub", link=True)
    done = carry_out(found.service, plan)

    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert found.hub.root.is_symlink()
    assert found.hub.root.resolve() == elsewhere / "hub"
    assert told(found.hub.scan()) == before
    (aside,) = (one for one in found.service.inventory().findings if one.code == "quarantine")
    assert (aside.cache, aside.fix) == ("huggingface-hub@home", ("cachemgr", "purge", done.run))
    assert aside.size == sum(
        one.moved for one in done.outcomes if isinstance(plan.steps[one.number].action, Remove)
    )

    undone = carry_out(found.service, found.service.plan_undo())

    assert set(undone.statuses) == {Status.DONE}, [one for one in undone.outcomes if one.trouble]
    assert look(found.hub.root.parent) == whole
    assert list(elsewhere.iterdir()) == []


def test_after_a_purge_the_link_is_in_the_way_back(found: Ground, elsewhere: Path) -> None:
    before, hub = told(found.hub.scan()), type(found.hub)(elsewhere / "hub")
    done = carry_out(found.service, found.plan(to=hub.root, link=True))
    carry_out(found.service, found.service.plan_purge(done.run))

    with pytest.raises(
        Refused, match=f"remove the link {found.hub.root} and migrate it with --to {found.hub.root}"
    ):
        found.service.plan_undo(done.run)
    found.hub.root.unlink()
    service = manager(found.home, found.project, roots={"huggingface-hub": hub.root})
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries if entry.cache == "huggingface-hub@custom"}
    back = service.plan_migrate(inventory, chosen, to=found.hub.root, force=[Rule.IN_USE])

    assert set(carry_out(service, back).statuses) == {Status.DONE}
    assert told(found.hub.scan()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="there a backslash divides names")
def test_a_link_whose_text_has_backslashes_is_a_link_like_any_other(found: Ground, elsewhere: Path) -> None:
    link = found.hub.folder("ada/two") / "odd"
    link.symlink_to("..\\..\\..\\nothing")

    done = carry_out(found.service, found.plan(to=elsewhere / "hub"))

    assert set(done.statuses) == {Status.DONE}, [one for one in done.outcomes if one.trouble]
    assert (elsewhere / "hub" / link.parent.name / "odd").readlink() == Path("..\\..\\..\\nothing")


def test_a_way_round_through_its_own_repository_is_a_link_into_the_other(
    found: Ground, elsewhere: Path
) -> None:
    """`…/models--ada--two/../models--bob--all/…`: where it leads would stay behind."""
    own, other = found.hub.folder("ada/two"), found.hub.folder("bob/all")
    (own / "around").symlink_to(f"{own}/../{other.name}/refs/main")

    plan = found.plan("huggingface-hub@home:models/ada/two", to=elsewhere / "hub")

    assert plan.steps == ()
    assert {one.detail for one in plan.exclusions} == {f"{other.name}/refs/main"}
