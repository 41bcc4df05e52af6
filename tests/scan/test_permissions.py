"""What permissions forbid is left out of a plan instead of failing in its run."""

from pathlib import Path
from typing import Any

import pytest

from cachemgr.domain.terms import Disposal
from cachemgr.present.text import exclusion_sentence
from tests.builders import Node, tree
from tests.managers import carry_out, manager
from tests.nobody import as_nobody, give_away, needs_permissions, public_directory

pytestmark = needs_permissions


def planned(home: Path, disposal: Disposal) -> Any:
    """What a run of the plan did, and what stayed and why."""
    service = manager(home)
    inventory = service.inventory()
    plan = service.plan_clear(inventory, set(inventory.entry_by_id), disposal=disposal)
    stays = {one.entry: exclusion_sentence(one) for one in plan.exclusions}
    done = [one.status.value for one in carry_out(service, plan)] if plan.steps else []
    return [stays, done]


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
@pytest.mark.parametrize(
    ("closed", "stays"),
    [
        ("hub", {"checkpoints/a.pth": "hub", "pytorch_vision_v0.10.0": "hub"}),
        ("hub/checkpoints", {"checkpoints/a.pth": "checkpoints"}),
        ("hub/pytorch_vision_v0.10.0", {"pytorch_vision_v0.10.0": "pytorch_vision_v0.10.0"}),
        ("hub/pytorch_vision_v0.10.0/src", {"pytorch_vision_v0.10.0": "pytorch_vision_v0.10.0/src"}),
    ],
)
def test_what_cannot_be_taken_out_of_its_directory_stays_and_names_it(
    closed: str, stays: dict[str, str], disposal: Disposal, home: Path
) -> None:
    # Nobody may be kept from reading this interpreter: what is imported late has to be in memory.
    planned(tree(home, {".cache/torch/hub/checkpoints/c.pth": "x"}), disposal)
    with public_directory() as place:
        repository: dict[str, Node] = {"hubconf.py": "x", "src": {"model.py": "y"}}
        files: dict[str, Node] = {"checkpoints/a.pth": b"x" * 9000, "pytorch_vision_v0.10.0": repository}
        tree(place / "home" / ".cache" / "torch" / "hub", files)
        give_away(place)
        (place / "home" / ".cache" / "torch" / closed).chmod(0o555)

        left_out, done = as_nobody(lambda: planned(place / "home", disposal))

    why = "nothing can be taken out of a directory that is not writable"
    assert left_out == {f"torch-hub@home:{name}": f"{why} ({where})" for name, where in stays.items()}
    assert set(done) <= {"done"}
    assert bool(done) == (closed != "hub")
