"""`cachemgr config show`: every setting of the response cache, with the place its value came from."""

import json
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses import CacheConfig
from cachemgr.responses.config_variables import PREFIX, names
from tests.builders import tree
from tests.cli.conftest import Program
from tests.cli.test_schemas import valid

FILE = ".questfoundry/config.yml"
SECTION = """\
# who asks what
caching:
  ttl_seconds: 60
  cache_dir: answers
  redis:
    url: redis://ada:opensesame@10.0.0.1:6379/0?password=opensesame
    breaker:
      failures: 9
"""
DEFAULT = {"source": "default", "key": "", "line": None}


def shown(cachemgr: Program) -> dict[str, Any]:
    """The rows of the section by their names in it."""
    rows = valid(cachemgr("config", "show", "--json").out, "config")["values"]
    assert isinstance(rows, list)
    return {row["key"].removeprefix("caching."): row for row in rows if row["key"].startswith("caching.")}


def from_file(key: str, line: int) -> dict[str, Any]:
    return {"source": FILE, "key": f"caching.{key}", "line": line}


def test_every_setting_is_there_and_unset_ones_are_defaults(cachemgr: Program, project: Path) -> None:
    rows = shown(cachemgr)

    assert [PREFIX + key.replace(".", "__").upper() for key in rows] == list(names())
    assert all(row["origin"] == DEFAULT for row in rows.values())
    assert (rows["ttl_seconds"]["value"], rows["low_water"]["value"]) == (86_400, CacheConfig().low_water)
    assert rows["cache_dir"]["value"] == str(project / ".questfoundry" / "cache")
    assert json.loads(rows["key.ignore"]["value"]) == sorted(CacheConfig().key.ignore)


def test_a_value_of_the_file_has_its_line_and_no_password_is_shown(cachemgr: Program, project: Path) -> None:
    tree(project, {FILE: SECTION})

    rows, said = shown(cachemgr), cachemgr("config", "show")

    assert rows["ttl_seconds"]["value"] == 60
    assert rows["ttl_seconds"]["origin"] == from_file("ttl_seconds", 3)
    assert rows["cache_dir"]["value"] == str(project / "answers")
    assert rows["redis.breaker.failures"]["origin"] == from_file("redis.breaker.failures", 8)
    assert rows["redis.breaker.open_seconds"]["origin"] == DEFAULT
    assert rows["redis.url"]["value"] == "redis://ada:***@10.0.0.1:6379/0?password=***"
    assert "opensesame" not in said.out + json.dumps(rows)
    (line,) = (line for line in said.out.splitlines() if line.startswith("caching.ttl_seconds"))
    assert line.split() == ["caching.ttl_seconds", "60", f"{FILE}:3"]


def test_a_variable_beats_the_file_and_is_named(
    cachemgr: Program, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(project, {FILE: SECTION})
    monkeypatch.setenv(f"{PREFIX}TTL_SECONDS", "null")
    monkeypatch.setenv(f"{PREFIX}REDIS", '{"prefix": "x:", "url": "redis://:opensesame@h/0"}')
    monkeypatch.setenv(f"{PREFIX}CACHE_DIR", "mine")
    monkeypatch.setenv(f"{PREFIX}FSYNC", " ")

    rows = shown(cachemgr)

    assert (rows["ttl_seconds"]["value"], rows["ttl_seconds"]["origin"]["key"]) == (
        None,
        f"{PREFIX}TTL_SECONDS",
    )
    assert rows["redis.prefix"]["origin"] == {"source": "environment", "key": f"{PREFIX}REDIS", "line": None}
    assert rows["redis.url"]["value"] == "redis://:***@h/0"
    assert rows["cache_dir"]["value"] == str(project / "mine")
    assert rows["fsync"]["origin"] == DEFAULT
    assert rows["redis.breaker.failures"]["origin"] == from_file("redis.breaker.failures", 8)


@pytest.mark.parametrize("command", ["show", "validate"])
def test_a_variable_that_cannot_be_meant_is_said(
    command: str, cachemgr: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}TTL_SECOND", "5")

    said = cachemgr("config", command)

    assert (said.code, said.out) == (2, "")
    assert f"did you mean {PREFIX}TTL_SECONDS?" in said.err


def test_yes_and_no_are_as_a_file_says_them(cachemgr: Program) -> None:
    rows = dict(line.split()[:2] for line in cachemgr("config", "show").out.splitlines())

    assert (rows["si"], rows["caching.enabled"]) == ("false", "true")
