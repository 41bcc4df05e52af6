"""Pairs of a newer format in a directory that nothing else says is newer: nothing of them is removed."""

import json
from pathlib import Path
from typing import Any

import pytest

from cachemgr.responses.format import MANIFEST
from tests.responses.conftest import Hands, Opener

RECORDS: dict[str, dict[str, Any]] = {
    "another digest": {"payload_sha256": "-"},
    "other fields": {"payload_sha256": None, "key": None, "ttl_seconds": 1},
    "nothing that is known": {"expires_at": None, "timestamp": None, "ttl_seconds": None},
    "a version that is no number": {"format_version": "3.1"},
}


@pytest.mark.parametrize("changed", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("where", ["known", "copied in"])
def test_they_stay_and_are_told(
    where: str, changed: dict[str, Any], root: Path, opened: Opener, hands: Hands
) -> None:
    cache = opened()
    cache.set("paid", {"n": 1}, ttl=60)
    cache.set("other", {"n": 2}, ttl=None)
    digest = cache.digest("paid")
    cache.close()
    (root / MANIFEST).unlink()
    record = root / digest[:2] / f"{digest}.meta.json"
    said = json.loads(record.read_bytes()) | {"format_version": 3} | changed
    record.write_text(json.dumps({name: value for name, value in said.items() if value is not None}))
    if where != "known":
        for index in root.glob(".index*"):
            index.unlink()
    before = {path: path.read_bytes() for path in root.glob(f"{digest[:2]}/{digest}*")}
    assert len(before) == 2
    hands.pass_by(3600)
    cache = opened()
    assert cache.get("paid") is None
    report = cache.verify(repair=True)
    assert [(one.item, one.problem) for one in report.findings] == [
        (f"{digest[:2]}/{digest}", "foreign file")
    ]
    assert "newer version" in report.findings[0].reason
    assert not cache.expire(force=True).troubles
    assert not cache.verify(repair=True).sound
    assert {path: path.read_bytes() for path in before} == before
