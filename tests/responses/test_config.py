"""The `caching:` section: the document's example as it stands, and mistakes in one said clearly."""

from pathlib import Path
from typing import Any

import pytest

from cachemgr.domain.errors import ConfigError
from cachemgr.responses import CacheConfig, ResponseCache, open_cache

EXAMPLE = """\
# .questfoundry/config.yml
caching:
  enabled: true
  backend: file
  cache_dir: .questfoundry/cache
  ttl_seconds: 86400
  max_cache_size_mb: 500
  cleanup_interval_seconds: 3600

  # Per-provider overrides
  per_provider:
    openai:
      ttl_seconds: 172800  # 48 hours
    ollama:
      enabled: false  # Don't cache local LLM responses
    gemini:
      ttl_seconds: 86400
"""


def project(tmp_path: Path, text: str) -> Path:
    file = tmp_path / ".questfoundry" / "config.yml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return file


def test_the_documents_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project(tmp_path, EXAMPLE)
    with open_cache(file) as cache:
        assert cache.place == str(tmp_path / ".questfoundry" / "cache")
        assert cache.config.get_ttl_for_provider("openai") == 172_800
        assert cache.config.get_ttl_for_provider("anthropic") == 86_400
        assert not cache.config.is_enabled_for_provider("ollama")
        assert cache.config.is_enabled_for_provider("gemini")
        assert cache.config.limit_bytes == 500 * 1024 * 1024
    monkeypatch.chdir(tmp_path)
    with open_cache() as found:
        assert found.config == cache.config


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_cache() as cache:
        assert cache.place == str(tmp_path / ".questfoundry" / "cache")
        assert cache.config == CacheConfig()
    assert not list(tmp_path.iterdir()), "opening touches nothing"


def test_a_directory_is_a_cache(tmp_path: Path) -> None:
    with open_cache(tmp_path / "mine") as cache:
        assert cache.place == str(tmp_path / "mine")


def test_the_documents_class(tmp_path: Path) -> None:
    config = CacheConfig.from_dict({"cache_dir": str(tmp_path), "ttl_seconds": 5})
    assert config.cache_dir == tmp_path
    assert config.ttl_seconds == 5
    assert CacheConfig.from_dict({"cache_dir": tmp_path}).cache_dir == tmp_path
    assert CacheConfig(per_provider={"openai": {"ttl_seconds": 7}}).get_ttl_for_provider("openai") == 7


def test_a_section_within_its_name() -> None:
    assert CacheConfig.from_dict({"caching": {"ttl_seconds": 5}}).ttl_seconds == 5


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"backend": "memcached"}, "backend"),
        ({"ttl_seconds": -1}, "cannot be -1"),
        ({"ttl_seconds": "1d"}, "ttl_seconds"),
        ({"ttl_seconds": True}, "ttl_seconds"),
        ({"max_cache_size_mb": -5}, "max_cache_size_mb"),
        ({"low_water": 0}, "low_water"),
        ({"key": {"scheme": 3}}, "scheme"),
        ({"compression": {"codec": "brotli"}}, "compression.codec"),
        ({"per_provider": ["openai"]}, "per_provider"),
        ({"per_provider": {"openai": 5}}, "per_provider.openai"),
        ({"per_provider": {"openai": {"ttl_seconds": -1}}}, "ttl_seconds"),
        ({"per_provider": {"openai": {"enabled": 1}}}, "enabled"),
        ([], "must be a mapping"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(section: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        CacheConfig.from_dict(section)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"ttl_second": 5}, "`caching.ttl_second`, which changes nothing; did you mean `ttl_seconds`"),
        ({"redis": {"uri": "x"}}, "`caching.redis.uri`, which changes nothing; did you mean `url`"),
        (
            {"per_provider": {"openai": {"ttl": 5}}},
            "`caching.per_provider.openai.ttl`, which changes nothing; did you mean `ttl_seconds`",
        ),
    ],
)
def test_a_name_nobody_knows_is_warned_about_with_the_nearest(section: dict[str, Any], words: str) -> None:
    with pytest.warns(UserWarning, match=words):
        CacheConfig.from_dict(section)


