"""What tests of copying share: a copy to its end, what became of it, and a look at what it left."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cachemgr.disk import handles
from cachemgr.domain.leads import Move
from cachemgr.domain.unit import Content, Identity
from cachemgr.execute.consignment import Consignment, Copied, CopyEvent, CopyProgress, NotCopied, Stage
from cachemgr.execute.copy import copy_all, discard
from cachemgr.execute.remove import Removal
from tests.builders import Facts, fingerprint

Names = tuple[str, ...]


@dataclass
class Freight:
    """A root with units, and a staging directory for their copies, both open. To be used in a `with`."""

    root: Path
    staging: Path
    events: list[CopyEvent] = field(default_factory=list)

    def __enter__(self) -> "Freight":
        self.staging.mkdir(exist_ok=True)
        self.source, self.target = handles.open_root(self.root), handles.open_root(self.staging)
        return self

    def __exit__(self, *_: object) -> None:
        handles.close(self.source)
        handles.close(self.target)

    def unit(
        self,
        *names: str,
        number: int = 1,
        stage: str = "unit",
        seen: Identity | None = None,
        content: Content | None = None,
        moves: tuple[Move, ...] = (),
        accepted: Iterable[Names] = (),
        blob_names: bool = False,
    ) -> Consignment:
        return Consignment(
            number,
            self.source,
            names,
            self.target,
            stage,
            seen,
            content,
            moves,
            frozenset(accepted),
            blob_names,
        )

    def copy(
        self, *units: Consignment, during: Callable[[CopyEvent], object] = lambda event: None
    ) -> Copied | NotCopied:
        """Copy them all; the end of the first."""
        for event in copy_all(iter(units)):
            self.events.append(event)
            during(event)
        return next(event for event in self.events if not isinstance(event, CopyProgress))

    def discard(self, stage: str = "unit") -> Removal:
        done = Removal()
        for _ in discard(self.target, stage, done):
            pass
        return done


def copy(root: Path, staging: Path, *names: str, **wishes: object) -> Copied | NotCopied:
    """Copy one unit."""
    with Freight(root, staging) as freight:
        return freight.copy(freight.unit(*names, **wishes))  # type: ignore[arg-type]


def copied(outcome: Copied | NotCopied) -> Copied:
    assert isinstance(outcome, Copied), outcome
    return outcome


def refused(outcome: Copied | NotCopied) -> NotCopied:
    assert isinstance(outcome, NotCopied), outcome
    return outcome


def verifying(do: Callable[[], object]) -> Callable[[CopyEvent], None]:
    """Do something once, after everything was copied and before it is read again."""
    left = [do]

    def during(event: CopyEvent) -> None:
        if isinstance(event, CopyProgress) and event.stage is Stage.VERIFYING and left:
            left.pop()()

    return during


def like(place: Path) -> dict[str, Facts]:
    """A tree or a file by kind, mode, time and content; hard links by which names belong together."""
    if place.is_dir() and not place.is_symlink():
        return fingerprint(place)
    return {".": fingerprint(place)["."]}


def names_together(top: Path) -> set[frozenset[str]]:
    """The names in a tree that are one file."""
    together: dict[tuple[int, int], set[str]] = {}
    for folder, _, names in os.walk(top):
        for name in names:
            place = os.path.join(folder, name)
            status = os.lstat(place)
            together.setdefault((status.st_dev, status.st_ino), set()).add(os.path.relpath(place, top))
    return {frozenset(names) for names in together.values() if len(names) > 1}
