"""Many misses in a row are answered in a cheaper way; what comes in between is found all the same."""

from pathlib import Path

from cachemgr.responses import Cache
from tests.responses.conftest import Opener

DIGESTS = [f"3f{number:062x}" for number in range(200)]


def missed(cache: Cache, number: int) -> None:
    for digest in DIGESTS[100 : 100 + number]:
        assert cache.get(digest) is None


def test_what_others_store_after_misses_is_found_at_once(opened: Opener) -> None:
    reader, writer = opened(), opened()
    for digest in DIGESTS[:20]:
        missed(reader, 3)
        assert reader.get(digest) is None
        writer.set(digest, digest)
        hit = reader.get(digest)
        assert hit is not None
        assert hit.value == digest
    assert reader.analytics().total.misses == 80
    assert reader.analytics().total.hits == 20


def test_a_fault_shows_soon_after_misses(opened: Opener, root: Path, faults: list[str]) -> None:
    """A shard that became a file: its entries are not there, and not missed either."""
    cache = opened()
    cache.set(DIGESTS[0], 1)
    missed(cache, 3)
    for path in (root / "3f").iterdir():
        path.unlink()
    (root / "3f").rmdir()
    (root / "3f").write_bytes(b"")
    missed(cache, 70)
    assert any("reading" in said for said in faults)
