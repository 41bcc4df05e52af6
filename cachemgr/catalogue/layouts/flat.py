"""Entries are files of known names in the root itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cachemgr.catalogue.layouts.evidence import ABANDONED, tagged_or_empty
from cachemgr.domain.layout import Reader
from cachemgr.domain.unit import Draft, Item, Kind


@dataclass(frozen=True, slots=True)
class Known:
    """A file that the tool writes, and what a person calls it."""

    file: str
    name: str
    notes: tuple[str, ...] = ()
    """Other things that are read from the same file."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A table of files. A file with a name that is not in it may be anybody's, and stays."""

    files: tuple[Known, ...]
    partial: str = ""
    """A regular expression for what follows a file's name while it is being written."""

    def read(self, reader: Reader) -> Iterator[Draft]:
        for item, known, rest in self._matches(reader):
            if unit := reader.unit(item.name):
                notes, idle = (("incomplete",), ABANDONED) if rest else (known.notes, 0)
                yield Draft(known.name + rest, payload=(unit,), notes=notes, idle=idle)

    def evidence(self, reader: Reader) -> bool:
        return any(True for _ in self._matches(reader)) or tagged_or_empty(reader)

    def _matches(self, reader: Reader) -> Iterator[tuple[Item, Known, str]]:
        by_file = {known.file: known for known in self.files}
        for item in reader.list():
            if item.kind is not Kind.FILE:
                continue
            if known := by_file.get(item.name):
                yield item, known, ""
            elif self.partial:
                for file, known in by_file.items():
                    rest = item.name.removeprefix(file)
                    if rest != item.name and re.fullmatch(self.partial, rest, re.ASCII):
                        yield item, known, rest
                        break
