"""`CACHEMGR_CACHING__…`: above a file, below what a program says itself."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses import CacheConfig, ConfigError, ResponseCache, open_cache
from cachemgr.responses.config_variables import names

FILE = "caching:\n  ttl_seconds: 5\n  max_cache_size_mb: 7\n  redis: {prefix: mine}\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / ".questfoundry" / "config.yml"
    path.parent.mkdir()
    path.write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


def test_a_variable_beats_the_file_and_nothing_else_of_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHEMGR_CACHING__TTL_SECONDS", "3600")
    monkeypatch.setenv("CACHEMGR_CACHING__REDIS__URL", "redis://here/1")
    for source in (file, None):
        config = open_cache(source).config
        assert config.ttl_seconds == 3600
        assert config.max_cache_size_mb == 7
        assert (config.redis.url, config.redis.prefix) == ("redis://here/1", "mine")


def test_what_a_program_says_beats_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHEMGR_CACHING__TTL_SECONDS", "3600")
    monkeypatch.setenv("CACHEMGR_CACHING__ENABLED", "false")
    config = open_cache({"ttl_seconds": 9}).config
    assert (config.ttl_seconds, config.enabled) == (9, False)
    assert open_cache(CacheConfig()).config == CacheConfig()
    assert open_cache(tmp_path / "mine").config.ttl_seconds == 3600
    assert ResponseCache(tmp_path / "old", ttl_seconds=8).cache.config.ttl_seconds == 8


def test_values_are_json_or_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = {
        "TTL_SECONDS": "null",
        "MAX_CACHE_SIZE_MB": "1.5",
        "BACKEND": "sqlite",
        "CACHE_DIR": str(tmp_path / "there"),
        "FSYNC": "true",
        "PER_PROVIDER": json.dumps({"openai": {"ttl_seconds": 60}}),
        "KEY__IGNORE": '["seed"]',
        "REDIS__BREAKER__FAILURES": "3",
        "STORE_PROMPTS": "",
    }
    for name, value in said.items():
        monkeypatch.setenv(f"CACHEMGR_CACHING__{name}", value)
    config = open_cache().config
    assert config.ttl_seconds is None
    assert (config.max_cache_size_mb, config.backend, config.fsync) == (1.5, "sqlite", True)
    assert config.cache_dir == tmp_path / "there"
    assert config.get_ttl_for_provider("openai") == 60
    assert config.key.ignore == {"seed"}
    assert config.redis.breaker.failures == 3
    assert not config.store_prompts


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "TTL_SECOND",
            "5",
            "CACHEMGR_CACHING__TTL_SECOND is set, .* did you mean CACHEMGR_CACHING__TTL_SECONDS",
        ),
        ("TTL_SECONDS", "1d", "CACHEMGR_CACHING__TTL_SECONDS: .* must be a number"),
        ("BACKEND", "sqlit", "CACHEMGR_CACHING__BACKEND: .*did you mean sqlite"),
        ("PER_PROVIDER", "openai", "CACHEMGR_CACHING__PER_PROVIDER .*JSON"),
        ("MAX_CACHE_SIZE_MB", "NaN", "CACHEMGR_CACHING__MAX_CACHE_SIZE_MB"),
    ],
    ids=["name", "number", "choice", "mapping", "nan"],
)
def test_a_mistake_names_the_variable(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CACHEMGR_CACHING__{name}", value)
    with pytest.raises(ConfigError, match=words):
        open_cache({})


def test_every_setting_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "CACHEMGR_CACHING__STALE_IF_ERROR_SECONDS" in names()
    assert "CACHEMGR_CACHING__SINGLE_FLIGHT__LOCK_TIMEOUT_SECONDS" in names()
    for name in names():
        monkeypatch.setenv(name, "")
    given: dict[str, Any] = {}
    assert open_cache(given).config == CacheConfig()


def test_the_commands_look_where_the_variable_leads(tmp_path: Path) -> None:
    there, home, project = tmp_path / "elsewhere", tmp_path / "home", tmp_path / "project"
    home.mkdir()
    project.mkdir()
    with open_cache({"cache_dir": str(there)}) as cache:
        cache.set("a question", "an answer")
    env = {
        **os.environ,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "CACHEMGR_CACHING__CACHE_DIR": str(there),
    }

    def said(*words: str) -> Any:
        command = [sys.executable, "-m", "cachemgr", "--project", str(project), *words, "--json"]
        return json.loads(
            subprocess.run(command, env=env, cwd=project, capture_output=True, check=True).stdout
        )

    assert said("responses", "stats")["totals"][0]["entries"] == 1
    (found,) = [one for one in said("status", "responses")["caches"] if one["state"] == "ok"]
    assert found["id"] == "responses@env"
    assert found["path"] == str(there)


@pytest.mark.parametrize("place", ["~", "~/x", "$HOME/x", "${XDG_CACHE_HOME}/x", "sub/$NAME"])
def test_a_place_that_no_shell_expanded_is_refused(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CACHEMGR_CACHING__CACHE_DIR", place)
    with pytest.raises(ConfigError, match=r"CACHE_DIR is .*; write the whole path"):
        open_cache()
    assert not list(tmp_path.iterdir())
