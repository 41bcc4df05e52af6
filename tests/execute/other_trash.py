"""The trash seen through another tool: trash-cli's own commands, and what lies in the directory itself."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes


def restore(home: Path, place: Path, data: Path | None = None, trash: Path | None = None) -> str:
    """Bring one thing back with `trash-restore`, which finds it by its place; what it says.

    A `trash` at the top of a volume is named, for this tool passes over volumes that are no disks.
    """
    where = () if trash is None else ("--trash-dir", trash)
    return _command("restore.main", home, data, *where, "--", place, answer="0\n")


def listed(home: Path, data: Path | None = None, volume: Path | None = None) -> str:
    """What `trash-list` prints."""
    return _command("list.main", home, data, volumes=str(volume or "/nowhere"))


def places(trash: Path) -> dict[str, Path]:
    """The place that each record in a trash names, by the name of the thing."""
    found = {}
    for record in (trash / "info").iterdir():
        header, place, date = record.read_bytes().splitlines()
        assert header == b"[Trash Info]"
        assert date.startswith(b"DeletionDate=20")
        name = record.name.removesuffix(".trashinfo")
        assert name != record.name
        found[name] = Path(os.fsdecode(unquote_to_bytes(place.removeprefix(b"Path="))))
    return found


def _command(
    module: str,
    home: Path,
    data: Path | None,
    *arguments: Path | str,
    answer: str = "",
    volumes: str = "/nowhere",
) -> str:
    own = {"HOME": str(home), "TRASH_VOLUMES": volumes}
    if data is not None:
        own["XDG_DATA_HOME"] = str(data)
    done = subprocess.run(
        [sys.executable, "-c", f"from trashcli.{module} import main; main()", *map(os.fsencode, arguments)],
        input=answer,
        env={name: value for name, value in os.environ.items() if name != "XDG_DATA_HOME"} | own,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stderr
    return done.stdout
