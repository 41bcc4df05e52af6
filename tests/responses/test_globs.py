"""Patterns mean what `fnmatch` says, wherever they are looked up."""

import random
from fnmatch import fnmatchcase

import pytest

from cachemgr.responses import EntryQuery, RequestKey
from cachemgr.responses.config import MEGABYTE
from tests.responses.conftest import Opener

PROVIDERS = ("openai", "anthropic", "^a", "!a", "[a]", "a-b", "", "[", "é", "O")
PATTERNS = (
    "[!o]*",
    "[^o]*",
    "[!a]*",
    "[]^]*",
    "[^]*",
    "[!]",
    "[",
    "[a-",
    "[a-c]*",
    "[c-a]*",
    "*[-]*",
    "?",
    "*",
)


def patterns() -> tuple[str, ...]:
    dice = random.Random(5)
    return (*PATTERNS, *("".join(dice.choices("[]!^-ao*?", k=dice.randint(2, 6))) for _ in range(150)))


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
def test_what_is_listed_is_what_fnmatch_says(backend: str, opened: Opener) -> None:
    cache = opened(backend=backend)
    for provider in PROVIDERS:
        cache.set(RequestKey(provider, provider, "x"), "x")
    for pattern in patterns():
        meant = sorted(provider for provider in PROVIDERS if fnmatchcase(provider, pattern))
        for query in (EntryQuery(provider=pattern), EntryQuery(model=pattern)):
            assert sorted(entry.provider for entry in cache.entries(query)) == meant, pattern


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
def test_what_is_cleared_or_over_a_limit_is_no_other_providers(backend: str, opened: Opener) -> None:
    rules = {"[!o]*": {"max_cache_size_mb": 16384 / MEGABYTE}}
    cache = opened(backend=backend, max_cache_size_mb=None, per_provider=rules)
    for provider in ("openai", "anthropic"):
        for number in range(10):
            cache.set(RequestKey(provider, "m", f"{number}"), "x" * 3000)
    before = {line.group: line.disk_bytes for line in cache.status(group_by=("provider",))}
    assert cache.evict().removed.entries
    after = {line.group: line.disk_bytes for line in cache.status(group_by=("provider",))}
    assert after["openai",] == before["openai",]
    assert 0 < after["anthropic",] <= 16384
    assert cache.clear(EntryQuery(provider="[!o]*")).removed.entries
    assert [line.group for line in cache.status(group_by=("provider",))] == [("openai",)]
