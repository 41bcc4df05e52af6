"""`cachemgr responses`: what people and scripts see of a response cache."""

import json
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from cachemgr.responses import Cache, RequestKey, Usage, generate_cache_key, open_cache
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid
from tests.responses.document import DocumentsCache

Filled = Callable[[], Path]


def fill(cache: Cache) -> None:
    """Five of one model, two of which have expired, and a text of nobody's."""
    for number in range(5):
        key = RequestKey("openai", "gpt-4o", f"question {number}")
        cache.set(
            key, {"n": number}, ttl=0.001 if number < 2 else 1000, usage=Usage(10, 20, Decimal("0.002"))
        )
        if number >= 2:
            cache.get(key)
    cache.set("hello", "It scatters.\n")
    cache.get("never asked")


@pytest.fixture
def directory(project: Path) -> Path:
    root = project / ".questfoundry" / "cache"
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        fill(cache)
    time.sleep(0.01)
    return root


def test_stats(cachemgr: Program, directory: Path) -> None:
    said = cachemgr("responses", "stats")
    assert said.code == 0
    assert "6 entries, 48.0 KiB of 500 MiB; 2 expired" in said.out
    assert "75.0% of 4 requests were hits" in said.out
    assert "90 tokens and $0.0060 saved" in said.out
    document = valid(cachemgr("responses", "stats", "--by", "provider", "--json").out, "responses-stats")
    assert [(line["group"], line["entries"]) for line in document["totals"]] == [
        ({"provider": "openai"}, 5),
        ({"provider": ""}, 1),
    ]
    assert document["traffic"]["saved"]["cost_usd"] == "0.006"
    assert not valid(
        cachemgr("responses", "stats", "--until", "2000-01-01", "--json").out, "responses-stats"
    )["days"]


def test_ls(cachemgr: Program, directory: Path) -> None:
    document = valid(cachemgr("responses", "ls", "--json").out, "responses-ls")
    assert [entry["state"] for entry in document["entries"]].count("expired") == 2
    assert document["total"] == 6
    two = valid(
        cachemgr("responses", "ls", "--provider", "open*", "--limit", "2", "--json").out, "responses-ls"
    )
    assert (two["total"], len(two["entries"])) == (5, 2)
    expired = cachemgr("responses", "ls", "--expired", "-q").out.split()
    assert len(expired) == 2
    assert all(len(digest) == 64 for digest in expired)
    assert "gpt-4o" in cachemgr("responses", "ls").out


def test_get(cachemgr: Program, directory: Path) -> None:
    assert cachemgr("responses", "get", "hello").out == "It scatters.\n"
    digest = RequestKey("openai", "gpt-4o", "question 3").digest()
    assert json.loads(cachemgr("responses", "get", digest[:10]).out) == {"n": 3}
    assert json.loads(cachemgr("responses", "get", f"cache:{digest}").out) == {"n": 3}
    document = valid(cachemgr("responses", "get", digest, "--json").out, "responses-get")
    assert (document["value"], document["entry"]["digest"]) == ({"n": 3}, digest)
    nothing = cachemgr("responses", "get", "nope")
    assert (nothing.code, nothing.out) == (3, "")
    digests = [line["digest"] for line in json.loads(cachemgr("responses", "ls", "--json").out)["entries"]]
    shared = next(first for first in "0123456789abcdef" if sum(one.startswith(first) for one in digests) > 1)
    several = cachemgr("responses", "get", shared)
    assert several.code == 3
    assert "digests begin" in several.err


def test_looking_changes_and_counts_nothing(cachemgr: Program, directory: Path) -> None:
    def state() -> list[tuple[str, int, int]]:
        return sorted(
            (str(path), path.stat().st_size, path.stat().st_mtime_ns)
            for path in directory.rglob("*")
            if "sqlite" not in path.name
        )

    before, traffic = state(), cachemgr("responses", "stats").out
    for words in (("ls",), ("get", "hello"), ("verify",), ("expire", "--dry-run")):
        assert cachemgr("responses", *words).code == 0
    assert state() == before
    assert cachemgr("responses", "stats").out == traffic


def test_expire(cachemgr: Program, directory: Path) -> None:
    planned = valid(cachemgr("responses", "expire", "--dry-run", "--json").out, "responses-expire")
    assert (planned["dry_run"], planned["removed"]["entries"]) == (True, 2)
    asked = cachemgr("responses", "expire")
    assert asked.code == 7
    assert "cachemgr responses expire --yes" in asked.err
    assert cachemgr("--read-only", "responses", "expire", "--yes").code == 4
    assert cachemgr("responses", "stats").out.count("6 entries")
    done = valid(cachemgr("responses", "expire", "--yes", "--json").out, "responses-expire")
    assert done["removed"] == planned["removed"]
    assert cachemgr("responses", "expire", "--yes").code == 0
    assert cachemgr("responses", "expire", "--older-than", "0", "--yes").code == 0
    assert "0 entries" in cachemgr("responses", "stats").out


def test_somebody_sweeps_already(cachemgr: Program, directory: Path) -> None:
    other = open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0})
    with other, other.store.maintenance() as mine:
        assert mine
        said = cachemgr("responses", "expire", "--yes")
    assert said.code == 5
    assert "somebody else is sweeping" in said.err


def test_verify(cachemgr: Program, directory: Path) -> None:
    assert valid(cachemgr("responses", "verify", "--json").out, "responses-verify")["sound"]
    digest = RequestKey("openai", "gpt-4o", "question 3").digest()
    (directory / digest[:2] / f"{digest}.json").write_text("changed")
    said = cachemgr("responses", "verify")
    assert said.code == 1
    assert "corrupt value" in said.out
    assert "cachemgr responses verify --repair" in said.out
    assert cachemgr("responses", "verify", "--repair").code == 7
    mended = cachemgr("responses", "verify", "--repair", "--yes", "--json")
    assert mended.code == 0
    assert [one["repaired"] for one in valid(mended.out, "responses-verify")["findings"]] == [True]
    assert cachemgr("responses", "verify").code == 0


