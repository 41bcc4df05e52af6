"""Keys of 64 digits that begin alike, as somebody numbers them: an index knows a digest by a number."""

import random

import pytest

from cachemgr.responses.index_sql import number_of, numbers_of_shard
from tests.responses.conftest import Hands, Opener

KEYS = [f"{number:064x}" for number in range(40)]


@pytest.mark.parametrize("backend", ["file", "sqlite", "memory"])
def test_digests_that_begin_alike_are_answers_of_their_own(
    backend: str, opened: Opener, hands: Hands
) -> None:
    cache = opened(backend=backend)
    for turn in range(2):
        assert all(cache.set(key, f"{turn} {key}", ttl=10) for key in KEYS)
    assert cache.delete(KEYS[3])
    assert cache.touch(KEYS[1], 50)

    found = [cache.get(key) for key in KEYS]
    assert [hit and hit.value for hit in found] == [None if key == KEYS[3] else f"1 {key}" for key in KEYS]
    assert cache.status()[0].entries == len(list(cache.entries())) == 39
    assert cache.verify().sound
    hands.pass_by(20)
    assert cache.expire().removed.entries == 38
    assert cache.status()[0].entries == 1
    assert cache.get(KEYS[1])


def test_a_number_is_one_of_its_shard() -> None:
    dice = random.Random(1)
    digests = [f"{dice.getrandbits(256):064x}" for _ in range(2000)] + ["f" * 64, "0" * 64, "7" + "f" * 63]
    for digest in digests:
        first, last = numbers_of_shard(int(digest[:2], 16))
        assert first <= number_of(digest) <= last
    assert len({number_of(digest) for digest in digests}) == len(digests)
