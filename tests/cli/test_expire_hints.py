"""What `expire` says where something is not as it looks: databases, brakes, policies, and names."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from cachemgr.responses import open_cache
from tests.builders import tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid


@pytest.fixture
def packed(project: Path) -> Path:
    """A project whose responses are in one database, half of them expired."""
    tree(project, {".questfoundry/config.yml": "caching:\n  backend: sqlite\n"})
    with open_cache(project / ".questfoundry" / "config.yml") as cache:
        for number in range(4):
            cache.set(f"question {number}", "an answer", ttl=0.001 if number % 2 else 1000)
    time.sleep(0.01)
    return project


@pytest.mark.parametrize(
    "words",
    [
        ("expire", "--policy", "responses-ttl", "--yes"),
        ("expire", "responses", "--ttl", "--dry-run"),
        ("clear", "responses", "--dry-run"),
        ("ls", "responses"),
    ],
    ids=["policy", "expire", "clear", "ls"],
)
def test_a_database_of_responses_has_a_command_of_its_own(
    words: tuple[str, ...], cachemgr: Program, packed: Path
) -> None:
    said = cachemgr(*words)
    assert said.code == 0
    assert "in one database" in said.err
    assert said.err.rstrip().endswith("cachemgr responses expire")
    assert "2 expired entries removed" in cachemgr("responses", "expire", "--yes").out


def test_status_says_why_nothing_of_it_can_be_freed(cachemgr: Program, packed: Path) -> None:
    document = valid(cachemgr("status", "responses", "--json").out, "status")
    (found,) = [one for one in document["findings"] if one["code"] == "packed-responses"]
    assert found["fix"] == ["cachemgr", "responses", "expire"]
    assert found["size_bytes"] > 0
    assert "cachemgr responses expire" in cachemgr("status", "responses").out
    elsewhere = cachemgr("status", "pip")
    assert "responses expire" not in elsewhere.out


def old_files(project: Path, number: int = 4) -> None:
    root = project / "out" / "tmdb_cache"
    tree(
        project,
        {".questfoundry/config.yml": "", "cachemgr.toml": '[roots.applications]\ntmdb = "out/tmdb_cache"\n'},
    )
    for one in range(number):
        tree(root, {f"movie_{one}.json": "{}"})
        past = time.time() - 90 * 86_400
        os.utime(root / f"movie_{one}.json", (past, past))


MASS = ("expire", "tmdb", "--older-than", "30d", "--quarantine")


def test_a_dry_run_says_that_a_yes_would_be_refused(cachemgr: Program, project: Path) -> None:
    old_files(project)
    said = cachemgr(*MASS, "--dry-run")
    assert (said.code, said.out.count("movie_")) == (0, 4)
    assert "with --yes this would be refused: the rules would take 4 of 4 entries" in said.err
    assert cachemgr(*MASS, "--yes").code == 4


def test_without_a_yes_the_plan_is_shown_with_a_command_that_works(cachemgr: Program, project: Path) -> None:
    old_files(project)
    said = cachemgr(*MASS)
    assert (said.code, said.out.count("movie_")) == (7, 4)
    assert "a yes alone would be refused: the rules would take 4 of 4" in said.err
    way = re.search(r"run: cachemgr (.*)$", said.err.strip())
    assert way is not None
    assert cachemgr(*way[1].split()).code == 0
    assert not list((project / "out" / "tmdb_cache").glob("movie_*"))


def test_two_policies_are_a_mistake(cachemgr: Program, project: Path) -> None:
    old_files(project)
    said = cachemgr("expire", "--policy", "responses-ttl", "--policy", "tmdb-six-months", "--dry-run")
    assert said.code == 2
    assert "one at a time" in said.err


def test_a_policy_about_nothing_of_that_matches_nothing(
    cachemgr: Program, project: Path, packed: Path
) -> None:
    old_files(project)
    said = cachemgr("expire", "tmdb", "--policy", "responses-ttl", "--yes")
    assert said.code == 3
    assert "policy responses-ttl is about responses" in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ls", "tmdb@project:ovie_1"), "did you mean tmdb@project:movie_1.json?"),
        (("ls", "tmdb@project:movie_2"), "did you mean tmdb@project:movie_2.json?"),
        (("ls", "tmdb@project:603"), "holds no entry 'tmdb@project:603'; `cachemgr ls tmdb@project --quiet`"),
        (("ls", "nothing@project"), "names no cache and no entry; `cachemgr ls --quiet`"),
        (("ls", "tmbd@project"), "did you mean tmdb@project?"),
        (("expire", "tmdb", "--older-than", "-5d"), "'-5d' is negative; write 45s"),
        (("expire", "tmdb", "--older-than", "5x"), "6mo or 1y. See `cachemgr expire --help`."),
    ],
)
def test_what_was_meant(words: tuple[str, ...], says: str, cachemgr: Program, project: Path) -> None:
    old_files(project)
    assert says in cachemgr(*words).err


def test_commands_in_sentences_repeat_where_they_were_asked_about(
    cachemgr: Program, project: Path, tmp_path: Path
) -> None:
    tree(project, {"cachemgr.toml": '[policies.mine]\ntargets = ["all"]\nolder_than = "1d"\n'})
    home = tmp_path / "other home"
    home.mkdir()
    where = ("--home", str(home), "--project", str(project))
    said = cachemgr(*where, "expire", "--policy", "mine", "--yes")
    assert said.code == 2
    assert re.search(r"run `cachemgr --home '.*other home' --project \S+ config trust`", said.err)
    with open_cache({"cache_dir": str(tmp_path / "o2")}) as cache:
        cache.set("a", "b")
    missing = cachemgr(*where, "responses", "get", "never", "--dir", str(tmp_path / "o2"))
    assert f"responses ls --dir {tmp_path / 'o2'}`" in missing.err
    assert missing.err.count("--home") == 1


def test_the_switch_after_a_conversion_names_the_file(
    cachemgr: Program, project: Path, tmp_path: Path
) -> None:
    with open_cache({"cache_dir": str(project / ".questfoundry" / "cache")}) as cache:
        cache.set("a", "b")
    said = cachemgr("responses", "convert", "--to", "sqlite", "--out", str(tmp_path / "x"))
    assert "once `backend` is `sqlite` and `cache_dir` is" in said.out
    assert ".questfoundry/config.yml" in said.out


def test_responses_expire_says_that_it_is_for_good(cachemgr: Program, project: Path) -> None:
    tree(project, {".questfoundry/config.yml": "caching:\n  cache_dir: .questfoundry/cache\n"})
    with open_cache({"cache_dir": str(project / ".questfoundry" / "cache")}) as cache:
        cache.set("a", "b", ttl=0.001)
        cache.set("c", "d")
    time.sleep(0.01)
    said = cachemgr("responses", "expire", "--dry-run")
    assert "1 expired entry would be removed for good" in said.out
    assert "cannot be undone; `cachemgr expire responses --ttl` sets aside" in said.out
    older = cachemgr("responses", "expire", "--dry-run", "--older-than", "0s")
    assert "2 expired or older entries would be removed" in older.out
    cachemgr("responses", "expire", "--yes")
    assert "nothing has expired" in cachemgr("responses", "expire", "--yes").out


def test_what_may_be_served_stale_is_told(cachemgr: Program, project: Path) -> None:
    tree(project, {".questfoundry/config.yml": "caching:\n  stale_if_error_seconds: 3600\n"})
    with open_cache({"cache_dir": str(project / ".questfoundry" / "cache")}) as cache:
        cache.set("a", "b", ttl=0.001)
    said = cachemgr("responses", "expire", "--yes")
    assert "nothing has expired" in said.out
    assert "may still be served stale stays for 3600 s" in said.out


def test_an_undo_of_what_was_deleted_says_so_and_what_was_undone_frees_nothing(
    cachemgr: Program, project: Path
) -> None:
    old_files(project)
    gone = json.loads(cachemgr("clear", "tmdb", "--delete", "--yes", "--force", "in-use", "--json").out)
    said = cachemgr("undo", gone["run"])
    assert "deleted 4 entries for good" in said.err
    old_files(project)
    aside = json.loads(cachemgr("clear", "tmdb", "--quarantine", "--yes", "--json").out)
    assert cachemgr("undo", aside["run"], "--yes").code == 0
    table = cachemgr("history").out
    (line,) = [line for line in table.splitlines() if line.startswith(aside["run"])]
    assert " 0 B " in line


def test_explaining_what_stays_has_no_place_in_the_order_of_going(cachemgr: Program, project: Path) -> None:
    old_files(project)
    said = cachemgr("expire", "tmdb", "--older-than", "1y", "--explain", "tmdb@project:movie_1.json")
    assert "stays: changed 90 days ago; --older-than 1y takes it from " in said.out
    assert "order of going" not in said.out
    goes = cachemgr("expire", "tmdb", "--older-than", "30d", "--explain", "tmdb@project:movie_1.json")
    assert "in the order of going" in goes.out


def test_an_amount_of_many_digits_is_said_as_people_say_it(cachemgr: Program, project: Path) -> None:
    old_files(project)
    said = cachemgr("expire", "tmdb", "--max-size", "69052336701", "--dry-run")
    assert "--max-size 69052336701B (64.3 GiB)" in said.out


def test_the_end_of_a_pin_that_is_no_time_is_told_in_words(cachemgr: Program, project: Path) -> None:
    tree(project, {"cachemgr.toml": '[[pins]]\ntarget = "all"\nuntil = "tomorrow"\n'})
    said = cachemgr("config", "validate")
    assert said.code == 2
    assert "a time such as 2027-01-31T18:00:00Z" in said.err
