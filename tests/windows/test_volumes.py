"""What Windows says of a drive."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from cachemgr.disk import volumes, win32
from tests.windows.machine import Windows


@pytest.mark.parametrize(
    ("setting", "recorded"),
    [(0, True), (1, False), (2, True), (3, False), (0x80000002, True), (0x80000003, False), (None, False)],
)
def test_access_times_count_where_windows_records_them(
    setting: int | None,
    recorded: bool,
    windows: Windows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(volumes, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(win32, "access_setting", lambda: setting)
    found = volumes.volume(tmp_path, ())
    assert found is not None
    assert found.records_access is recorded
    assert windows.held == {}
