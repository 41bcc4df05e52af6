"""What plans promise, what runs did, and why something stays."""

import ast
import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cachemgr.domain import inventory as inventory_module
from cachemgr.domain import outcome as outcome_module
from cachemgr.domain.action import Purge, Remove, Restore, Tidy
from cachemgr.domain.inventory import Finding, Problem
from cachemgr.domain.outcome import Outcome, Totals, Trouble
from cachemgr.domain.plan import Exclusion, Plan, Step
from cachemgr.domain.terms import Disposal, Intent, Knowledge, Reason, Rebuild, Severity, Status
from cachemgr.present.expiry import because_sentence
from cachemgr.present.promises import outcome, promise, result
from cachemgr.present.text import (
    exclusion_sentence,
    finding_sentence,
    glyph,
    problem_sentence,
    rebuild_word,
    tier,
    trouble_sentence,
)
from tests.architecture.source import calls, modules
from tests.values import NOW, cache

MIB = 2**20
TMDB = "tmdb@project"


def remove(disposal: Disposal, size: int, name: str = "") -> Step:
    frees = size if disposal is Disposal.DELETE else 0
    return Step(Remove(("x",), disposal), TMDB, f"{TMDB}:{name or disposal}", size=size, frees=frees)


def plan(*steps: Step, intent: Intent = Intent.CLEAR) -> Plan:
    return Plan(
        "p-1", intent, NOW, NOW + timedelta(minutes=15), steps=steps, keep_until=NOW + timedelta(days=7)
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (plan(), "nothing to do"),
        (plan(remove(Disposal.DELETE, MIB)), "1 entry, frees 1.0 MiB now"),
        (
            plan(remove(Disposal.DELETE, MIB), remove(Disposal.QUARANTINE, 300 * MIB)),
            "2 entries, frees 1.0 MiB now, 300 MiB in 7 days",
        ),
        (plan(remove(Disposal.QUARANTINE, MIB)), "1 entry, frees 1.0 MiB in 7 days"),
        (plan(remove(Disposal.TRASH, MIB)), "1 entry, frees 1.0 MiB when the trash is emptied"),
        (plan(remove(Disposal.DELETE, MIB), Step(Tidy(("d",)), TMDB)), "1 entry, frees 1.0 MiB now"),
        (
            plan(Step(Restore("r", 0, ("x",)), TMDB, size=MIB), intent=Intent.UNDO),
            "1 entry, brings back 1.0 MiB",
        ),
        (
            plan(Step(Purge("r"), TMDB, size=MIB, frees=MIB), intent=Intent.PURGE),
            "1 quarantine, frees 1.0 MiB now",
        ),
    ],
)
def test_a_promise_tells_now_from_later(made: Plan, said: str) -> None:
    assert promise(made) == said


def test_a_result_tells_what_was_freed_from_what_was_set_aside() -> None:
    made = plan(remove(Disposal.DELETE, MIB), remove(Disposal.QUARANTINE, 2 * MIB), Step(Tidy(("d",)), TMDB))
    done = [
        Outcome(0, Status.DONE, freed=MIB),
        Outcome(1, Status.DONE, moved=2 * MIB),
        Outcome(2, Status.SKIPPED, trouble=Trouble("not-empty")),
    ]

    assert outcome(made, done) == "freed 1.0 MiB, set 2.0 MiB aside in 2 entries, 1 skipped"
    assert result(Totals(refused=2), "0 entries") == "freed 0 B in 0 entries, 2 refused"


def test_people_are_told_of_entries_however_many_steps_those_take() -> None:
    steps = [remove(Disposal.DELETE, MIB, name) for name in ("a", "a", "a", "b", "b")]
    made = plan(*steps, Step(Tidy(("d",)), TMDB))
    done = [Outcome(n, Status.DONE, freed=MIB) for n in (0, 1, 2, 3, 5)]
    missing = Outcome(4, Status.FAILED, trouble=Trouble("os"))

    assert promise(made) == "2 entries, frees 5.0 MiB now"
    assert outcome(made, [*done, missing]) == "freed 5.0 MiB in 1 entry, 1 failed"
    assert outcome(made, done) == "freed 5.0 MiB in 1 entry", "the other was begun on and not finished"


def test_an_undo_that_failed_is_told_as_one() -> None:
    made = plan(Step(Restore("r", 0, ("x",)), TMDB, f"{TMDB}:x", size=MIB), intent=Intent.UNDO)
    needs = Outcome(0, Status.SKIPPED, trouble=Trouble("needs", "0"))

    assert outcome(made, [needs]) == "brought back 0 B in 0 entries, 1 skipped"
    assert trouble_sentence(Trouble("needs", "0")) == "something that has to come first was not done"


def test_the_days_of_a_quarantine_are_never_told_as_fewer() -> None:
    made = plan(remove(Disposal.QUARANTINE, MIB))
    later = replace(made, created_at=NOW + timedelta(minutes=3))
    assert promise(later) == "1 entry, frees 1.0 MiB in 7 days"


