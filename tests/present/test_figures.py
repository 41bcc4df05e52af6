"""Numbers as people read them: one unit, and unknown is never zero."""

from datetime import timedelta

import pytest

from cachemgr.present.figures import age, count, counted, day, moment, size
from tests.values import NOW, ago


@pytest.mark.parametrize(
    ("bytes_", "iec", "si"),
    [
        (None, "?", "?"),
        (0, "0 B", "0 B"),
        (1, "1 B", "1 B"),
        (1000, "1000 B", "1.0 kB"),
        (1023, "1023 B", "1.0 kB"),
        (1024, "1.0 KiB", "1.0 kB"),
        (12 * 2**20, "12.0 MiB", "12.6 MB"),
        (317 * 2**20, "317 MiB", "332 MB"),
        (44_882_408_243, "41.8 GiB", "44.9 GB"),
        (2**40, "1.0 TiB", "1.1 TB"),
        (-5 * 2**20, "-5.0 MiB", "-5.2 MB"),
    ],
)
def test_a_size_has_one_unit_and_at_most_one_decimal(bytes_: int | None, iec: str, si: str) -> None:
    assert (size(bytes_), size(bytes_, si=True)) == (iec, si)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-9), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=5, seconds=59), "5 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=61), "61 d"),
        (timedelta(days=729), "729 d"),
        (timedelta(days=1100), "3 y"),
    ],
)
def test_an_age_is_said_in_one_unit(passed: timedelta, said: str) -> None:
    assert age(NOW - passed, NOW) == said


def test_what_is_not_known_is_never_a_number() -> None:
    assert (age(None, NOW), day(None), count(None)) == ("—", "—", "?")


def test_a_time_stamp_that_no_calendar_holds_is_unknown() -> None:
    assert moment(2**62) is None
    assert moment(NOW.timestamp()) == NOW


def test_one_is_not_several() -> None:
    assert (counted(1, "entry", "entries"), counted(2210, "entry", "entries")) == ("1 entry", "2,210 entries")
    assert day(ago(days=1)) == "2026-11-19"
