"""One `.questfoundry/config.yml` means the same to the command line and to the library."""

import warnings
from pathlib import Path

import pytest

from cachemgr.domain.errors import ConfigError
from cachemgr.responses import open_cache
from tests.builders import tree
from tests.cli.conftest import Program

FILE = ".questfoundry/config.yml"
ACCEPTED = {
    "empty": "",
    "no section": "other: {backend: mine}\n",
    "no mapping": "- a\n",
    "nothing in it": "caching:\n",
    "rules commented out": "caching:\n  per_provider:\n",
    "null place": "caching:\n  cache_dir: null\n",
    "rule of a number": "caching:\n  per_provider:\n    123: {ttl_seconds: 5}\n",
    "null rule": "caching:\n  per_provider:\n    a: {ttl_seconds: null, enabled: true}\n",
    "someone's tag": "other: !theirs 3\ncaching:\n  ttl_seconds: 5\n",
    "twice elsewhere": "a: 1\na: 2\ncaching:\n  ttl_seconds: 5\n",
    "byte order mark": "\ufeffcaching:\n  ttl_seconds: 5\n",
    "infinite": "caching:\n  ttl_seconds: .inf\n",
    "merge": "caching:\n  per_provider:\n    a: &a {ttl_seconds: 5}\n    b: {<<: *a, enabled: true}\n",
    "unix socket": "caching: {backend: redis, redis: {url: 'unix:///tmp/x'}}\n",
    "memory": "caching: {backend: memory}\n",
    "someone's backend": "backend: theirs\nkey: 3\nenabled: 5\n",
}
REFUSED = {
    "scheme": (
        "caching:\n  backend: redis\n  redis:\n    url: http://x\n",
        4,
        "caching.redis.url` must begin",
    ),
    "port": ("caching:\n  backend: redis\n  redis: {url: 'redis://h:port/0'}\n", 3, "caching.redis.url`"),
    "option": ("caching:\n  backend: redis\n  redis: {url: 'redis://h/0?db=x'}\n", 3, "caching.redis.url`"),
    "inline": ("caching:\n  per_provider:\n    a: {ttl_seconds: x}\n", 3, "per_provider.a.ttl_seconds` "),
    "empty place": ("caching:\n  cache_dir: ''\n", 2, "`caching.cache_dir` is empty; it must be a path"),
    "blank place": ("caching:\n  cache_dir: '  '\n", 2, "`caching.cache_dir` is empty; it must be a path"),
    "whole": ("caching:\n  cache_dir: .\n", 2, "`caching.cache_dir` is the whole directory; name one in it"),
    "whole again": ("caching:\n  cache_dir: a/..\n", 2, "is the whole directory; name one in it"),
    "no path": ('caching:\n  cache_dir: "a\\0b"\n', 2, "`caching.cache_dir` is no path"),
    "key twice": (
        "caching:\n  backend: file\n  backend: sqlite\n",
        3,
        "`backend` is there twice, on line 2 as well; leave one",
    ),
    "section twice": ("caching: {}\ncaching: {}\n", 2, "`caching` is there twice, on line 1 as well"),
    "inner key twice": (
        "caching:\n  index:\n    flush_ms: 1\n    flush_ms: 2\n",
        4,
        "on line 3 as well",
    ),
    "null backend": ("caching:\n  backend: null\n", 2, "caching.backend`"),
    "rules of a list": ("caching:\n  per_provider: []\n", 2, "per_provider`"),
    "rule": ("caching:\n  per_provider:\n    a:\n      ttl_seconds: -1\n", 4, "per_provider.a.ttl_seconds`"),
    "not a number": ("caching:\n  ttl_seconds: .nan\n", 2, "caching.ttl_seconds`"),
    "beyond": ("caching:\n  max_cache_size_mb: 1.0e+13\n", 2, "caching.max_cache_size_mb`"),
    "nested": ("caching:\n  redis:\n    breaker: {failures: many}\n", 3, "caching.redis.breaker.failures`"),
}


def _write(project: Path, text: str) -> Path:
    tree(project, {FILE: text})
    return project / FILE


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_command_line_accepts_the_library_opens(name: str, cachemgr: Program, project: Path) -> None:
    file = _write(project, ACCEPTED[name])

    said = cachemgr("config", "validate")

    assert (said.code, said.err) == (0, "")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for source in (None, file):
            open_cache(source, read_only=True).close()


@pytest.mark.parametrize("name", REFUSED)
def test_what_one_refuses_the_other_refuses_with_the_line(
    name: str, cachemgr: Program, project: Path
) -> None:
    text, line, says = REFUSED[name]
    file = _write(project, text)

    said = cachemgr("config", "validate")

    assert said.code == 2
    assert said.err.startswith(f"cachemgr: {FILE}, line {line}: ")
    assert says in said.err
    for source, called in ((None, FILE), (file, str(file))):
        with pytest.raises(ConfigError) as caught:
            open_cache(source)
        assert str(caught.value).startswith(f"{called}, line {line}: ")
        assert says in str(caught.value)


