"""`cachemgr recover`: what it shows, what it does when asked, and how it refuses."""

import json
import os
import sys
from pathlib import Path

import pytest

from cachemgr.__main__ import Composer
from cachemgr.cli.session import Options
from cachemgr.domain.run_event import Announced, Phase, StepStarted
from cachemgr.domain.terms import Disposal, Rule
from cachemgr.service import CacheManager
from tests.builders import fingerprint
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid
from tests.desk import drop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")


@pytest.fixture
def service(caches: Path, home: Path) -> CacheManager:
    return Composer().service(Options(project=caches, home=home))


def interrupt(service: CacheManager, disposal: Disposal, *, deleting: bool = False) -> str:
    """Clearing the TMDB cache, given up after its second entry or after its deletion was announced."""
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries if entry.cache == "tmdb@project"}
    # Where some process cannot be looked at, what costs money would stay.
    force = (Rule.IN_USE,)
    plan = service.plan_clear(inventory, chosen, disposal=disposal, targets=("tmdb",), force=force)
    events = service.execute(plan)
    for event in events:
        if deleting and isinstance(event, Announced) and event.phase is Phase.PURGING:
            break
        if not deleting and isinstance(event, StepStarted) and event.number == 2:
            break
    drop(events)
    return service.interrupted()[0].id


def there(caches: Path) -> dict[str, object]:
    """What is in the cache; its own times nobody can vouch for once a run was cut short."""
    return {name: facts for name, facts in fingerprint(caches / "out" / "tmdb").items() if name != "."}


def test_nothing_to_recover_is_said_and_no_error(cachemgr: Program, caches: Path) -> None:
    for arguments in (("recover",), ("recover", "--finish"), ("recover", "--rollback", "--yes")):
        said = cachemgr(*arguments)
        assert (said.code, said.out, said.err) == (0, "No run waits for its recovery.\n", "")
        assert valid(cachemgr(*arguments, "--json").out, "recover")["runs"] == []


def test_the_list_names_each_run_and_the_commands_for_it(
    cachemgr: Program, caches: Path, home: Path, service: CacheManager
) -> None:
    run = interrupt(service, Disposal.DELETE)
    before = fingerprint(home), fingerprint(caches)
    said = cachemgr("recover", "--home", str(home), "--project", str(caches))
    assert said.code == 0
    assert f"cachemgr --home {home} --project {caches} recover {run} --finish" in said.out
    assert f"cachemgr --home {home} --project {caches} recover {run} --rollback" in said.out
    assert cachemgr("recover", "--quiet").out == f"{run}\n"
    (document,) = valid(cachemgr("recover", "--json").out, "recover")["runs"]
    assert document["counts"] == {"done": 0, "not_done": 0, "unknown": 3, "untouched": 0}
    assert document["finish"] == ["cachemgr", "recover", run, "--finish"]
    assert document["roll_back"] == ["cachemgr", "recover", run, "--rollback"]
    assert "steps" not in document
    assert (fingerprint(home), fingerprint(caches)) == before


def test_a_run_is_told_step_by_step_with_the_place_of_each_thing(
    cachemgr: Program, caches: Path, service: CacheManager
) -> None:
    run = interrupt(service, Disposal.QUARANTINE)
    said = cachemgr("recover", run[:-2])
    assert said.code == 0
    assert "2 done, 1 untouched\n" in said.out
    assert said.out.count("in the quarantine") == 2
    (document,) = valid(cachemgr("recover", run, "--json").out, "recover")["runs"]
    steps = [(step["state"], step["where"]) for step in document["steps"]]
    assert steps == [("done", "quarantine"), ("done", "quarantine"), ("unknown", "place")]
    assert "\x1b" not in said.out


@pytest.mark.parametrize("disposal", [Disposal.DELETE, Disposal.QUARANTINE])
def test_finish_does_the_rest(
    disposal: Disposal, cachemgr: Program, caches: Path, service: CacheManager
) -> None:
    before = there(caches)
    run = interrupt(service, disposal)
    planned = valid(cachemgr("recover", run, "--finish", "--dry-run", "--json").out, "plan")
    assert planned["intent"] == "finish"
    assert there(caches) != before
    assert cachemgr("recover", run, "--finish").code == 7
    result = valid(cachemgr("recover", run, "--finish", "--yes", "--json").out, "result")
    assert result["totals"]["done"] == len(planned["steps"])
    assert [name for name in os.listdir(caches / "out" / "tmdb") if not name.startswith(".cachemgr")] == []
    runs = valid(cachemgr("history", "--json").out, "history")["runs"]
    assert [one["state"] for one in runs] == ["finished", "recovered"]
    if disposal is Disposal.QUARANTINE:
        assert cachemgr("undo", run, "--yes").code == 0
        assert there(caches) == before


def test_rollback_brings_back_what_was_moved(cachemgr: Program, caches: Path, service: CacheManager) -> None:
    before = there(caches)
    run = interrupt(service, Disposal.DELETE)
    assert there(caches) != before
    lines = cachemgr("recover", "--rollback", "--yes", "--events").out.splitlines()
    assert valid(lines[-1], "event")["event"] == "run-finished"
    assert there(caches) == before
    assert "rolled back" in cachemgr("history").out
    assert cachemgr("recover").out == "No run waits for its recovery.\n"
    again = cachemgr("recover", run, "--rollback", "--yes")
    assert (again.code, there(caches)) == (0, before)


