"""What a project, a neighbour or a crash may leave in the way, and what must not come of it."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cachemgr import config
from cachemgr.catalogue import all_types
from cachemgr.domain.errors import Refused, Unavailable
from cachemgr.domain.machine import Platform
from cachemgr.domain.outcome import Totals
from cachemgr.domain.run_event import Announced, RunFinished
from cachemgr.domain.terms import CacheState, Disposal
from cachemgr.service import CacheManager
from tests.builders import HERE, Link, fingerprint, machine, tree
from tests.desk import FORCED, Clock

pytestmark = pytest.mark.skipif(HERE is Platform.WINDOWS, reason="POSIX links and FIFOs")


def look_at(home: Path, project: Path | None = None) -> CacheManager:
    """A service with the configuration that the project and the home hold."""
    computer = machine(home, cwd=home)
    settings = config.load(
        computer, project=project, config_file=None, user_dir=home / ".config" / "cachemgr"
    )
    return CacheManager(computer, all_types(), settings, project, home / ".local/state/cachemgr", Clock())


def clear_all(service: CacheManager, disposal: Disposal | None = None) -> RunFinished | None:
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries}
    plan = service.plan_clear(inventory, chosen, disposal=disposal, force=FORCED)
    events = list(service.execute(plan)) if plan.steps else []
    return next((event for event in events if isinstance(event, RunFinished)), None)


def thumbnails(home: Path) -> Path:
    """A registered cache with one tree and one file in it."""
    root = tree(home / "thumbs", {"tree": {"a": {"one": "1"}, "b": {"two": "2"}}, "file": "data"})
    tree(home / ".config" / "cachemgr", {"cachemgr.toml": f'[[cache]]\nname = "thumbs"\npath = "{root}"\n'})
    return root


def test_a_link_below_a_projects_home_leads_to_nothing_that_is_cleared(home: Path, project: Path) -> None:
    """The home was judged to lie in the project; a link in it may still lead anywhere."""
    elsewhere = tree(home.parent / "elsewhere", {"work": {"thesis": {"ch1": "x"}}, "zips": {"b.zip": "z"}})
    tree(project, {"hf": {"assets": Link(str(elsewhere))}, "th": {"hub": Link(str(elsewhere / "zips"))}})
    (project / "cachemgr.toml").write_text('[roots]\nhf_home = "hf"\ntorch_home = "th"\n')
    before = fingerprint(elsewhere)

    service = look_at(home, project)
    states = {
        cache.state
        for cache in service.inventory().caches
        if cache.path.is_symlink() and cache.type != "other"
    }
    clear_all(service, Disposal.DELETE)

    assert fingerprint(elsewhere) == before
    assert states == {CacheState.UNUSABLE}


def test_a_purge_deletes_what_the_run_set_aside_and_nothing_else(home: Path) -> None:
    root = thumbnails(home)
    service = look_at(home)
    clear_all(service, Disposal.QUARANTINE)
    (quarantine,) = root.glob(".cachemgr-quarantine-*")
    tree(quarantine, {"mine": {"notes.txt": "x"}, ".netrc": "secret"})
    numbers = sorted(name for name in os.listdir(quarantine) if name.isdigit())
    shutil.move(quarantine / numbers[0], home / "rescued")
    (quarantine / numbers[0]).write_text("other")

    outcomes = list(service.execute(service.plan_purge()))[-1]

    assert isinstance(outcomes, RunFinished)
    assert Totals.of(outcomes.outcomes).failed == 1
    left = set(os.listdir(quarantine)) - {".cachemgr"}
    assert left == {"mine", ".netrc", numbers[0]}


def test_what_is_written_to_a_tree_on_its_way_out_comes_back(home: Path) -> None:
    root = thumbnails(home)
    service = look_at(home)
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries}
    plan = service.plan_clear(inventory, chosen, disposal=Disposal.DELETE, force=FORCED)
    writer = os.open(root / "tree" / "a", os.O_RDONLY | os.O_DIRECTORY)

    for event in service.execute(plan):
        if isinstance(event, Announced) and event.phase == "purging":
            # Somebody had the directory open, and writes where it is now.
            os.close(os.open("precious", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=writer))
    os.close(writer)

    assert (root / "tree" / "a" / "precious").exists()
    assert (root / "tree" / "b" / "two").read_text() == "2"


def test_a_clear_keeps_what_another_run_set_aside_further_down(home: Path) -> None:
    root = thumbnails(home)
    clear_all(look_at(home), Disposal.QUARANTINE)
    outer = f'[[cache]]\nname = "outer"\npath = "{tree(home / "outer", {})}"\n'
    shutil.move(root, home / "outer" / "thumbs")
    (home / ".config" / "cachemgr" / "cachemgr.toml").write_text(outer)
    before = fingerprint(home / "outer" / "thumbs")

    clear_all(look_at(home), Disposal.DELETE)

    assert fingerprint(home / "outer" / "thumbs") == before


def test_a_journal_that_is_none_stops_nobody(home: Path) -> None:
    thumbnails(home)
    service = look_at(home)
    clear_all(service, Disposal.QUARANTINE)
    runs = service.state / "runs"
    os.mkfifo(runs / "20260101-000000-ab.jsonl")
    (runs / "20260101-000001-cd.jsonl").write_text("[" * 100_000)
    (runs / "20260101-000002-\x1b[31mred.jsonl").write_text((next(runs.glob("2*-*.jsonl"))).name)

    assert len(service.runs()) == 1


def test_a_state_directory_of_others_keeps_its_modes(home: Path, tmp_path: Path) -> None:
    root = thumbnails(home)
    shared = tree(tmp_path / "shared", {"theirs": "x"})
    shared.chmod(0o1777)
    service = look_at(home)
    stolen = CacheManager(
        service.machine,
        service.types,
        service.settings,
        None,
        shared,
        service.clock,
        invocation=("cachemgr",),
    )

    with pytest.raises(Unavailable, match="other users may write"):
        clear_all(stolen)

    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert (root / "file").exists()


def test_an_old_plan_is_refused_even_if_it_claims_more_time(home: Path) -> None:
    thumbnails(home)
    service = look_at(home)
    inventory = service.inventory()
    plan = service.plan_clear(inventory, {entry.id for entry in inventory.entries})
    late = service.clock() + timedelta(minutes=16)

    later = CacheManager(
        service.machine, service.types, service.settings, None, service.state, clock=lambda: late
    )
    with pytest.raises(Refused, match="15 minutes"):
        list(later.execute(plan))
