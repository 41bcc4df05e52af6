"""The reverse of a migration, whether it came to its end or not: what was moved goes back, what was copied is
taken away where it is still what its source is, and what was made is removed where nothing else is in it.

Worked out from what is there, so that a way back that was interrupted goes on from where it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cachemgr.domain.action import (
    Copy,
    Discard,
    Link,
    Move,
    Publish,
    Remake,
    Remove,
    Restore,
    Return,
    Settle,
    Tidy,
    Unlink,
    Withdraw,
)
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.plan import Step
from cachemgr.domain.run import Arrival, Folder, Run

Names = tuple[str, ...]
_NOT = Arrival()
_STAGING = ".cachemgr-"
"""How the names of our own directories begin."""


def way_back(run: Run, found: Mapping[int, Arrival]) -> tuple[Step, ...]:
    """The steps, in the roots of the run."""
    return tuple(_WayBack(run, found).steps())


def is_made(run: Run) -> frozenset[tuple[CacheId, Names]]:
    """The directories that a migration makes at its destinations."""
    return frozenset(
        (step.cache, step.action.names) for step in run.plan.steps if isinstance(step.action, Remake)
    )


@dataclass(slots=True)
class _WayBack:
    run: Run
    found: Mapping[int, Arrival]
    done: list[Step] = field(default_factory=list)
    back: dict[tuple[CacheId, Names], set[int]] = field(default_factory=dict)
    """For each directory the steps after which what was in it is back, or what came into it gone."""

    def steps(self) -> list[Step]:
        made = is_made(self.run)
        folders = [folder for folder in self.run.folders if (folder.cache, folder.names) not in made]
        for number, step in reversed(self._numbered(Link)):
            if self.found.get(number, _NOT).linked:
                assert isinstance(step.action, Link)
                self._add(Step(Unlink(step.action.names, step.action.target), step.cache))
        remade = self._remake(folders)
        sources = self._restore(remade)
        self._withdraw(sources)
        for cache in dict.fromkeys(self._destinations()):
            self._add(Step(Discard(self.run.id), cache))
        self._unmake()
        for folder in sorted(folders, key=lambda folder: -len(folder.names)):
            key = (folder.cache, folder.names)
            needs = self.back.get(key, set()) | ({remade[key]} if key in remade else set())
            settle = Settle(folder.names, folder.accessed_ns, folder.modified_ns, folder.left_ns)
            self._add(Step(settle, folder.cache, needs=tuple(sorted(needs))))
        return self.done

    def _add(self, step: Step) -> int:
        self.done.append(step)
        return len(self.done) - 1

    def _numbered(self, *kinds: type) -> list[tuple[int, Step]]:
        return [
            (number, step)
            for number, step in enumerate(self.run.plan.steps)
            if isinstance(step.action, kinds)
        ]

    def _destinations(self) -> Iterator[CacheId]:
        for _, step in self._numbered(Copy):
            assert isinstance(step.action, Copy)
            yield step.action.to

    def _remake(self, folders: list[Folder]) -> dict[tuple[CacheId, Names], int]:
        """The directories that the run removed, outermost first."""
        remade: dict[tuple[CacheId, Names], int] = {}
        for folder in sorted(folders, key=lambda folder: len(folder.names)):
            if folder.left_ns is None and folder.names:
                key = (folder.cache, folder.names)
                above = remade.get((folder.cache, folder.names[:-1]))
                remake = Remake(folder.names, folder.mode, key in self.run.remade)
                needs = () if above is None else (above,)
                remade[key] = self._add(Step(remake, folder.cache, needs=needs))
        return remade

    def _restore(self, remade: Mapping[tuple[CacheId, Names], int]) -> Mapping[tuple[CacheId, Names], int]:
        """Sources come back from the quarantine, and what was renamed from its new place; the last to leave
        comes first. Returns the step after which each is at its place."""
        places: dict[tuple[CacheId, Names], int] = {}
        aside = dict(self.run.quarantined)
        for number, step in reversed(self._numbered(Remove, Move)):
            action = step.action
            assert isinstance(action, Remove | Move)
            above = remade.get((step.cache, action.names[:-1]))
            needs = () if above is None else (above,)
            if isinstance(action, Remove) and number in aside:
                restore = Restore(self.run.id, number, action.names)
                at = self._add(Step(restore, step.cache, step.entry, step.identity, step.size,
                                    needs=needs, rebuild=step.rebuild))  # fmt: skip
            elif isinstance(action, Move) and self.found.get(number, _NOT).there is not None:
                back = Return(action.names, action.to, action.place, self.run.id, number)
                at = self._add(Step(back, step.cache, step.entry, step.identity, step.size,
                                    needs=needs, rebuild=step.rebuild))  # fmt: skip
                self.back.setdefault((action.to, action.place[:-1]), set()).add(at)
            else:
                continue
            places[(step.cache, action.names)] = at
            for names in {action.names[:-1], ()}:
                self.back.setdefault((step.cache, names), set()).add(at)
        return places

    def _withdraw(self, sources: Mapping[tuple[CacheId, Names], int]) -> None:
        """Copies go where their source is at its place again."""
        for number, step in reversed(self._numbered(Publish)):
            assert isinstance(step.action, Publish)
            copied = self.run.plan.steps[step.action.copy]
            look = self.found.get(number, _NOT)
            there = look.there or look.away
            if there is None or not isinstance(copied.action, Copy):
                continue
            source = copied.action.names
            before = sources.get((copied.cache, source))
            below = len(self.run.plan.root(copied.cache).below)
            lock = copied.action.lock[below:]
            withdraw = Withdraw(step.action.names, self.run.id, step.action.copy, copied.cache, source,
                                (*self.run.plan.root(step.cache).below, *lock) if lock else ())  # fmt: skip
            needs = () if before is None else (before,)
            at = self._add(Step(withdraw, step.cache, step.entry, there, copied.size,
                                needs=needs, rebuild=copied.rebuild))  # fmt: skip
            self.back.setdefault((step.cache, step.action.names[:-1]), set()).add(at)

    def _unmake(self) -> None:
        """The directories that were made at the destination, if nobody put anything else into them."""
        going = {(step.cache, step.action.names) for step in self.done if isinstance(step.action, Withdraw)}
        going |= {
            (step.action.of, step.action.place) for step in self.done if isinstance(step.action, Return)
        }
        numbered = self._numbered(Remake)
        for number, step in sorted(numbered, key=lambda pair: -len(getattr(pair[1].action, "names", ()))):
            assert isinstance(step.action, Remake)
            names, look = step.action.names, self.found.get(number, _NOT)
            kept = [
                name
                for name in look.holds
                if (step.cache, (*names, name)) not in going and not name.startswith(_STAGING)
            ]
            if look.there is None or kept:
                continue
            needs = tuple(sorted(self.back.get((step.cache, names), set())))
            at = self._add(Step(Tidy(names), step.cache, identity=look.there, needs=needs))
            going.add((step.cache, names))
            self.back.setdefault((step.cache, names[:-1]), set()).add(at)