def test_a_saved_recovery_is_applied(
    cachemgr: Program, caches: Path, service: CacheManager, tmp_path: Path
) -> None:
    run = interrupt(service, Disposal.DELETE)
    file = tmp_path / "plan.json"
    assert cachemgr("recover", run, "--finish", "--plan", str(file)).code == 0
    assert cachemgr("apply", str(file), "--yes").code == 0
    assert os.listdir(caches / "out" / "tmdb") == []
    assert cachemgr("apply", str(file), "--yes").code == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("{run}", "--rollback", "--yes"), 4, "recover {run} --finish"),
        (("{run}", "--finish", "--rollback"), 2, "exclude each other"),
        (("{run}", "--yes"), 2, "Say --finish or --rollback"),
        (("{run}", "--plan", "-"), 2, "Say --finish or --rollback"),
        (("20200101",), 3, "no run is called"),
        (("{run}", "--finish", "--yes", "--read-only"), 4, "--read-only"),
    ],
)
def test_what_cannot_be_is_one_sentence_with_the_way_out(
    arguments: tuple[str, ...],
    code: int,
    words: str,
    cachemgr: Program,
    caches: Path,
    service: CacheManager,
) -> None:
    run = interrupt(service, Disposal.DELETE, deleting=True)
    before = fingerprint(caches)
    asked = [word.format(run=run) for word in arguments]
    said = cachemgr("recover", *asked)
    assert said.code == code
    assert words.format(run=run) in said.err
    assert said.err.count("\n") == 1
    assert cachemgr("recover", *asked, "--json").code == code
    assert fingerprint(caches) == before


def test_another_run_there_is_refused_with_the_command_that_goes_first(
    cachemgr: Program, caches: Path, home: Path, service: CacheManager
) -> None:
    run = interrupt(service, Disposal.DELETE)
    options = ("--home", str(home), "--project", str(caches))
    before = there(caches)
    said = cachemgr(*options, "clear", "tmdb", "--yes")
    assert said.code == 4
    assert f"see `cachemgr --home {home} --project {caches} recover {run}` first" in said.err
    assert cachemgr(*options, "clear", "tmdb", "--dry-run").code == 0
    assert there(caches) == before
    assert cachemgr(*options, "clear", "torch-hub", "--yes").code == 0
    status = json.loads(cachemgr(*options, "status", "--json").out)
    (finding,) = (one for one in status["findings"] if one["code"] == "interrupted-run")
    assert finding["fix"] == ["cachemgr", *options, "recover", run]


def test_of_several_one_has_to_be_named(cachemgr: Program, caches: Path, service: CacheManager) -> None:
    first = interrupt(service, Disposal.DELETE)
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries if entry.cache == "torch-hub@home"}
    events = service.execute(service.plan_clear(inventory, chosen))
    assert any(isinstance(event, StepStarted) for event in events)
    drop(events)
    assert cachemgr("recover", "--quiet").out.split()[-1] == first
    said = cachemgr("recover", "--finish", "--yes")
    assert (said.code, "2 runs were interrupted; name one" in said.err) == (2, True)


def test_an_undo_that_names_no_run_decides_nothing_about_an_interrupted_one(
    cachemgr: Program, caches: Path, service: CacheManager
) -> None:
    run = interrupt(service, Disposal.QUARANTINE)
    before = fingerprint(caches)

    said = cachemgr("undo", "--yes")

    assert (said.code, fingerprint(caches)) == (4, before)
    assert said.err == f"cachemgr: run {run} was interrupted; see `cachemgr recover {run}` first\n"


@pytest.mark.parametrize("how", [("--yes",), ("--plan", "-"), ()])
def test_what_has_to_wait_for_it_is_refused_before_it_is_shown(
    how: tuple[str, ...], cachemgr: Program, caches: Path, service: CacheManager
) -> None:
    run = interrupt(service, Disposal.QUARANTINE)
    said = cachemgr("clear", "tmdb", *how)
    assert (said.code, said.out) == (4, "")
    assert f"cachemgr recover {run}" in said.err
    looked = cachemgr("clear", "tmdb", "--dry-run")
    assert (looked.code, looked.err) == (0, said.err), "looking is free, and told the same"


def test_a_roll_back_promises_the_bytes_that_left_and_the_list_says_that_something_waits(
    cachemgr: Program, caches: Path, service: CacheManager
) -> None:
    run = interrupt(service, Disposal.QUARANTINE)

    listed = cachemgr("ls", "tmdb")
    planned = cachemgr("recover", run, "--rollback", "--dry-run").out
    told = cachemgr("history").out
    done = cachemgr("recover", run, "--rollback", "--yes").out

    assert f"run {run} was interrupted" in listed.err
    assert f"cachemgr recover {run}" in listed.err
    assert "Roll back: 3 entries, brings back 8.0 KiB." in planned
    assert "  8.0 KiB  interrupted" in told
    assert "Brought back 8.0 KiB" in done
    assert "3 untouched" in cachemgr("recover", run).out


def test_beside_an_interrupted_undo_status_offers_nothing_that_would_be_refused(
    cachemgr: Program, caches: Path, service: CacheManager
) -> None:
    inventory = service.inventory()
    chosen = {entry.id for entry in inventory.entries if entry.cache == "tmdb@project"}
    plan = service.plan_clear(inventory, chosen, disposal=Disposal.QUARANTINE, force=(Rule.IN_USE,))
    for _ in service.execute(plan):
        pass
    cleared = service.runs()[0].id
    events = service.execute(service.plan_undo(cleared))
    for event in events:
        if isinstance(event, StepStarted) and event.number == 1:
            break
    drop(events)
    said = json.loads(cachemgr("status", "--json").out)
    fixes = [
        finding["fix"] for finding in said["findings"] if finding["code"] in ("quarantine", "interrupted-run")
    ]
    (undo,) = service.interrupted()
    assert fixes == [["cachemgr", "recover", undo.id]]
