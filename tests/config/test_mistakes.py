"""Every mistake in a configuration is one sentence with the file, the line, the key and the way out."""

import os
import sys
from pathlib import Path

import pytest

from cachemgr.domain.errors import ConfigError
from tests.config.projects import HARDWARE, Ground


def sentence(ground: Ground) -> str:
    with pytest.raises(ConfigError) as raised:
        ground.load()
    text = str(raised.value)
    assert raised.value.exit_code == 2
    assert text.isprintable(), "one line, and nothing that a terminal would act on"
    assert len(text) < 600
    return text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('disposl = "trash"', "line 1: unknown key `disposl`; did you mean `disposal`?"),
        (
            '# disposal\n\ndisposal = "bin"',
            "line 3: `disposal` is 'bin'; it must be delete, quarantine or trash",
        ),
        ('disposal = "quarantin"', "(did you mean quarantine?)"),
        ('retention_days = "7"', "line 1: `retention_days` must be a whole number, not text in quotes"),
        ("retention_days = -1", "`retention_days` must be a whole number >= 0"),
        ("retention_days = 99999999", "`retention_days` must be a whole number <= 36500"),
        ("retention_days = true", "`retention_days` must be a whole number, not true or false"),
        ("si = 1", "`si` must be true or false, not a whole number"),
        ('[roots]\nhf_hom = "x"', "line 2: unknown key `roots.hf_hom`; did you mean `hf_home`?"),
        ('[roots]\nqqq = "x"', "the keys here are hf_home, torch_home, mlx_home, applications"),
        ("[roots]\nhf_home = 3", "line 2: `roots.hf_home` must be text in quotes"),
        ('[roots.applications]\na = "x"\nb = 3', "line 3: `roots.applications.b` must be text in quotes"),
        ('[[cache]]\nname = "x"', "`cache[1]` has no `path`"),
        (
            '[[cache]]\nname = "x"\npath = "y"\n[[cache]]\nname = "z"\npath = "y"\ncategory = "app"',
            "line 7: `cache[2].category` is 'app'; it must be models, apps, responses, packages or builds",
        ),
        ('[[cache]]\nname = "all"\npath = "y"', "line 2: 'all' is a word of the command line"),
        ('[[cache]]\nname = "a@b"\npath = "y"', "line 2: 'a@b' cannot be a cache's name"),
        ('[[cache]]\nname = ""\npath = "y"', "'' cannot be a cache's name"),
        ("cache = 3", "`cache` must be a list"),
        ("roots = []", "`roots` must be a table"),
        ('[roots]\nhf_home = ""', "line 2: `roots.hf_home` is empty"),
        ('[roots]\nhf_home = "$HF/x"', "`roots.hf_home` is '$HF/x', which nothing expands here"),
        ('[roots]\nhf_home = "~bob/x"', "which nothing expands here"),
        ('[roots]\nhf_home = "."', "`roots.hf_home` is the whole directory"),
        ('[roots]\nhf_home = "a/.."', "`roots.hf_home` is the whole directory"),
        ('[roots]\nhf_home = "a\\u0000b"', "`roots.hf_home` is no path"),
        ("x = ", "not TOML"),
        ('a = "x"\na = "y"', "not TOML"),
        (
            'si = true\n[caching]\nbackend = "file"',
            "line 2: `caching` is no section of this file; the settings of the response cache are read from"
            " .questfoundry/config.yml",
        ),
    ],
)
def test_our_own_file(ground: Ground, text: str, says: str) -> None:
    ground.own(text)

    said = sentence(ground)

    assert said.startswith("cachemgr.toml")
    assert says in said


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"hf_hoem": "x"}, "line 6: unknown key `cache.hf_hoem`; did you mean `hf_home`?"),
        ({"torch_home": 3}, "line 6: `cache.torch_home` must be text in quotes, not a whole number"),
        ({"torch_home": ""}, "`cache.torch_home` is empty"),
        ({"torch_home": "~/torch"}, "`cache.torch_home` is '~/torch', which nothing expands here"),
        ({"application_caches": {"tmdb": None}}, "`cache.application_caches.tmdb` must be text in quotes"),
        ({"application_caches": []}, "`cache.application_caches` must be a table, not a list"),
        ({"application_caches": {"legacy": "x"}}, "'legacy' is a word of the command line"),
        ({"application_caches": {"\u202etmdb": "x"}}, "\\u202e"),
        ("x", "`cache` must be a table, not text in quotes"),
    ],
)
def test_the_hardware_cache(ground: Ground, section: object, says: str) -> None:
    ground.hardware(section)

    said = sentence(ground)

    assert said.startswith("config/hardware_cache.json")
    assert says in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("caching:\n  cach_dir: x\n", "line 2: unknown key `caching.cach_dir`; did you mean `cache_dir`?"),
        (
            "caching:\n  ttl_seconds: soon\n",
            "`caching.ttl_seconds` must be a number or null, not text",
        ),
        ("caching:\n  ttl_seconds: -1\n", "`caching.ttl_seconds` must be a number >= 0 or null"),
        ("caching:\n  per_provider:\n    openai:\n      ttl: 3\n", "line 4: unknown key"),
        ("caching:\n  compression: zstd\n", "`caching.compression` must be a mapping, not text"),
        ("caching:\n  backend: null\n", "`caching.backend` must be text, not null"),
        ("caching: yes\n", "`caching` must be a mapping, not true or false"),
        ("caching: [\n", "not YAML"),
        ("a: b: c\n", "line 1: not YAML"),
        ("caching:\n  cache_dir: !!python/object/apply:os.system [id]\n", "not YAML"),
        ("caching:\n\tenabled: true\n", "line 2: not YAML"),
        ("caching: {cache_dir: 2026-99-99}\n", ".questfoundry/config.yml"),
    ],
)
def test_the_caching_section(ground: Ground, text: str, says: str) -> None:
    ground.caching(text)

    said = sentence(ground)

    assert said.startswith(".questfoundry/config.yml")
    assert says in said


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
CYCLE = "caching: &c\n  per_provider: *c\n"


