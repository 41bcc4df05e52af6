"""One saved policy that is wrong: told, and in the way of nothing that has nothing to do with it."""

import json
from pathlib import Path

import pytest

from tests.builders import tree
from tests.cli.conftest import Program

WRONG = (
    '[policies.nightly]\ntargets = ["tmdb"]\n\n[policies.tmdb-six-months]\ntargets = ["tmdb"]\nolder = "1d"\n'
)
SOUND = '\n[policies.mine]\ntargets = ["tmdb"]\nolder_than = "30d"\n'
NO_RULE = "line 1: policy nightly has no rule, and that never means everything; write one, such as ttl = true"


@pytest.fixture
def wrong(home: Path, caches: Path) -> Path:
    """The project `caches`; the user's configuration has two policies that are wrong beside a sound one."""
    tree(home, {".config/cachemgr/cachemgr.toml": WRONG + SOUND})
    return caches


@pytest.fixture(autouse=True)
def _users_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHEMGR_CONFIG_DIR", str(home / ".config" / "cachemgr"))


@pytest.mark.parametrize(
    "command",
    [
        "history",
        "purge --due --yes",
        "recover",
        "status",
        "types tmdb",
        "config show",
        "expire tmdb --older-than 1y --yes",
        "expire --policy mine --dry-run",
    ],
)
def test_what_has_nothing_to_do_with_it_goes_on(command: str, cachemgr: Program, wrong: Path) -> None:
    said = cachemgr(*command.split())

    assert said.code == 0
    told = said.err.splitlines()[:2]
    assert told[0].startswith("cachemgr: policy nightly is left out: ")
    assert told[0].endswith(NO_RULE)
    assert told[1].endswith("unknown key `policies.tmdb-six-months.older`; did you mean `older_than`?")


def test_what_was_set_aside_comes_back(cachemgr: Program, home: Path, caches: Path) -> None:
    assert cachemgr("clear", "tmdb", "--yes").code == 0
    assert not (caches / "out/tmdb/movie_2.json").exists()
    tree(home, {".config/cachemgr/cachemgr.toml": WRONG})

    assert cachemgr("undo", "--yes").code == 0

    assert (caches / "out/tmdb/movie_2.json").exists()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("config validate", NO_RULE),
        ("expire --policy nightly --yes", NO_RULE),
        # A preset has that name, too; it is not what was meant.
        ("expire --policy tmdb-six-months --yes", "did you mean `older_than`?"),
    ],
)
def test_whoever_needs_it_is_refused(command: str, says: str, cachemgr: Program, wrong: Path) -> None:
    said = cachemgr(*command.split())

    assert said.code == 2
    assert says in said.err.splitlines()[-1]
    assert said.err.count(says) == 1, "said once"
    assert (wrong / "out/tmdb/movie_2.json").exists()


def test_show_lists_it_as_what_it_is(cachemgr: Program, wrong: Path) -> None:
    rows = {
        row["key"]: row["value"] for row in json.loads(cachemgr("config", "show", "--json").out)["values"]
    }

    assert rows["policies.nightly"] == "cannot be run; `cachemgr config validate` says why"
    assert rows["policies.mine"] == "--older-than 30d on tmdb"


@pytest.mark.parametrize(
    ("target", "code", "says"),
    [
        ("respnses", 2, "is about 'respnses', which is no cache that is known; did you mean responses?"),
        ("tmbd@project", 2, "is about 'tmbd@project', which is no cache that is known; did you mean tmdb?"),
        ("mine", 0, "is about 'mine', which is no cache that is known here"),
        ("known", 0, ""),
        ("models", 0, ""),
        ("*@home:*", 0, ""),
        ("huggingface-hub@home:models/a/b", 0, ""),
    ],
)
def test_what_a_policy_is_about_is_looked_at_as_well(
    target: str, code: int, says: str, cachemgr: Program, project: Path
) -> None:
    about = f'[policies.near]\ntargets = ["{target}"]\nttl = true\n'
    tree(project, {"cachemgr.toml": f'[roots.applications]\nknown = "out/x"\n{about}'})

    said = cachemgr("config", "validate")

    assert said.code == code
    assert said.err == (f"cachemgr: cachemgr.toml, line 3: policy near {says}\n" if says else "")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("responses-ttl", "--policy responses-ttl"),
        ("response-ttl", "--policy responses-ttl"),
        ("nightly", "--policy nightly"),
        ("ttl", "--ttl"),
        ("unused-for", "--unused-for"),
    ],
)
def test_the_name_of_a_policy_or_rule_is_no_target(
    word: str, meant: str, cachemgr: Program, wrong: Path
) -> None:
    said = cachemgr("expire", word, "--yes")

    assert said.code == 2
    assert said.err.endswith(f"never means everything; did you mean {meant}?\n")
