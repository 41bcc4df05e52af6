"""Entries are the files and trees at places that a cache type names. What it does not name stays."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from cachemgr.catalogue.layouts.evidence import ABANDONED, tagged_or_empty
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
    partial: bool = False
    """A file that the tool is still writing."""

    parts: Names = field(init=False, default=())
    """The globs, one a component."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.pattern.split("/")))


@dataclass(frozen=True, slots=True)
class Children:
    """Each match of a pick is an entry; the first pick that matches counts.

    A link is never one, for it may lead to somebody's own data. Locks and tags are kept; what has a
    credential's name is unknown, so that it is named among what stays.
    """

    picks: tuple[Pick, ...] = (Pick("*", telling=False),)

    def read(self, reader: Reader) -> Iterator[Draft]:
        for names, pick in self._matches(reader, (), self.picks):
            if unit := reader.unit(*names):
                notes, idle = (("incomplete",), ABANDONED) if pick.partial else ((), 0)
                yield Draft("/".join(names), payload=(unit,), notes=notes, idle=idle)

    def evidence(self, reader: Reader) -> bool:
        return self._tells(reader) or tagged_or_empty(reader)

    def _tells(self, reader: Reader) -> bool:
        if not any(pick.telling for pick in self.picks):
            return False
        # By all picks, not by the telling ones alone: what is listed on the way can be no unit afterwards.
        return any(pick.telling for _, pick in self._matches(reader, (), self.picks))

    def _matches(self, reader: Reader, above: Names, picks: tuple[Pick, ...]) -> Iterator[tuple[Names, Pick]]:
        depth = len(above)
        for item in reader.list(*above):
            names = (*above, item.name)
            if is_credential(item.name):
                continue
            if item.name == "CACHEDIR.TAG" or (item.kind is Kind.FILE and item.name.endswith(".lock")):
                reader.keep(*names)
                continue
            longer: list[Pick] = []
            for pick in picks:
                if not _fits(item.name, pick.parts[depth]):
                    continue
                if len(pick.parts) > depth + 1:
                    longer.append(pick)
                elif _is(reader, names, item, pick):
                    yield names, pick
                    break
            else:
                if longer and item.kind is Kind.DIRECTORY:
                    yield from self._matches(reader, names, tuple(longer))


def _fits(name: str, glob: str) -> bool:
    if name.startswith(".") and not glob.startswith("."):
        return False
    return fnmatchcase(name, glob)


def _is(reader: Reader, names: Names, item: Item, pick: Pick) -> bool:
    if item.kind not in pick.kinds:
        return False
    return not pick.holds or reader.text(*names, pick.holds, limit=_MARKER_LIMIT) is not None