@pytest.mark.parametrize(
    ("exclusion", "said"),
    [
        (Exclusion(Reason.SHARED, TMDB, detail="hub@home:b"), "shared with hub@home:b, which is kept"),
        (
            Exclusion(Reason.MOUNT_POINT, TMDB, detail="a/\x1b"),
            "another file system is mounted there (a/\\x1b)",
        ),
        (Exclusion(Reason.TOO_YOUNG, TMDB, detail="in-progress"), "still being written, or was just now"),
        (Exclusion(Reason.IN_USE, TMDB), "in use"),
    ],
)
def test_what_stays_says_why(exclusion: Exclusion, said: str) -> None:
    assert exclusion_sentence(exclusion) == said


def test_why_the_system_refused_is_said_once() -> None:
    assert trouble_sentence(Trouble("os", os.strerror(1), 1)).count(os.strerror(1)) == 1


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(reason: Reason) -> None:
    assert " " in exclusion_sentence(Exclusion(reason, TMDB)) or reason in (Reason.PINNED,)


def _codes(module: object, class_name: str) -> set[str]:
    """The codes that the docstring of a `code` or `kind` field lists."""
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    body = source.split(f"class {class_name}")[1].split("detail: str")[0]
    return set(re.findall(r"`([a-z-]+)`", body))


@pytest.mark.parametrize("code", sorted(_codes(inventory_module, "Problem") - {"present"}))
def test_every_problem_of_the_domain_has_a_sentence(code: str) -> None:
    assert problem_sentence(Problem(code)) != code


@pytest.mark.parametrize("kind", sorted(_codes(outcome_module, "Trouble")))
def test_every_trouble_of_the_domain_has_a_sentence(kind: str) -> None:
    assert trouble_sentence(Trouble(kind)) != kind


def test_the_domain_knows_every_trouble_that_is_made() -> None:
    made = {
        call.args[0].value
        for path, module in modules().items()
        # The library's own `Trouble` is another one.
        if "tiktoken" not in path and "encodings" not in path and not path.startswith("responses/")
        for name, call in calls(module)
        if name.endswith("Trouble") and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert len(made) > 20
    assert made <= _codes(outcome_module, "Trouble")


def test_a_finding_names_its_place_as_a_person_would() -> None:
    home, project = Path("/home/ada"), Path("/home/ada/films")
    finding = Finding("legacy-location", Severity.WARNING, path=project / "shared" / "model-cache")

    said = "shared/model-cache is a legacy location; it should be empty"
    assert finding_sentence(finding, home, project) == said.replace("/", str(Path("/")))


@pytest.mark.parametrize(
    ("code", "detail", "says"),
    [
        ("unusable-root", "empty", "tmdb@project: the setting is empty"),
        ("unavailable-root", "unavailable", "/cache: it cannot be reached right now"),
        ("untrusted-root", "untrusted", "/cache: a project file names a place outside the project"),
        ("unreadable", "unreadable", "/cache: it could not be read completely"),
        ("quarantine", "20261120-1", "/cache holds what run 20261120-1 set aside"),
        ("quarantine", "unknown", "/cache holds what an unknown run set aside"),
        ("something-new", "", "tmdb@project: something new"),
    ],
)
def test_a_finding_says_what_is_wrong_with_which_root(code: str, detail: str, says: str) -> None:
    finding = Finding(code, Severity.WARNING, TMDB, Path("/cache"), detail=detail)

    assert finding_sentence(finding).replace("\\", "/").startswith(says)


@pytest.mark.parametrize("code", sorted(_codes(inventory_module, "Finding") - {"present"}))
def test_every_finding_of_the_domain_has_a_sentence_of_its_own(code: str) -> None:
    said = finding_sentence(Finding(code, Severity.WARNING, TMDB, Path("/cache"), setting="X", type="t"))

    assert not said.startswith(f"{TMDB}: {code.replace('-', ' ')}")


def test_legacy_and_untouchable_caches_stand_out_from_their_cost() -> None:
    plain = cache("tmdb@project", rebuild=Rebuild.DOWNLOADS)
    unverified = replace(plain, knowledge=Knowledge.UNVERIFIED)

    assert [glyph(tier(c)) for c in (plain, cache("old@legacy"), unverified)] == ["●", "▲", "■"]
    assert [glyph(tier(c), ascii=True) for c in (plain, cache("old@legacy"), unverified)] == ["*", "!", "#"]
    assert glyph(tier(replace(unverified, registered=True))) == "●"
    assert len({rebuild_word(rebuild) for rebuild in Rebuild}) == len(Rebuild)


def test_a_time_that_a_rule_saw_has_its_zone() -> None:
    """Plans and the journal have UTC, and whoever reads it has a clock of another zone."""
    assert (
        because_sentence("older-than 2026-08-01T10:00:00Z", goes=True) == "last changed 2026-08-01 10:00 UTC"
    )
