"""A saved plan whose digest is right, and which calls what it does something else."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cachemgr.domain.errors import Refused
from cachemgr.domain.plan import Plan
from cachemgr.domain.terms import Disposal, Status
from cachemgr.execute.sample import SampleHome, build
from cachemgr.journal.codec import digest
from cachemgr.service import CacheManager
from tests.desk import carry_out, clear, picture, sample_manager, utc_now

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pictures are made of POSIX facts")


@pytest.fixture
def sample(tmp_path: Path) -> SampleHome:
    return build(tmp_path / "sample", utc_now())


@pytest.fixture
def service(sample: SampleHome) -> CacheManager:
    return sample_manager(sample)


def saved(
    service: CacheManager, plan: Plan, change: Callable[[dict[str, Any]], object] = lambda document: None
) -> Plan:
    """Through a file and back, with something else in it."""
    document = json.loads(json.dumps(service.encode_plan(plan)))
    change(document)
    document["digest"] = digest(document)
    return service.decode_plan(json.dumps(document).encode())


def test_what_is_called_by_the_name_of_another_entry_stays(service: CacheManager) -> None:
    """Somebody said yes to what was shown."""
    plan = clear(service, lambda entry, _: entry.cache == "tmdb@project", Disposal.QUARANTINE)
    first, second = (step.entry for step in plan.steps[:2])
    assert first != second
    lie = saved(service, plan, lambda document: document["steps"][0].update(entry=second))
    assert carry_out(service, lie, saved=True).kinds[:2] == ["changed", None]


@pytest.mark.skipif(sys.platform != "linux", reason="names there are bytes")
def test_a_name_that_is_no_text_is_known_again(sample: SampleHome, service: CacheManager) -> None:
    (sample.home / ".cache" / "whisper" / "caf\udce9.pt").write_bytes(b"1")
    plan = clear(service, lambda entry, _: "\udce9" in entry.id, Disposal.QUARANTINE)
    assert carry_out(service, saved(service, plan), saved=True).statuses == [Status.DONE]


def test_what_a_plan_sets_aside_is_never_kept_until_a_day_that_is_past(
    sample: SampleHome, service: CacheManager
) -> None:
    """It would be due at once."""
    plan = clear(service, lambda entry, _: entry.cache == "tmdb@project", Disposal.QUARANTINE)
    lie = saved(service, plan, lambda document: document.update(keep_until="1999-01-01T00:00:00Z"))
    before = picture(sample.project)
    with pytest.raises(Refused, match="a day that is past"):
        carry_out(service, lie, saved=True)
    assert picture(sample.project) == before
