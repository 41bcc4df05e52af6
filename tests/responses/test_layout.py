"""What lies on the disk: what people and other programs may rely on."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from cachemgr.responses import RequestKey, Usage
from tests.responses.conftest import Opener

KEY = RequestKey("openai", "gpt-4o", "hello", 0.7, 2000)
DIGEST = KEY.digest()


def test_a_pair(opened: Opener, root: Path) -> None:
    cache = opened()
    cache.set(KEY, {"a": [1, "ü"]}, usage=Usage(150, 250))
    value, metadata = root / DIGEST[:2] / f"{DIGEST}.json", root / DIGEST[:2] / f"{DIGEST}.meta.json"
    assert json.loads(value.read_text("utf-8")) == {"a": [1, "ü"]}
    assert json.loads(metadata.read_text("utf-8")) == {
        "timestamp": 1_800_000_000.0,
        "ttl_seconds": 86_400.0,
        "expires_at": 1_800_086_400.0,
        "request_tokens": 150,
        "response_tokens": 250,
        "cost_usd": 0.0,
        "provider": "openai",
        "model": "gpt-4o",
        "format_version": 2,
        "key": DIGEST,
        "namespace": "",
        "created_at_ms": 1_800_000_000_000,
        "expires_at_ms": 1_800_086_400_000,
        "payload_sha256": hashlib.sha256(value.read_bytes()).hexdigest(),
        "payload_bytes": value.stat().st_size,
        "content": "json",
        "encoding": "identity",
        "writer": f"cachemgr/{os.getpid()}",
        "prompt": None,
    }


def test_a_text_is_itself(opened: Opener, root: Path) -> None:
    opened().set(KEY, "It scatters.")
    assert (root / DIGEST[:2] / f"{DIGEST}.json").read_bytes() == b"It scatters."


def test_no_end_is_the_year_10000(opened: Opener, root: Path) -> None:
    """A number, since the document's code compares it; one that no date can be, so nobody expires it."""
    opened().set(KEY, "hi", ttl=None)
    said = json.loads((root / DIGEST[:2] / f"{DIGEST}.meta.json").read_text())
    assert (said["expires_at"], said["expires_at_ms"], said["ttl_seconds"]) == (253_402_300_800.0, None, None)


def test_the_directory_says_whose_it_is(opened: Opener, root: Path) -> None:
    opened().set(KEY, "hi")
    said = json.loads((root / "cachemgr-cache.json").read_text())
    assert (said["format"], said["version"], said["min_reader"]) == ("cachemgr.responses", 2, 1)
    assert (root / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_answers_are_for_nobody_elses_eyes(opened: Opener, root: Path) -> None:
    before = os.umask(0)
    try:
        cache = opened()
        cache.set(KEY, "hi")
        cache.status()
    finally:
        os.umask(before)
    for path in [root, *root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_prompts_are_kept_only_where_that_is_asked_for(opened: Opener, root: Path) -> None:
    file = root / DIGEST[:2] / f"{DIGEST}.meta.json"
    opened().set(KEY, "hi")
    assert b"hello" not in file.read_bytes()
    opened(store_prompts=True).set(KEY, "hi")
    assert json.loads(file.read_text())["prompt"] == '"hello"'


def test_names_are_legal_everywhere(opened: Opener, root: Path) -> None:
    cache = opened()
    for key in ("a:b", "CON", "x" * 5000, "../../etc/passwd", "\ud800", "", "nul\0"):
        assert cache.set(key, key)
        assert cache.get(key)
    for path in root.rglob("*"):
        assert len(path.name) <= 75
        assert not set(path.name) & set('<>:"|?*\\')
    assert len(list(root.glob("??/*.meta.json"))) == 7


def test_small_answers_stay_as_they_are_and_large_ones_are_compressed(opened: Opener, root: Path) -> None:
    cache = opened(compression={"codec": "zstd"})
    shard = root / DIGEST[:2]
    cache.set(KEY, "x" * 4095)
    assert sorted(path.suffix for path in shard.iterdir()) == [".json", ".json"]
    cache.set(KEY, "x" * 100_000)
    assert (shard / f"{DIGEST}.json.zst").stat().st_size < 1000
    assert not (shard / f"{DIGEST}.json").exists()
    hit = opened().get(KEY)
    assert hit is not None, "read by a cache that does not compress"
    assert hit.value == "x" * 100_000
    opened().set(KEY, "short")
    assert sorted(path.name for path in shard.iterdir()) == [f"{DIGEST}.json", f"{DIGEST}.meta.json"]


def test_compressed_to_any_size_is_no_answer(opened: Opener, root: Path, faults: list[str]) -> None:
    from cachemgr.responses import codec

    cache = opened(compression={"codec": "zstd"})
    cache.set(KEY, "x" * 100_000)
    before, codec._LARGEST = codec._LARGEST, 50_000
    try:
        assert cache.get(KEY) is None
    finally:
        codec._LARGEST = before
