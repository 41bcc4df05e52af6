"""Entries are the files and trees at places that a cache type names. What it does not name stays."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cachemgr.catalogue.layouts.evidence import empty, joined, tagged
from cachemgr.domain.credentials import is_credential
from cachemgr.domain.layout import Names, Reader
from cachemgr.domain.unit import Draft, Item, Kind

_MARKER_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Pick:
    """Places below the root whose files or trees are entries."""

    pattern: str
    """`/`-separated globs, one a component, case-sensitive; `*` does not match a leading dot."""
    kinds: tuple[Kind, ...] = (Kind.FILE, Kind.DIRECTORY)
    telling: bool = True
    """Whether a match is evidence: False for names that any directory may hold."""
    holds: str = ""
    """A file that a matching directory has to hold."""
    note: str = ""

    @property
    def parts(self) -> Names:
        return tuple(self.pattern.split("/"))


@dataclass(frozen=True, slots=True)
class Children:
    """Each match of a pick is an entry; the first pick that matches counts.

    Links are nobody's download, locks and hidden files nobody's content: they are left out, and so is
    whatever has a credential's name.
    """

    picks: tuple[Pick, ...] = (Pick("*", telling=False),)

    def read(self, reader: Reader) -> Iterator[Draft]:
        for names, pick in self._matches(reader, (), self.picks):
            if unit := reader.unit(*names):
                notes = (pick.note,) if pick.note else ()
                yield Draft(joined(names), payload=(unit,), notes=notes)

    def evidence(self, reader: Reader) -> bool:
        telling = tuple(pick for pick in self.picks if pick.telling)
        found = any(True for _ in self._matches(reader, (), telling))
        return found or tagged(reader) or empty(reader)

    def _matches(self, reader: Reader, above: Names, picks: tuple[Pick, ...]) -> Iterator[tuple[Names, Pick]]:
        depth = len(above)
        for item in reader.list(*above):
            if _left_out(item):
                continue
            names = (*above, item.name)
            fitting = tuple(pick for pick in picks if _fits(item.name, pick.parts[depth]))
            ending = (pick for pick in fitting if len(pick.parts) == depth + 1)
            if pick := next((pick for pick in ending if _is(reader, names, item, pick)), None):
                yield names, pick
            elif item.kind is Kind.DIRECTORY:
                longer = tuple(pick for pick in fitting if len(pick.parts) > depth + 1)
                if longer:
                    yield from self._matches(reader, names, longer)


def _left_out(item: Item) -> bool:
    if item.kind not in (Kind.FILE, Kind.DIRECTORY):
        return True
    return is_credential(item.name) or item.name == "CACHEDIR.TAG" or item.name.endswith(".lock")


def _fits(name: str, glob: str) -> bool:
    if name.startswith(".") and not glob.startswith("."):
        return False
    return fnmatchcase(name, glob)


def _is(reader: Reader, names: Names, item: Item, pick: Pick) -> bool:
    if item.kind not in pick.kinds:
        return False
    return not pick.holds or reader.text(*names, pick.holds, limit=_MARKER_LIMIT) is not None
