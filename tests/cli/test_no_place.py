"""An unset variable of a script (`--home "$GONE"`) is no directory, least of all the working one."""

from pathlib import Path

import pytest

from tests.builders import fingerprint
from tests.cli.conftest import Program


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "--home", ""),
        ("status", "--project", ""),
        ("status", "--config", ""),
        ("responses", "expire", "--dir", "", "--older-than", "0s", "--never-expiring", "--yes"),
        ("responses", "convert", "--to", "sqlite", "--out", ""),
        ("tiktoken", "warm", "--dir", ""),
        ("tiktoken", "warm", "--from", ""),
        ("tiktoken", "verify", "--dir", ""),
        ("tiktoken", "bundle", ""),
        ("migrate", "torch-hub@home", "--to", "", "--yes"),
        ("demo", "--status", "--dir", ""),
        ("clear", "tmdb", "--plan", ""),
        ("apply", ""),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_a_usage_error(arguments: tuple[str, ...], cachemgr: Program, caches: Path) -> None:
    before = fingerprint(caches)

    said = cachemgr(*arguments)

    assert (said.code, said.out) == (2, "")
    assert "it is empty; name a" in said.err
    assert fingerprint(caches) == before