@pytest.mark.parametrize(
    "content",
    [
        b"a\x00b",
        b"\xff\xfe[\x00",
        b"# \xe9\n",
        b"#" * 5_000_000,
        b"\x1b]0;owned\x07 = 1",
        ("[" * 100_000).encode(),
        ("{" * 50_000).encode(),
        (BOMB + "caching:\n  per_provider: {x: *h}\n").encode(),
        CYCLE.encode(),
        b"? {a: b}\n: c\ncaching: 3\n",
    ],
    ids=["nul", "utf-16", "latin-1", "5 MB", "escapes", "deep", "braces", "bomb", "cycle", "odd key"],
)
@pytest.mark.parametrize("file", ["own", "users", "hardware_text", "caching"])
def test_a_hostile_file_is_one_sentence(ground: Ground, file: str, content: bytes) -> None:
    getattr(ground, file)(content)

    sentence(ground)


def test_a_number_of_thousands_of_digits_is_one_sentence(ground: Ground) -> None:
    ground.own("retention_days = " + "9" * 5000)

    sentence(ground)


@pytest.mark.parametrize(
    "line", ["a." * 120_000 + "a = 1", "[" + "a." * 120_000 + "a]"], ids=["key", "table"]
)
def test_a_dotted_key_does_not_take_all_memory(ground: Ground, line: str) -> None:
    ground.own(line)

    assert "dots" in sentence(ground)


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs are a POSIX thing")
def test_a_fifo_is_not_waited_for(ground: Ground) -> None:
    os.mkfifo(ground.project / "cachemgr.toml")

    assert "not a regular file" in sentence(ground)


def test_a_directory_in_the_place_of_a_file_is_one_sentence(ground: Ground) -> None:
    (ground.project / "cachemgr.toml").mkdir()

    sentence(ground)


def test_a_named_file_has_to_exist(ground: Ground) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        ground.load(config_file=Path("/nowhere/at/all.toml"))


def test_a_users_path_has_to_be_absolute(ground: Ground) -> None:
    ground.users('[roots]\nhf_home = "hf"\n')

    assert "must be absolute or begin with ~/" in sentence(ground)


def test_a_line_is_that_of_the_key_even_where_comments_and_values_look_like_it(ground: Ground) -> None:
    ground.own('# si = true\ndisposal = "trash" # si = 1\nsi = 3\n')

    assert ", line 3: `si`" in sentence(ground)


def test_nothing_is_wrong_with_what_existing_projects_have(ground: Ground) -> None:
    ground.hardware(HARDWARE)
    ground.caching()

    assert len(ground.load().files) == 2
