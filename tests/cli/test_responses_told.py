"""`cachemgr responses`: what is said is what is so."""

import io
import os
import sys
from pathlib import Path

import pytest

from cachemgr.responses import generate_cache_key, open_cache
from cachemgr.responses.key import as_digest
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid
from tests.responses.document import DocumentsCache
from tests.responses.server import RedisServer


@pytest.fixture
def directory(project: Path) -> Path:
    root = project / ".questfoundry" / "cache"
    with open_cache({"cache_dir": str(root), "cleanup_interval_seconds": 0}) as cache:
        for number in range(3):
            cache.set(f"key {number}", number)
    return root


def test_a_record_of_the_old_form_needs_no_mending(cachemgr: Program, project: Path) -> None:
    root = project / ".questfoundry" / "cache"
    DocumentsCache(root).set(generate_cache_key("openai", "gpt-4o", "why?"), "answer")
    named = cachemgr("responses", "verify", "--repair", "--yes")
    assert (named.code, "old name  renamed" in named.out) == (0, True)
    for options in ((), ("--repair", "--yes")):
        said = cachemgr("responses", "verify", *options)
        assert said.code == 0
        assert said.out == (
            "1 entry; 0 findings left\n1 record of the old form, sound: written anew when stored again\n"
        )


def test_a_damaged_database_says_what_is_lost_and_where_the_rest_is(cachemgr: Program, project: Path) -> None:
    root = project / "packed"
    with open_cache({"backend": "sqlite", "cache_dir": str(root)}) as cache:
        for number in range(20):
            cache.set(f"key {number}", "x" * 300)
    with (root / "responses.sqlite3").open("r+b") as file:
        file.seek(2 * 8192)
        file.write(b"\xff" * 7900)

    found = cachemgr("responses", "verify", "--dir", str(root))
    assert found.code == 1
    assert "1 finding left" in found.out
    assert not list(root.glob("*.bad"))

    said = cachemgr("responses", "verify", "--repair", "--yes", "--dir", str(root))
    assert said.code == 0
    lost = 20 - len(cachemgr("responses", "ls", "-q", "--dir", str(root)).out.split())
    assert lost > 0
    assert f"{20 - lost} responses saved, {lost} lost; " in said.out
    assert "what was there is responses.sqlite3.bad" in said.out
    assert (root / "responses.sqlite3.bad").is_file()


def test_what_is_removed_is_not_called_mended(cachemgr: Program, directory: Path) -> None:
    half = next(path for path in directory.glob("??/*.json") if ".meta." not in path.name)
    half.with_name(half.name.replace(".json", ".meta.json")).unlink()
    said = cachemgr("responses", "verify", "--repair", "--yes", "--json").out
    gone = [found for found in valid(said, "responses-verify")["findings"] if found["removed"]]
    assert [found["problem"] for found in gone] == ["metadata missing"]
    assert not half.exists()
    half.write_text("x")
    assert "metadata missing  removed" in cachemgr("responses", "verify", "--repair", "--yes").out


def test_expire_removes_what_it_counted(cachemgr: Program, directory: Path) -> None:
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        cache.set("over", 1, ttl=0.001)
    half = directory / "00" / f"{'00' * 32}.json"
    half.parent.mkdir(exist_ok=True)
    half.write_text("{}")
    os.utime(half, (10**9, 10**9))
    os.utime(half.parent, (10**9, 10**9))
    said = cachemgr("responses", "expire", "--yes").out
    assert "1 expired entry removed for good" in said
    assert half.exists()
    assert "metadata missing  removed" in cachemgr("responses", "verify", "--repair", "--yes").out
    assert not half.exists()


def test_a_server_has_no_size_limit_of_ours(cachemgr: Program, project: Path, tmp_path: Path) -> None:
    server = RedisServer(tmp_path).start()
    try:
        config = project / ".questfoundry" / "config.yml"
        config.parent.mkdir(exist_ok=True)
        config.write_text(f"caching: {{backend: redis, redis: {{url: '{server.url}'}}}}\n")
        said = cachemgr("responses", "stats").out
        assert " of 500 MiB" not in said
        assert "the server's own `maxmemory` does" in said
        assert valid(cachemgr("responses", "stats", "--json").out, "responses-stats")["limit_bytes"] is None
        with open_cache(config) as cache:
            cache.set("key", "answer")
            assert cache.get("key")
        (entry,) = valid(cachemgr("responses", "ls", "--json").out, "responses-ls")["entries"]
        assert entry["hits"] is None, "it counts them by model, not by answer"
        assert cachemgr("responses", "ls").out.splitlines()[1].split()[-2:] == ["—", "fresh"]
        assert ":: " not in cachemgr("responses", "expire", "--dry-run").out
    finally:
        server.stop()