@pytest.mark.parametrize("text", ["caching: [", "caching: !!python/object/apply:os.getcwd []", "a: b: c"])
def test_a_file_that_is_no_configuration(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yml"):
        open_cache(project(tmp_path, text))


def test_zstd_is_asked_for_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from cachemgr.responses import codec

    monkeypatch.setattr(codec, "_zstd", lambda: None)
    with pytest.raises(ConfigError, match="pip install"):
        open_cache({"compression": {"codec": "zstd"}})


def test_a_choice_that_is_misspelt_is_told_the_nearest_with_its_line(tmp_path: Path) -> None:
    file = project(tmp_path, "caching:\n  enabled: true\n  backend: sqlit\n")
    with pytest.raises(ConfigError) as caught:
        open_cache(file)
    said = str(caught.value)
    assert "config.yml, line 3: `caching.backend` is 'sqlit'" in said
    assert "it must be file, memory, sqlite or redis (did you mean sqlite?)" in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "caching:\n  redis:\n    breaker: {failures: many}\n",
            "config.yml, line 3: `caching.redis.breaker.failures`",
        ),
        ("caching:\n  per_provider:\n    openai:\n      ttl_seconds: soon\n", "config.yml, line 4: "),
        ("caching:\n  ttl_seconds: -1\n", "config.yml, line 2: `caching.ttl_seconds`"),
        ("a: 1\ncaching: 5\n", "config.yml, line 2: `caching` must be a mapping, not int"),
        (
            "caching:\n  cache_dir: 5\n",
            "config.yml, line 2: `caching.cache_dir` must be text, not a whole number",
        ),
    ],
    ids=["nested", "rule", "negative", "no mapping", "path"],
)
def test_a_mistake_has_its_line(text: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_cache(project(tmp_path, text))
    assert line in str(caught.value)


def test_bad_yaml_is_one_sentence_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_cache(project(tmp_path, "caching:\n  a: [1\n b: 2\n"))
    assert "config.yml, line 3: not YAML: expected ',' or ']'" in str(caught.value)
    assert "\\x0a" not in str(caught.value)


@pytest.mark.parametrize("source", [{"cache_dir": 5}, 5, ["x"]], ids=["path", "number", "list"])
def test_what_opens_no_cache_is_a_configuration_error(source: Any) -> None:
    with pytest.raises(ConfigError):
        open_cache(source)


@pytest.mark.parametrize("place", ["~", "~/x", "$HOME/x", "sub/${NAME}", "%LOCALAPPDATA%/x"])
def test_a_place_that_nothing_expands_is_refused(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a file, or in what a program read of one; as `cachemgr status` says it of the same file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="nothing expands here; write the path out"):
        open_cache({"cache_dir": place})
    assert not list(tmp_path.iterdir())
    file = project(tmp_path, f'caching:\n  cache_dir: "{place}"\n')
    with pytest.raises(ConfigError, match=r"config\.yml, line 2: .*nothing expands here; write the path out"):
        open_cache(file)


def test_a_program_that_means_its_home_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory `~` would be made where it happens to run."""
    monkeypatch.chdir(tmp_path)
    for source in ("~/x", Path("~/x"), CacheConfig(cache_dir=Path("~")), {"cache_dir": Path("~/x")}):
        with pytest.raises(ConfigError, match="write the path out"):
            open_cache(source)
    with pytest.raises(ConfigError, match="write the path out"):
        ResponseCache("~/x")
    with open_cache(tmp_path / "price in $US") as cache:
        cache.set("key", "x")
        with pytest.raises(ValueError, match="write the path out"):
            cache.export("~/x")
        assert cache.export(tmp_path / "~").entries == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["price in $US", "~"]


def test_another_kind_of_file_opens_no_cache(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[caching]\n")
    with pytest.raises(ConfigError, match=r"config\.toml is a file; .* ends in \.yml or \.yaml"):
        open_cache(file)
