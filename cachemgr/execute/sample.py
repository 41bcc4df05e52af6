"""A sample home and project to try everything on: deterministic, a few megabytes, never the real home."""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import Refused
from cachemgr.execute import system
from cachemgr.execute.remove import Removal
from cachemgr.execute.remove_parallel import remove_tree
from cachemgr.execute.sample_home import write_home
from cachemgr.execute.sample_project import write_project
from cachemgr.execute.sample_writer import Writer

MARKER = ".cachemgr-sample"
"""A directory that holds this file, with this text, was made here and may be discarded."""
PARTS = ("home", "project", "temp")
MARKER_TEXT = "Made by `cachemgr demo`; it may be removed as a whole.\n"


@dataclass(frozen=True, slots=True)
class SampleHome:
    """Where a sample was built."""

    directory: Path
    """Holds everything else, the marker included."""
    home: Path
    project: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables under which every tool, and cachemgr, sees the sample instead of the real home."""
        roaming, local = self.home / "AppData" / "Roaming", self.home / "AppData" / "Local"
        temp = self.directory / "temp"
        places = {"HOME": self.home, "USERPROFILE": self.home, "APPDATA": roaming, "LOCALAPPDATA": local}
        places |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temp)
        return {name: str(place) for name, place in places.items()}


def build(directory: Path, now: datetime) -> SampleHome:
    """Write the sample into a new or empty directory; ages are relative to `now`.

    Raises Refused when the directory is a link, is not empty, or belongs to somebody else.
    """
    sample = SampleHome(directory, directory / "home", directory / "project")
    _claim(directory)
    try:
        (directory / MARKER).write_text(MARKER_TEXT, encoding="utf-8", newline="\n")
        for name in PARTS:
            (directory / name).mkdir()
        writer = Writer(directory, now)
        shared = write_home(writer, sample.home)
        write_project(writer, sample.project, now, shared)
        writer.finish()
    except OSError as error:
        with suppress(Refused):
            discard(sample)
        reason = (error.strerror or "the system said no").lower()
        raise Refused(f"The sample cannot be written: {reason}. Name another directory.") from error
    return sample


def discard(sample: SampleHome) -> None:
    """Remove a sample as a whole; one that is gone already is fine.

    Raises Refused when the directory does not carry our marker, or something in it resists.
    """
    shown = display_name(sample.directory)
    try:
        above = handles.open_root(Path(os.path.realpath(sample.directory.parent)))
        try:
            own = handles.open_child(above, sample.directory.name)
        except FileNotFoundError:
            return
        else:
            try:
                _empty(own, shown)
            finally:
                handles.close(own)
            system.rmdir(above, sample.directory.name)
        finally:
            handles.close(above)
    except OSError as error:
        reason = (error.strerror or "the system said no").lower()
        raise Refused(f"The sample in {shown} was not removed completely: {reason}.") from error


def _empty(own: Handle, shown: str) -> None:
    """Through its own handle: what takes the directory's place meanwhile is not touched. The marker goes
    last, so that an interrupted removal can be repeated."""
    try:
        marker = handles.read_file(own, MARKER, 4096)
    except FileNotFoundError:
        marker = None
    if marker != MARKER_TEXT.encode() or handles.fstat(own).st_uid != (handles.owner() or 0):
        raise Refused(f"{shown} was not made by `cachemgr demo`, so it stays.")
    done = Removal()
    for name in PARTS:
        for _ in remove_tree(own, name, done):
            pass
    if done.errors:
        raise done.errors[0]
    system.unlink(own, MARKER)


def _claim(directory: Path) -> None:
    """Make the directory, or make sure that it is an empty one of ours."""
    shown = display_name(directory)
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        facts = directory.lstat()
        if not stat.S_ISDIR(facts.st_mode):
            raise Refused(f"The sample needs a directory, and {shown} is a file or a link.") from None
        if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
            raise Refused(f"The sample needs a directory of yours, and {shown} is not.") from None
        if (directory / MARKER).exists():
            raise Refused(
                f"A sample is in {shown} already: go on with it (--home {shown}/home --project "
                f"{shown}/project), or remove it first."
            ) from None
        if os.listdir(directory):
            raise Refused(
                f"The sample needs an empty directory, and {shown} is not; name another one."
            ) from None
    except FileNotFoundError:
        parent = display_name(directory.parent)
        why = "that lets nothing be made" if directory.parent.is_dir() else "that does not exist"
        raise Refused(f"The sample cannot be made in {parent}: {why}. Name another directory.") from None
    except OSError as error:
        reason = (error.strerror or "the system said no").lower()
        raise Refused(f"The directory {shown} cannot be made: {reason}.") from error
