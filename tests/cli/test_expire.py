"""`cachemgr expire`: the same set in the dry run and in the run, exit codes, policies and explanations."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.answers import DAY, Answers, every_state
from tests.builders import tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid


@pytest.fixture
def answers(project: Path, tmp_path: Path) -> Answers:
    tree(project, {"cachemgr.toml": "", ".questfoundry/config.yml": "caching:\n  enabled: true\n"})
    return every_state(project / ".questfoundry/cache", datetime.now(UTC), tmp_path / "elsewhere")


def entries(document: dict[str, object]) -> set[str]:
    return {step["entry"] for step in document["steps"] if step["entry"]}  # type: ignore[attr-defined]


def there(answers: Answers) -> set[str]:
    return {path.name for path in answers.root.glob("*/*.json")}


def test_a_dry_run_and_the_run_that_follows_take_the_same(cachemgr: Program, answers: Answers) -> None:
    before = there(answers)

    plan = valid(cachemgr("expire", "--policy", "responses-ttl", "--dry-run", "--json").out, "plan")
    assert there(answers) == before
    said = cachemgr("expire", "--policy", "responses-ttl", "--yes", "--json")

    result = valid(said.out, "result")
    wanted = {f"responses@project:{key}" for key in answers.states["expired"]}
    assert said.code == 0
    assert entries(plan) == wanted
    assert before - there(answers) == {
        f"{key}{suffix}" for key in answers.states["expired"] for suffix in (".json", ".meta.json")
    }
    assert {one["status"] for one in result["outcomes"]} == {"done"}
    assert plan["intent"] == result["intent"] == "expire"
    assert plan["expiry"] == result["expiry"]
    assert plan["expiry"]["policy"] == "responses-ttl"
    assert plan["expiry"]["states"]["unknown"] == len(answers.states["unknown"])
    assert plan["expiry"]["clocks"] == [{"rule": "ttl", "clock": "recorded", "confidence": "exact"}]
    kept = {one["entry"] for one in plan["exclusions"]}
    assert len(kept | wanted) == sum(map(len, answers.states.values()))

    (run,) = valid(cachemgr("history", "--json").out, "history")["runs"]
    assert (run["intent"], run["undo"]) == ("expire", ["cachemgr", "undo", run["id"]])
    assert cachemgr("undo", "--yes").code == 0
    assert there(answers) == before


def test_a_saved_plan_does_the_same_once(cachemgr: Program, answers: Answers, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"

    assert cachemgr("expire", "responses", "--ttl", "--plan", str(file)).code == 0
    assert cachemgr("apply", str(file), "--yes").code == 0

    assert not {f"{key}.json" for key in answers.states["expired"]} & there(answers)
    assert {f"{key}.json" for key in answers.states["live"]} <= there(answers)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("expire",), "no rule says what may go"),
        (("expire", "all", "--yes"), "no rule says what may go"),
        (("expire", "--min-age", "3d", "--yes"), "no rule says what may go"),
        (("expire", "--policy", "responses-tll", "--yes"), "did you mean responses-ttl?"),
        (("expire", "--older-than", "soon"), "write 45s, 90min"),
        (("expire", "--older-than", "30"), "write 45s, 90min"),
        (("expire", "--max-size", "much"), "write 500MB"),
        (("expire", "--keep-last", "0"), "no amount that there can be"),
        (("expire", "--keep-last", "1.5"), "no amount that there can be"),
        (("expire", "--free", "9999999999P"), "no amount that there can be"),
    ],
)
def test_what_is_no_rule_is_said_and_nothing_is_touched(
    arguments: tuple[str, ...], says: str, cachemgr: Program, answers: Answers
) -> None:
    before = there(answers)

    said = cachemgr(*arguments)

    assert said.code == 2
    assert says in said.err
    assert there(answers) == before


def test_without_a_terminal_it_needs_a_yes_and_names_the_command(cachemgr: Program, answers: Answers) -> None:
    said = cachemgr("expire", "responses", "--ttl")

    assert said.code == 7
    assert "cachemgr expire responses --ttl --yes" in said.err


def test_a_guess_at_more_than_half_stops_without_a_terminal_and_a_dry_run_says_so(
    cachemgr: Program, project: Path
) -> None:
    tree(project, {"cachemgr.toml": "", ".questfoundry/config.yml": "caching:\n  enabled: true\n"})
    made = Answers(project / ".questfoundry/cache", datetime.now(UTC))
    for _ in range(4):
        made.pair("live", {"expires_at": made.stamp + DAY})
    before = there(made)

    shown = cachemgr("expire", "responses", "--older-than", "30d", "--dry-run", "--json")
    said = cachemgr("expire", "responses", "--older-than", "30d", "--yes", "--json")

    assert shown.code == 0
    assert valid(shown.out, "plan")["expiry"]["brakes"] == [{"kind": "mass", "detail": "entries 4 of 4"}]
    assert "nobody is there to look" in shown.err
    assert said.code == 4
    assert "4 of 4 entries" in valid(said.out, "error")["message"]
    assert there(made) == before
    assert cachemgr("expire", "responses", "--older-than", "30d", "--yes", "--force", "mass-expiry").code == 0
    assert there(made) == set()


def test_each_entry_explains_itself(cachemgr: Program, answers: Answers) -> None:
    keys = {state: f"responses@project:{names[0]}" for state, names in answers.states.items()}

    said = cachemgr("expire", "--policy", "responses-ttl", *(f"--explain={key}" for key in keys.values()))
    told = valid(
        cachemgr(
            "expire", "--policy", "responses-ttl", "--json", *(f"--explain={key}" for key in keys.values())
        ).out,
        "explanation",
    )

    assert said.code == 0
    assert f"{keys['expired']} goes: past the time its own record gives" in said.out
    assert f"{keys['live']} stays: its own record gives it until " in said.out
    assert f"{keys['unknown']} stays: a number in its metadata is not finite" in said.out
    assert f"{keys['orphan']} stays: it is a half that lost the other" in said.out
    assert "--ttl goes by the cache's own record (exact)." in said.out
    found = {one["entry"]: one for one in told["entries"]}
    assert found.keys() == set(keys.values())
    assert {state: found[key]["state"] for state, key in keys.items()} == {state: state for state in keys}
    assert [key for key, one in found.items() if one["goes"]] == [keys["expired"]]
    assert len({one["rank"] for one in told["entries"]}) == len(keys)
    (waits,) = found[keys["live"]]["waits"]
    assert (waits["rule"], waits["clock"]) == ("ttl", "recorded")
    assert waits["when"] < waits["from"]
    assert found[keys["expired"]]["waits"] == []


def test_targets_narrow_a_policy_and_options_replace_its_rules(cachemgr: Program, answers: Answers) -> None:
    one, *_ = answers.states["expired"]

    narrow = json.loads(
        cachemgr("expire", f"responses@project:{one}", "--policy", "responses-ttl", "--dry-run", "--json").out
    )
    wide = json.loads(
        cachemgr("expire", "--policy", "responses-ttl", "--keep-last", "1", "--dry-run", "--json").out
    )

    assert entries(narrow) == {f"responses@project:{one}"}
    assert wide["expiry"]["rules"] == {"ttl": True, "keep-last": "1"}


def test_policies_and_pins_of_the_users_own(cachemgr: Program, answers: Answers, tmp_path: Path) -> None:
    first, second, *_ = answers.states["expired"]
    config = tmp_path / "mine.toml"
    config.write_text(
        "[policies.nightly]\n"
        'targets = ["responses"]\n'
        "ttl = true\n"
        "[[pins]]\n"
        f'target = "responses@project:{first}"\n'
        'reason = "for the paper"\n'
        "until = 2099-01-31\n"
        "[[pins]]\n"
        f'target = "responses@project:{second}"\n'
        "until = 2020-01-31\n"
        "[[pins]]\n"
        'target = "responses@project:nothing-*"\n'
    )

    plan = valid(
        cachemgr("--config", str(config), "expire", "--policy", "nightly", "--dry-run", "--json").out, "plan"
    )
    shown = cachemgr("--config", str(config), "expire", "--policy", "nightly", "--dry-run")
    listed = cachemgr("--config", str(config), "config", "show")
    about = cachemgr("--config", str(config), "types", "responses")

    assert entries(plan) == {f"responses@project:{key}" for key in answers.states["expired"]} - {
        f"responses@project:{first}"
    }
    (pinned,) = [one for one in plan["exclusions"] if one["reason"] == "pinned"]
    assert pinned["detail"] == "pin for the paper"
    assert plan["expiry"]["idle_pins"] == ["responses@project:nothing-*"]
    assert "pinned: for the paper" in shown.out
    assert "The pin responses@project:nothing-* names nothing here." in shown.out
    lapsed = f"The pin responses@project:{second} holds nothing any more: its last day was 2020-01-31."
    assert lapsed in " ".join(shown.out.split())
    assert re.search(r"policies.nightly +--ttl on responses", listed.out)
    assert re.search(r"policies.tmdb-six-months +--ttl --older-than 6mo on tmdb +default", listed.out)
    assert re.search(rf"pins.responses@project:{first} +for the paper, until 2099-01-31", listed.out)
    assert "nightly: --ttl on responses" in about.out


def test_an_untrusted_project_cannot_give_a_policy_the_name_of_ours(
    cachemgr: Program, answers: Answers, project: Path
) -> None:
    (project / "cachemgr.toml").write_text('[policies.responses-ttl]\ntargets = ["all"]\nolder_than = "1d"\n')

    rules = json.loads(cachemgr("expire", "--policy", "responses-ttl", "--dry-run", "--json").out)
    (project / "cachemgr.toml").write_text('[policies.mine]\ntargets = ["all"]\nolder_than = "1d"\n')
    refused = cachemgr("expire", "--policy", "mine", "--yes")
    asked = cachemgr("config", "trust", "--yes")
    allowed = cachemgr("expire", "--policy", "mine", "--dry-run", "--json")

    assert rules["expiry"]["rules"] == {"ttl": True}
    assert refused.code == 2
    assert "config trust" in refused.err
    assert "policies.mine: --older-than 1d on all" in asked.out
    assert json.loads(allowed.out)["expiry"]["rules"] == {"older-than": "1d"}


def test_a_tmdb_cache_goes_by_its_own_fields_or_by_age(cachemgr: Program, project: Path) -> None:
    tree(project, {"config/hardware_cache.json": '{"cache": {"application_caches": {"tmdb": "out/tmdb"}}}'})
    box = tree(project / "out/tmdb", {"old.json": "{}", "fresh.json": '{"id": 603}', "notes.txt": "x"})
    now = datetime.now(UTC).timestamp()
    texts = {
        "over.json": {"expires_at": now - DAY, "data": {}},
        "valid.json": {"timestamp": now, "ttl_seconds": 300 * DAY},
        "odd.json": {"expires_at": "2016-08-26 17:04:39 UTC"},
    }
    tree(box, {name: json.dumps(text) for name, text in texts.items()})
    os.utime(box / "old.json", (now - 200 * DAY, now - 200 * DAY))
    os.utime(box / "odd.json", (now - 200 * DAY, now - 200 * DAY))

    plan = valid(cachemgr("expire", "--policy", "tmdb-six-months", "--dry-run", "--json").out, "plan")

    assert {step["entry"]: step["because"].split()[0] for step in plan["steps"]} == {
        "tmdb@project:over.json": "ttl",
        "tmdb@project:old.json": "older-than",
    }
    assert plan["expiry"]["states"] == {"expired": 1, "live": 1, "unknown": 1, "unrecorded": 3}


def test_a_policy_about_something_that_is_not_here_matches_nothing(
    cachemgr: Program, answers: Answers
) -> None:
    assert cachemgr("expire", "--policy", "tmdb-six-months", "--yes").code == 3


def test_nothing_that_is_over_is_nothing_to_do(cachemgr: Program, project: Path) -> None:
    tree(project, {"cachemgr.toml": "", ".questfoundry/config.yml": "caching:\n  enabled: true\n"})
    made = Answers(project / ".questfoundry/cache", datetime.now(UTC))
    made.pair("live", {"expires_at": made.stamp + DAY})

    said = cachemgr("expire", "--policy", "responses-ttl", "--max-size", "500MB", "--yes")

    assert said.code == 0
    assert "--max-size 500MB is met: all of it takes 8.0 KiB." in said.out
    assert "Expire: nothing to do." in said.out
    assert "Looked at 1 live." in said.out