@pytest.mark.parametrize(
    "text", ["backend: sqlite\n", "ttl_seconds: 5\nother: 3\n", "caching:\nbackend: file\n"]
)
def test_settings_outside_the_section_are_no_defaults(text: str, cachemgr: Program, project: Path) -> None:
    file = _write(project, text)

    said = cachemgr("config", "validate")

    assert said.code == 2
    assert "stands at top level; the settings of the response cache belong below `caching:`" in said.err
    for source in (None, file):
        with pytest.raises(ConfigError, match=r"config\.yml, line \d: .* belong below `caching:`"):
            open_cache(source)
    assert cachemgr("status").code == 0, "the file may be somebody else's as well"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_is_refused_by_both(encoding: str, cachemgr: Program, project: Path) -> None:
    file = _write(project, "")
    file.write_bytes("caching:\n  cache_dir: é\n".encode(encoding))

    said = cachemgr("config", "validate")

    assert said.code == 2
    with pytest.raises(ConfigError) as caught:
        open_cache()
    assert said.err == f"cachemgr: {caught.value}\n"


def test_a_section_that_is_misspelt_is_told(cachemgr: Program, project: Path) -> None:
    _write(project, "a: 1\ncacheing:\n  ttl_seconds: 5\n")

    said = cachemgr("config", "validate")

    sentence = f"{FILE}, line 2: unknown section `cacheing`, which changes nothing; did you mean `caching`?"
    assert (said.code, said.err) == (2, f"cachemgr: {sentence}\n")
    with pytest.warns(UserWarning, match="cacheing") as told:
        open_cache(read_only=True).close()
    assert [(str(one.message), one.filename) for one in told] == [(sentence, __file__)]


def test_a_name_that_nobody_knows_is_warned_about_where_the_program_called(
    project: Path,
) -> None:
    file = _write(project, "caching:\n  index:\n    flush_m: 5\n  ttl_secons: 5\n")

    with pytest.warns(UserWarning, match="unknown key") as told:
        open_cache(file, read_only=True).close()

    assert [str(one.message) for one in told] == [
        f"{file}, line {line}: unknown key `caching.{key}`, which changes nothing; did you mean `{meant}`?"
        for line, key, meant in ((4, "ttl_secons", "ttl_seconds"), (3, "index.flush_m", "flush_ms"))
    ]
    assert {one.filename for one in told} == {__file__}


def test_a_name_that_nobody_knows_deeper_down_is_refused(cachemgr: Program, project: Path) -> None:
    _write(project, "caching:\n  index:\n    flush_m: 5\n")

    said = cachemgr("config", "validate")

    assert said.code == 2
    assert said.err.startswith(f"cachemgr: {FILE}, line 3: unknown key `caching.index.flush_m`")


def test_a_section_within_itself_is_none(cachemgr: Program, project: Path) -> None:
    _write(project, "caching:\n  caching:\n    ttl_seconds: 5\n")

    assert cachemgr("config", "validate").code == 2
    with (
        pytest.warns(UserWarning, match="line 2: unknown key `caching.caching`, which changes nothing"),
        open_cache(read_only=True) as cache,
    ):
        assert cache.config.ttl_seconds == 86_400


@pytest.mark.parametrize("source", ["", " ", ".", Path()], ids=repr)
def test_the_working_directory_of_a_project_opens_no_cache(
    source: str | Path, cachemgr: Program, project: Path
) -> None:
    _write(project, "")

    with pytest.raises(ConfigError, match=r"no place for a cache|names no directory"):
        open_cache(source)


def test_an_empty_working_directory_becomes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with open_cache(".") as cache:
            cache.set("key", "x")
        assert cache.place == str(tmp_path)


def test_a_package_that_is_missing_here_is_no_mistake_of_the_file(
    cachemgr: Program, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cachemgr.responses import codec

    monkeypatch.setattr(codec, "_zstd", lambda: None)
    _write(project, "caching: {compression: {codec: zstd}}\n")

    said = cachemgr("config", "validate")

    assert said.code == 0
    assert "needs: pip install" in said.err


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "REDIS__URL",
            "http://x",
            "CACHEMGR_CACHING__REDIS__URL: `caching.redis.url` must begin with redis://",
        ),
        (
            "PER_PROVIDER",
            '{"openai": {"ttl": 5}}',
            "CACHEMGR_CACHING__PER_PROVIDER: unknown key `caching.per_provider.openai.ttl`",
        ),
    ],
)
def test_what_a_variable_says_is_no_mistake_of_the_file(
    name: str, value: str, says: str, cachemgr: Program, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(project, "caching:\n  backend: redis\n")
    monkeypatch.setenv(f"CACHEMGR_CACHING__{name}", value)

    said = cachemgr("config", "validate")

    assert said.code == 2
    assert said.err.startswith(f"cachemgr: {says}")
    with pytest.raises((ConfigError, UserWarning)) as caught:
        open_cache(file, read_only=True)
    assert str(caught.value).startswith(says)


def test_what_a_variable_says_wrong_is_told_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the variable's, and not again as the file's, which knows nothing of it."""
    file = _write(project, "caching:\n  redis:\n    prefix: mine\n")
    monkeypatch.setenv("CACHEMGR_CACHING__REDIS", '{"nobody": 1}')

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        open_cache(file, read_only=True).close()

    assert [str(one.message).partition(":")[0] for one in told] == ["CACHEMGR_CACHING__REDIS"]
