"""The file layout of a response cache: names and versions, written down once.

    <root>/3f/3f9c…e1.json         the response, or `.json.zst` where it is compressed
    <root>/3f/3f9c…e1.meta.json    what it is, and until when; written last, so it commits the pair
    <root>/ca/cache:3f9c…e1.json   the same in the old key form, whose shard is the key's first letters
    <root>/te/test_key.json        the same under a key of somebody's own, which only the old code wrote

Nothing of ours is imported here: whoever looks for caches reads this module, and no other of the library.
"""

import re
from collections.abc import Iterable

VERSION = 2
"""Of the pairs we write. 1 is a pair without digest, as the old code left it."""
READABLE = 2
"""The newest `min_reader` whose pairs this code can read."""
KEY_SCHEME = 1

VALUE, COMPRESSED, METADATA = ".json", ".json.zst", ".meta.json"
OLD_TEMPORARY = ".tmp"
"""What the old code left when it was interrupted: the key and this."""
OLD_PREFIX = "cache:"
OLD_SHARD = "ca"

DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
SHARD = re.compile(r"[0-9a-f]{2}", re.ASCII)
MEMBER = re.compile(r"((?:cache:)?[0-9a-f]{64})(\.json|\.json\.zst|\.meta\.json|\.tmp)", re.ASCII)
"""A file of an entry: its key, with the old prefix where it has one, and which half it is."""
OWN_SHARD = re.compile(r"[^./\\][^/\\]?", re.DOTALL)
"""Where the old code put a key of somebody's own: below its first two letters, or its only one."""
TEMPORARY = re.compile(r"\.[0-9a-f]{64}\.\d+\.\d+\.\d+\.[0-9a-f]+\.tmp", re.ASCII)
"""`.<digest>.<pid>.<thread>.<count>.<random>.tmp`: no two writers ever share one."""


def own_keys(shard: str, names: Iterable[str]) -> frozenset[str]:
    """The keys of somebody's own in a shard, by its name: those of which both halves are there."""
    if not OWN_SHARD.fullmatch(shard):
        return frozenset()
    names = list(names)
    # Nearly all are digests, and a regular expression takes three times as long to say so.
    described = [name for name in names if name.endswith(METADATA) and name[:64].strip("0123456789abcdef")]
    keys = {name.removesuffix(METADATA) for name in described if not MEMBER.fullmatch(name)}
    there = frozenset(names if keys else ())
    return frozenset(key for key in keys if key[:2] == shard and key + VALUE in there)


MANIFEST = "cachemgr-cache.json"
LOCKS = ".lock"
INDEX = ".index.sqlite3"
DISCARDED = ".trash"
PACKED = "responses.sqlite3"
"""The `sqlite` backend's one file."""
UNFINISHED = PACKED + ".unfinished"
"""Beside pairs: not all of them have been copied into the database yet, and they count."""
TAG = "CACHEDIR.TAG"
TAG_CONTENT = b"""Signature: 8a477f597d28d172789f06886806bc55
# This file marks a directory of cached responses of language models, kept by cachemgr.
# https://bford.info/cachedir/
"""
OWN = frozenset((MANIFEST, LOCKS, INDEX, INDEX + "-wal", INDEX + "-shm", DISCARDED, TAG))
"""Names beside the shards that are ours and no entry's."""

NEVER = 253_402_300_800.0
"""`expires_at` of a response that is kept for ever: the first second of the year 10000. The old code needs a
number there, and `cachemgr` takes no later moment than the one before it for a date."""
ABANDONED = 3600
"""Seconds after which a half without its other half counts as given up."""