@pytest.mark.skipif(os.name == "nt", reason="its names have a colon, which Windows refuses")
def test_a_cache_of_the_old_code(cachemgr: Program, project: Path) -> None:
    root = project / "old"
    old = DocumentsCache(root)
    key = generate_cache_key("openai", "gpt-4o", "hello")
    old.set(key, "an answer")
    before = sorted(root.rglob("*"))
    assert "1 entry" in cachemgr("responses", "stats", "--dir", "old").out
    assert cachemgr("responses", "get", key, "--dir", "old").out == "an answer"
    assert "old name" in cachemgr("responses", "verify", "--dir", "old").out
    assert sorted(root.rglob("*")) == before
    assert cachemgr("responses", "verify", "--repair", "--yes", "--dir", "old").code == 0
    assert not list(root.glob("ca/cache:*"))


def test_convert(cachemgr: Program, directory: Path, project: Path) -> None:
    said = cachemgr("responses", "convert", "--to", "file", "--out", "copy", "--json")
    assert said.code == 0
    document = valid(said.out, "responses-convert")
    assert (document["entries"], document["left_out"]) == (4, 2)
    assert cachemgr("responses", "get", "hello", "--dir", "copy").out == "It scatters.\n"
    assert "6 entries" in cachemgr("responses", "stats").out
    again = cachemgr("responses", "convert", "--to", "file")
    assert again.code == 2
    assert "already" in again.err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("stats", "--dir", "nowhere"), 3, "there is no response cache in"),
        (("stats", "--since", "yesterday"), 2, "is no day"),
        (("expire", "--older-than", "old"), 2, "--older-than"),
        (
            ("expire", "--older-than", "99999999999999y"),
            2,
            "'99999999999999y' is no amount that there can be",
        ),
        (("get", "a\udcff"), 3, "there is no response under 'a\\udcff'"),
        (("ls", "--provider", "a\udcff"), 2, "'a\\udcff' is no text"),
        (("ls", "--model", "a\udcff"), 2, "'a\\udcff' is no text"),
        (("convert",), 2, "--to"),
    ],
)
def test_mistakes_are_said_in_a_sentence(
    words: tuple[str, ...], code: int, sentence: str, cachemgr: Program, directory: Path
) -> None:
    said = cachemgr("responses", *words)
    assert said.code == code
    assert sentence in said.err
    assert not said.out


def test_a_directory_of_somebodys_is_no_cache(cachemgr: Program, project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "notes.txt").write_text("mine")
    assert cachemgr("responses", "expire", "--dir", "mine", "--yes").code == 3
    assert os.listdir(project / "mine") == ["notes.txt"]


def test_the_configured_directory_within_the_project(
    cachemgr: Program, project: Path, tmp_path: Path
) -> None:
    file = project / ".questfoundry" / "config.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("caching: {cache_dir: answers, max_cache_size_mb: 7}\n")
    with open_cache(file) as cache:
        cache.set("a", "x")
    assert "answers (file)" in cachemgr("responses", "stats").out
    assert "of 7.0 MiB" in cachemgr("responses", "stats").out
    file.write_text(f"caching: {{cache_dir: '{tmp_path.as_posix()}/elsewhere'}}\n")
    said = cachemgr("responses", "stats")
    assert said.code == 4
    assert "--dir" in said.err


def test_what_the_cache_holds_cannot_write_on_the_terminal(cachemgr: Program, directory: Path) -> None:
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        cache.set(RequestKey("evil\x1b[31m", "m\r\n", "x"), "hi")
    for words in (("ls",), ("stats", "--by", "provider", "--by", "model"), ("ls", "--json")):
        assert "\x1b" not in cachemgr("responses", *words).out


def test_an_old_entry_under_a_key_of_ones_own(cachemgr: Program, project: Path) -> None:
    root = project / ".questfoundry" / "cache"
    old = DocumentsCache(root)
    (project / ".questfoundry" / "config.yml").write_text("caching: {}\n", encoding="utf-8")
    old.set("test_key", "test_value")
    old.set("over", "too late", ttl=1)
    past = {"timestamp": time.time() - 90_000, "ttl_seconds": 5, "expires_at": time.time() - 89_995}
    (root / "ov" / "over.meta.json").write_text(json.dumps(past))
    listed = cachemgr("ls", "responses", "-q").out.split()
    assert listed == ["responses@project:over", "responses@project:test_key"]
    assert cachemgr("responses", "get", "test_key").out == "test_value"
    assert len(cachemgr("responses", "ls", "-q").out.split()) == 2
    found = valid(cachemgr("responses", "verify", "--json").out, "responses-verify")
    assert [one["problem"] for one in found["findings"]] == ["old name", "old name"]
    assert cachemgr("expire", "responses", "--ttl", "--yes").code == 0
    assert not (root / "ov" / "over.json").exists()
    assert cachemgr("clear", "responses@project:test_key", "--yes").code == 0
    assert not (root / "te" / "test_key.json").exists()


def test_where_nothing_is_to_be_mended_nobody_is_asked(cachemgr: Program, directory: Path) -> None:
    plain = cachemgr("responses", "verify", "--repair")
    document = json.loads(cachemgr("responses", "verify", "--repair", "--json").out)

    assert plain.code == 0
    assert "0 findings left" in plain.out
    assert document["schema"] == "cachemgr.responses-verify/1"
