"""What the tables of `cachemgr responses` show, on a narrow terminal as well, and what they count."""

import json
import os
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from cachemgr.responses import RequestKey, Usage, open_cache
from tests.cli.conftest import Program, Said
from tests.cli.test_schemas import valid

Terminal = Callable[..., Said]


@pytest.fixture
def terminal(cachemgr: Program, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Run the command line with its output on a terminal of so many columns."""

    def program(columns: int, *words: str) -> Said:
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", str(columns))
            patch.setattr(sys.stdout, "isatty", lambda: True)
            return cachemgr("--color", "never", *words)

    return program


def made(project: Path, number: int, ttl: float | None = None) -> Path:
    root = project / ".questfoundry" / "cache"
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        for one in range(number):
            key = RequestKey("anthropic", "claude-sonnet-4-5", f"question {one}")
            cache.set(key, f"answer {one}", ttl=ttl, usage=Usage(1, 2, Decimal("0.0025") * (one + 1)))
    time.sleep(0.002)
    return root


@pytest.mark.parametrize("key", ["", " ", "\t\n"], ids=["nothing", "blank", "blanks"])
def test_an_empty_key_is_bad_input(key: str, cachemgr: Program, project: Path) -> None:
    made(project, 1)
    said = cachemgr("responses", "get", key)
    assert (said.code, said.out) == (2, "")
    assert "KEY is empty; give a key, a digest, or how a digest begins" in said.err


@pytest.mark.parametrize("older", [(), ("--older-than", "0s", "--never-expiring")], ids=["ended", "older"])
def test_a_rehearsal_names_what_would_go(older: tuple[str, ...], cachemgr: Program, project: Path) -> None:
    root = made(project, 3, ttl=0.001)
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        cache.set("lives", "still")
    words = ("responses", "expire", *older, "--dry-run")
    document = valid(cachemgr(*words, "--json").out, "responses-expire")
    going = [entry["digest"] for entry in document["entries"]]
    assert len(going) == document["removed"]["entries"] == (4 if older else 3)
    assert cachemgr(*words, "-q").out.split() == going
    shown = cachemgr(*words).out
    assert all(digest[:12] in shown for digest in going)
    assert shown.splitlines()[0].split()[:3] == ["Digest", "Provider", "Model"]

    force = ("--force",) if older else ()
    done = valid(cachemgr("responses", "expire", *older, *force, "--yes", "--json").out, "responses-expire")
    assert (done["removed"], done["entries"]) == (document["removed"], [])
    left = cachemgr("responses", "ls", "-q").out.split()
    assert not {*left} & {*going}
    assert len(left) == 4 - len(going)


def test_a_long_rehearsal_shows_the_first_and_how_many_more(cachemgr: Program, project: Path) -> None:
    made(project, 43, ttl=0.001)
    shown = cachemgr("responses", "expire", "--dry-run").out
    assert shown.count("claude-sonnet-4-5") == 40
    assert "\nand 3 more, which --dry-run --json shows\n" in shown
    document = json.loads(cachemgr("responses", "expire", "--dry-run", "--json").out)
    assert len(document["entries"]) == 43


@pytest.mark.parametrize("sort", ["created", "cost", "hits"])
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_entries_fit_a_terminal(sort: str, columns: int, terminal: Terminal, project: Path) -> None:
    made(project, 3)
    said = terminal(columns, "responses", "ls", "--sort", sort).out.splitlines()
    assert max(map(len, said)) <= columns
    title = said[0].split()
    assert title[0] == "Digest"
    assert ("Cost" in title) is (sort == "cost")
    assert "Hits" in title or sort != "hits"
    assert all(line.split()[-1] == "fresh" for line in said[1:4])
    if sort == "cost":
        assert [next(word for word in line.split() if word[0] == "$") for line in said[1:4]] == [
            "$0.0025",
            "$0.0050",
            "$0.0075",
        ]


def test_an_answer_ends_its_line_on_a_terminal_alone(
    cachemgr: Program, terminal: Terminal, project: Path
) -> None:
    root = made(project, 0)
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        cache.set("without", "an answer")
        cache.set("with", "an answer\n")
    assert cachemgr("responses", "get", "without").out == "an answer"
    assert cachemgr("responses", "get", "with").out == "an answer\n"
    assert terminal(80, "responses", "get", "without").out == "an answer\n"
    assert terminal(80, "responses", "get", "with").out == "an answer\n"


def test_days_are_in_their_order(cachemgr: Program, project: Path) -> None:
    from cachemgr.responses.clock import Clock

    root = project / ".questfoundry" / "cache"
    for days, answers in ((3, 1), (2, 4), (1, 2)):
        past = Clock(now=lambda days=days: time.time() - days * 86_400)  # type: ignore[misc]
        with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}, clock=past) as cache:
            for number in range(answers):
                cache.set(RequestKey(f"of {number}", "m", f"question {days}"), "x", ttl=None)
    for groups in (("--by", "day"), ("--by", "provider", "--by", "day")):
        said = cachemgr("responses", "stats", *groups, "--json").out
        totals = valid(said, "responses-stats")["totals"]
        days_told = [line["group"]["day"] for line in totals]
        assert days_told == sorted(days_told)
        assert len({*days_told}) == 3


def test_what_costs_nothing_saves_nothing_and_little_is_not_nothing(cachemgr: Program, project: Path) -> None:
    root = project / ".questfoundry" / "cache"
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        cache.set("free", "x")
        assert cache.get("free")
    said = cachemgr("responses", "stats").out
    assert ("were hits" in said, "saved" in said) == (True, False)
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        cache.set("cheap", "x", usage=Usage(1, 1, Decimal("0.00001")))
        assert cache.get("cheap")
    assert "2 tokens and <$0.0001 saved" in cachemgr("responses", "stats").out


def test_no_day_lies_between_a_later_and_an_earlier_one(cachemgr: Program, project: Path) -> None:
    made(project, 1)
    said = cachemgr("responses", "stats", "--since", "2026-11-27", "--until", "2026-11-26")
    assert (said.code, said.out) == (2, "")
    assert "--since 2026-11-27 is later than --until 2026-11-26" in said.err
    assert cachemgr("responses", "stats", "--since", "2026-11-26", "--until", "2026-11-26").code == 0


@pytest.mark.parametrize("hits", [0, 3])
def test_a_copy_counts_hits_anew_and_says_so(hits: int, cachemgr: Program, project: Path) -> None:
    root = made(project, 2)
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        for _ in range(hits):
            cache.get(RequestKey("anthropic", "claude-sonnet-4-5", "question 0"))
    told = f"Hits stay behind: of these {hits} the copy has none, and counts from 0.\n"
    assert (told in cachemgr("responses", "convert", "--to", "sqlite", "--out", "one").out) is (hits > 0)
    said = cachemgr("responses", "convert", "--to", "sqlite", "--out", "two", "--json").out
    assert valid(said, "responses-convert")["hits_left"] == hits
    listed = json.loads(cachemgr("responses", "ls", "--dir", "one", "--json").out)["entries"]
    assert [entry["hits"] for entry in listed] == [0, 0]
    assert os.path.exists(project / "two")
