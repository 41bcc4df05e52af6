"""macOS has no table of mounts: what a volume is, its statfs(2) says."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from cachemgr.disk import macos, volumes
from cachemgr.domain.inventory import Volume
from tests.disk.statfs import statfs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="works through POSIX descriptors")

APFS = (b"apfs", b"/System/Volumes/Data", b"/dev/disk3s5")
SMB = (b"smbfs", b"/Volumes/S\xcc\x88", b"//ada@server/share")


@pytest.mark.parametrize(
    ("flags", "names", "facts"),
    [
        (0x1000 | 0x4000, APFS, ("apfs", False, True)),
        (0x1000 | 0x10000000, APFS, ("apfs", False, False)),
        (0x8, SMB, ("smbfs", True, True)),
    ],
    ids=["own", "noatime", "server"],
)
def test_a_volume_is_what_its_system_says(
    flags: int,
    names: tuple[bytes, bytes, bytes],
    facts: tuple[str, bool, bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(volumes, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(macos, "statfs", lambda _: statfs(flags, *names))
    found = volumes.volume(tmp_path, ())
    assert isinstance(found, Volume)
    assert (found.type, found.network, found.records_access) == facts
    assert found.mount.encode() == names[1]
    assert found.device.startswith("/dev/disk3s5" if names is APFS else "/")
    assert 0 < found.free < found.total


@pytest.mark.skipif(sys.platform != "darwin", reason="asks macOS")
def test_the_home_is_on_a_volume_of_this_computer(tmp_path: Path) -> None:
    found = volumes.volume(tmp_path, ())
    assert found is not None
    assert (found.network, found.read_only) == (False, False)
    assert found.type
    assert Path(found.mount).is_dir()