def test_a_dry_run_on_a_cache_that_is_only_read_says_so(cachemgr: Program, directory: Path) -> None:
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        cache.set("over", 1, ttl=0.001)
    assert "refused" not in cachemgr("responses", "expire", "--dry-run").out
    (directory / "cachemgr-cache.json").write_text('{"x": 1}')
    said = cachemgr("responses", "expire", "--dry-run")
    assert said.code == 0
    assert "With --yes it would be refused: its cachemgr-cache.json cannot be understood" in said.out
    assert cachemgr("responses", "expire", "--yes").code == 4


def test_repairing_without_a_terminal_shows_what_it_would_mend(cachemgr: Program, directory: Path) -> None:
    half = next(path for path in directory.glob("??/*.json") if ".meta." not in path.name)
    half.unlink()
    said = cachemgr("responses", "verify", "--repair")
    assert said.code == 7
    assert "value missing  remove for good" in said.out
    assert "1 finding left" in said.out
    assert "Mend:" not in said.out


@pytest.mark.skipif(os.name == "nt", reason="its names have a colon, which Windows refuses")
def test_a_repair_says_beforehand_what_it_does_and_how_much_of_it_is_for_good(
    cachemgr: Program, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = next(path for path in directory.glob("??/*.json") if ".meta." not in path.name)
    half.unlink()
    key = generate_cache_key("openai", "gpt-4o", "why?")
    DocumentsCache(directory).set(key, "answer")
    looked = valid(cachemgr("responses", "verify", "--json").out, "responses-verify")["findings"]
    planned = {(one["remedy"], one["for_good"]) for one in looked if one["problem"] != "old form"}
    assert planned == {("remove", True), ("rename", False)}
    answer = io.StringIO("y\n")
    for stream in (answer, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", answer)
    said = cachemgr("responses", "verify", "--repair")
    assert (said.code, said.err) == (
        0,
        "1 of these 2 goes for good, which cannot be undone. Go on? [y/N] ",
    )
    shown, _, done = said.out.partition("2 findings left")
    assert "value missing  remove for good" in shown
    assert "old name       rename\n" in shown
    assert "value missing  removed for good" in done
    assert "old name       renamed\n" in done
    assert cachemgr("responses", "get", key).out == "answer"


def test_nobody_is_asked_about_what_is_left_alone(cachemgr: Program, directory: Path) -> None:
    shard = next(path for path in directory.glob("??") if path.is_dir())
    (shard / "notes.txt").write_text("mine")
    said = cachemgr("responses", "verify", "--repair")
    assert (said.code, "foreign file" in said.out, "Mend:" in said.out) == (1, True, False)


def test_the_way_without_loss_is_named_where_it_leads_there(cachemgr: Program, directory: Path) -> None:
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        cache.set("over", 1, ttl=0.001)
    assert "sets aside" not in cachemgr("responses", "expire", "--dry-run").out
    said = cachemgr("expire", "responses", "--ttl", "--dry-run")
    assert said.code == 3
    assert "`cachemgr responses` looks for one" in said.err
    (directory.parent / "config.yml").write_text("caching: {}\n")
    assert "sets aside" in cachemgr("responses", "expire", "--dry-run").out
    assert cachemgr("expire", "responses", "--ttl", "--dry-run").code == 0


def test_a_key_is_meant_before_the_beginning_of_a_digest(cachemgr: Program, directory: Path) -> None:
    with open_cache({"cache_dir": str(directory), "cleanup_interval_seconds": 0}) as cache:
        for key in "0123456789abcdef":
            cache.set(key, f"the answer to {key}")
    for key in "0123456789abcdef":
        assert cachemgr("responses", "get", key).out == f"the answer to {key}"


def test_the_command_that_says_yes_is_the_one_that_was_asked_for(cachemgr: Program, directory: Path) -> None:
    words = ("--older-than", "0s", "--never-expiring", "--force", "--dir", str(directory))
    said = cachemgr("responses", "expire", *words)
    assert said.code == 7
    assert f"run: cachemgr responses expire {' '.join(words)} --yes" in said.err


def test_what_is_damaged_is_not_unavailable(cachemgr: Program, directory: Path, project: Path) -> None:
    """Exit code 1, as that of `verify`: coming back later helps nobody."""
    (torn,) = directory.glob(f"??/{as_digest('key 1')}.json")
    torn.write_text("torn")
    said = cachemgr("responses", "get", "key 1")
    assert said.code == 1
    assert (
        "cannot be read: value and metadata do not belong together; `cachemgr responses verify`" in said.err
    )
    assert cachemgr("responses", "get", "key 2").code == 0
    packed = project / "packed"
    packed.mkdir()
    (packed / "responses.sqlite3").write_bytes(b"no database" * 1000)
    for words in (("stats",), ("ls",), ("get", "key"), ("expire", "--yes"), ("convert", "--to", "file")):
        said = cachemgr("responses", *words, "--dir", "packed", "--json")
        assert valid(said.out, "error")["kind"] == "damaged", words
        assert said.code == 1


def test_a_variable_that_says_null_says_nothing(
    cachemgr: Program, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHEMGR_CACHING__CACHE_DIR", "null")
    assert "3 entries" in cachemgr("responses", "stats").out
