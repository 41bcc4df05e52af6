"""The JSON Schema of the `caching` section says what the reader says, of every setting there is."""

import json
import warnings
from dataclasses import fields, is_dataclass
from importlib.resources import files
from operator import attrgetter
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml

from cachemgr.responses import CacheConfig, ConfigError, open_cache
from cachemgr.responses.config import LIMITS
from tests.responses.test_config import EXAMPLE

jsonschema = pytest.importorskip("jsonschema")


def schema() -> dict[str, Any]:
    text = files("cachemgr.present").joinpath("schemas", "caching.json").read_text(encoding="ascii")
    found: dict[str, Any] = json.loads(text)
    return found


def settings(kind: Any) -> dict[str, Any]:
    """Names, and below those that are sections theirs."""
    hints = get_type_hints(kind)
    found = {one.name: hints[one.name] for one in fields(kind)}
    return {name: settings(inner) if is_dataclass(inner) else None for name, inner in found.items()}


def described(section: dict[str, Any]) -> dict[str, Any]:
    return {
        name: described(inner) if "properties" in inner else None
        for name, inner in section["properties"].items()
    }


def test_every_setting_is_in_the_schema_and_nothing_else() -> None:
    assert described(schema()["properties"]["caching"]) == settings(CacheConfig)


def test_the_defaults_in_the_schema_are_the_defaults() -> None:
    said = {
        name: inner["default"]
        for name, inner in schema()["properties"]["caching"]["properties"].items()
        if "default" in inner
    }
    plain = CacheConfig()
    assert said == {name: getattr(plain, name) for name in said}
    assert "ttl_seconds" in said


def test_the_documents_example_is_valid() -> None:
    jsonschema.Draft202012Validator(schema()).validate(yaml.safe_load(EXAMPLE))


@pytest.mark.parametrize(
    ("section", "valid"),
    [
        ({}, True),
        ({"ttl_seconds": None, "backend": "sqlite", "low_water": 1}, True),
        ({"per_provider": {"openai/gpt-*": {"max_cache_size_mb": 3, "ttl_seconds": None}}}, True),
        (
            {"redis": {"fallback": "memory", "breaker": {"failures": 2}}, "key": {"scheme": 1, "ignore": []}},
            True,
        ),
        ({"per_provider": None}, True),
        ({"backend": "sqlit"}, False),
        ({"cache_dir": ""}, False),
        ({"cache_dir": "."}, False),
        ({"ttl_seconds": -1}, False),
        ({"ttl_seconds": "1d"}, False),
        ({"ttl_second": 5}, False),
        ({"low_water": 0}, False),
        ({"cache_dir": 5}, False),
        ({"stale_if_error_seconds": -1}, False),
        ({"max_entry_size_mb": float("inf")}, None),
        ({"key": {"scheme": 2}}, False),
        ({"compression": {"codec": "brotli"}}, False),
        ({"per_provider": {"openai": {"ttl": 3}}}, False),
        ({"per_provider": {"openai": 3}}, False),
        ({"redis": {"breaker": {"failures": "many"}}}, False),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_the_schema_agrees_with_the_reader(section: dict[str, Any], valid: bool | None) -> None:
    if valid is not None:  # JSON has no such numbers
        assert jsonschema.Draft202012Validator(schema()).is_valid({"caching": section}) is valid
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a name that nobody knows
        try:
            CacheConfig.from_dict(section)
        except (ConfigError, UserWarning):
            assert not valid
        else:
            assert valid


def nested(name: str, value: object) -> dict[str, Any]:
    first, _, rest = name.partition(".")
    return {first: nested(rest, value) if rest else value}


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_setting_beyond_what_can_be_meant_is_named(name: str, root: Path) -> None:
    """Instead of an application that fails later: by a size or a time without end, a share of zero."""
    least, most = LIMITS[name]
    whole = isinstance(attrgetter(name)(CacheConfig()), int)
    for value in (least - 1, most + most / 8):
        section = nested(name, int(value) if whole else value)
        assert not jsonschema.Draft202012Validator(schema()).is_valid({"caching": section})
        with pytest.raises(ConfigError, match=name.rpartition(".")[2]):
            CacheConfig.from_dict(section)
    for value in (least, most):
        section = nested(name, int(value) if whole else value)
        assert jsonschema.Draft202012Validator(schema()).is_valid({"caching": section})
        with open_cache({"cache_dir": str(root), **section}) as cache:
            cache.set("key", "x")
            cache.get("key")
    if not whole:
        for odd in (float("inf"), float("nan")):
            with pytest.raises(ConfigError):
                open_cache(nested(name, odd))


def test_a_rule_without_end_is_named() -> None:
    rules = {"openai": {"max_cache_size_mb": float("inf")}}
    for source in ({"per_provider": rules}, CacheConfig(per_provider=rules)):
        with pytest.raises(ConfigError, match="openai"):
            open_cache(source)
