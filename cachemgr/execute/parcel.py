"""A unit on its way into the trash: set aside first, then packed under the name that it will have there."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.disk.handles import Handle
from cachemgr.disk.reader import OURS
from cachemgr.domain.unit import Identity
from cachemgr.execute import system
from cachemgr.execute.trash_record import SUFFIX

Names = tuple[str, ...]

LONGEST = 255 - len(SUFFIX)
"""Bytes a name in the trash may have: its record is called that with a suffix."""
_LONG_SUFFIX = 24
"""Bytes; a longer `.…` at the end of a name is no suffix that says what kind of file it is."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One step of a run that takes a unit to the trash."""

    run: str
    number: int
    """Of the step: what the unit is called in the run's quarantine."""
    root: Path
    """The cache's real directory."""
    names: Names
    """The unit's place below it."""
    identity: Identity

    @property
    def origin(self) -> Path:
        return self.root.joinpath(*self.names)

    @property
    def box(self) -> str:
        """The directory of its own, in the quarantine, in which it is packed."""
        return f"{self.number}.trash"

    @property
    def label(self) -> str:
        """What it is packed as: what it will be called in the trash.

        On Linux nobody but this step of this run calls anything so. The library looks whether a name is
        taken and renames over it a moment later; where the name is nobody else's, nothing is lost between
        the two, and after a kill it is found again. People are shown the name in its record. Elsewhere the
        name is all that the trash remembers, and stays what it was.
        """
        if sys.platform in ("darwin", "win32"):
            return self.names[-1]
        stem, suffix = os.path.splitext(self.names[-1])
        if len(os.fsencode(suffix)) > _LONG_SUFFIX:
            stem, suffix = self.names[-1], ""
        own = f" {self.run.rpartition('-')[2]}-{self.number}{suffix}"
        return os.fsencode(stem)[: LONGEST - len(os.fsencode(own))].decode(errors="ignore") + own

    @property
    def packed(self) -> Path:
        """Where it is while it is packed."""
        return self.root / (OURS + self.run) / self.box / self.label

    def pack(self, quarantine: Handle) -> None:
        """From its number in the quarantine into its box. Raises OSError, and has then changed nothing."""
        with suppress(FileExistsError):
            system.mkdir(quarantine, self.box, 0o700)
        try:
            box = handles.open_child(quarantine, self.box)
            try:
                system.move(quarantine, str(self.number), box, self.label)
            finally:
                handles.close(box)
        except OSError:
            self.drop_box(quarantine)
            raise

    def unpack(self, quarantine: Handle) -> None:
        """Back to its number. Raises OSError."""
        box = handles.open_child(quarantine, self.box)
        try:
            system.move(box, self.label, quarantine, str(self.number))
        finally:
            handles.close(box)
        self.drop_box(quarantine)

    def drop_box(self, quarantine: Handle) -> None:
        """Remove its box, if nothing is in it; an empty directory of ours that stays does no harm."""
        with suppress(OSError):
            system.rmdir(quarantine, self.box)
