"""The rest of an interrupted clearing: each entry is finished, or comes back, and is never left half."""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace

from cachemgr.domain.action import Remove, Resumed, Tidy
from cachemgr.domain.inventory import CacheId, Inventory
from cachemgr.domain.plan import Exclusion, Step
from cachemgr.domain.run import Run, Whereabouts
from cachemgr.domain.terms import Disposal, Reason, StepState, Where
from cachemgr.domain.unit import Kind
from cachemgr.plan.still_free import Holders
from cachemgr.plan.undo import give_back

Names = tuple[str, ...]
Obstacle = tuple[Reason, str]
NOTHING: Mapping[int, Obstacle] = {}


def at_place(run: Run, found: Mapping[int, Whereabouts]) -> tuple[int, ...]:
    """The removals that are still to be done at their places: what a new scan has to agree with."""
    return tuple(sorted(n for n in _Rest.of(run, found).open if found[n].where is Where.PLACE))


def finish(
    run: Run,
    found: Mapping[int, Whereabouts],
    inventory: Inventory | None,
    kept: Mapping[int, Obstacle] = NOTHING,
) -> tuple[tuple[Step, ...], tuple[Exclusion, ...]]:
    """Steps that do what was left, and what stays.

    `found` says where each step's unit lies now. The inventory is asked about whatever is still at its place;
    without one nothing may be. `kept` says what is not to go any more, whatever the disk says.
    """
    rest = _Rest.of(run, found)
    holders = Holders(run.plan, inventory) if inventory is not None else None
    for number in sorted(rest.open):
        if number in kept and number not in run.purging:
            obstacle: Obstacle | None = kept[number]
        elif holders is not None and found[number].where is Where.PLACE:
            obstacle = holders.obstacle(number)
        else:
            obstacle = None
        if obstacle is None and not all(map(rest.is_met, run.plan.steps[number].needs)):
            obstacle = (Reason.CHANGED, "needs")
        if obstacle is not None:
            rest.obstacles[number] = obstacle
    rest.take_back()
    steps = give_back(run, tuple(rest.returning()))
    return (*steps, *rest.removals(len(steps), holders)), tuple(rest.exclusions())


@dataclass(slots=True)
class _Rest:
    """What an interrupted run left to do."""

    run: Run
    found: Mapping[int, Whereabouts]
    open: set[int]
    """Removals that were not done, or not to the end."""
    aside: set[int]
    """Removals that were done into the quarantine, or into the trash where they still lie."""
    obstacles: dict[int, Obstacle] = field(default_factory=dict)
    """Why something at its place cannot go any more."""
    staying: dict[int, Obstacle] = field(default_factory=dict)
    """What stays at its place or goes back to it, and why."""

    @classmethod
    def of(cls, run: Run, found: Mapping[int, Whereabouts]) -> "_Rest":
        unfinished = (StepState.UNKNOWN, StepState.UNTOUCHED)
        opened: set[int] = set()
        for number, step in enumerate(run.plan.steps):
            if not isinstance(step.action, Remove) or step.action.resumes is not None:
                continue
            fate, where = run.fates.get(number), found[number].where
            # It was set aside and is back: a return was interrupted before it could say so.
            back = where is Where.PLACE and step.action.disposal is Disposal.QUARANTINE
            if (
                run.step_state(number) not in unfinished
                and not (fate is not None and fate.held)
                and not (back and run.step_state(number) is StepState.DONE)
            ):
                continue
            # What is neither here nor there has gone already, but for parts of what was being deleted.
            if where not in (Where.NEITHER, Where.OTHER) or number in run.purging:
                opened.add(number)
        aside = {number for number, _ in run.quarantined}
        aside |= {number for number, look in found.items() if look.where is Where.TRASH}
        return cls(run, found, opened, aside - opened)

    def is_met(self, need: int) -> bool:
        """Whether a step that others wait for is done, or is done now, or has nothing to do."""
        if need in self.open or self.found[need].where is Where.NEITHER:
            return True
        return self.run.step_state(need) is StepState.DONE

    def take_back(self) -> None:
        """With a unit that cannot go stays everything that belongs together with it. One that only came
        last, and that somebody else needs now, stays alone."""
        needed = {need for number in self.open | self.aside for need in self.run.plan.steps[number].needs}
        for number, obstacle in self.obstacles.items():
            if obstacle[0] is Reason.SHARED and number not in needed:
                self.staying.setdefault(number, obstacle)
        links = self._links()
        for number, obstacle in self.obstacles.items():
            if obstacle[0] is Reason.SHARED and number not in needed:
                continue
            pending = [number]
            while pending:
                one = pending.pop()
                if one not in self.staying or one == number:
                    self.staying.setdefault(one, obstacle)
                    pending += [other for other in links.get(one, ()) if other not in self.staying]

    def returning(self) -> Iterator[tuple[int, Step]]:
        """What stays and lies in the quarantine, while its place is free."""
        for number in sorted(self.staying):
            look = self.found[number]
            if look.where in (Where.QUARANTINE, Where.TRASH) and look.free and number not in self.run.purging:
                yield number, self.run.plan.steps[number]

    def removals(self, first: int, holders: Holders | None) -> Iterator[Step]:
        """What goes, in the order of the run, and the containers it leaves empty. `first` is the position
        of the first of them in the plan."""
        positions: dict[int, int] = {}
        kept: set[int] = set()
        leaving: Counter[tuple[CacheId, Names]] = Counter()
        for number, step in enumerate(self.run.plan.steps):
            made = self._resumed(number, step, positions, kept)
            if made is not None and isinstance(made.action, Tidy):
                inside = leaving[(made.cache, made.action.names)]
                inside += sum(len(names) == 1 for names in made.action.alone)
                if holders is not None and (holders.children(made) or 0) > inside:
                    kept.add(number)  # something came into it since
                    continue
            if made is None:
                continue
            if isinstance(made.action, Remove | Tidy) and self.found[number].where is not Where.QUARANTINE:
                leaving[(made.cache, made.action.names[:-1])] += 1
            needs = tuple(positions[need] for need in step.needs if need in positions)
            positions[number] = first + len(positions)
            yield replace(made, needs=needs)

    def exclusions(self) -> Iterator[Exclusion]:
        """What stays where it is, summed for each entry and reason."""
        sizes: dict[tuple[str, str | None, Obstacle], int] = {}
        back = {number for number, _ in self.returning()}
        for number in sorted(self.staying.keys() - back):
            step = self.run.plan.steps[number]
            key = (step.cache, step.entry, self.staying[number])
            sizes[key] = sizes.get(key, 0) + step.size
        for (cache, entry, (reason, detail)), size in sizes.items():
            yield Exclusion(reason, cache, entry, size=size, detail=detail)

    def _resumed(self, number: int, step: Step, positions: Mapping[int, int], kept: set[int]) -> Step | None:
        """A step of the run taken up again; None where it needs no more, or is not to be done. Notes the
        containers that stay."""
        match step.action:
            case Remove(disposal=disposal) if number in self.open:
                look, begun = self.found[number], number in self.run.purging
                if number in self.staying and not begun:
                    # What stays comes back; but where something else has its place, it stays set aside.
                    lost = look.where in (Where.QUARANTINE, Where.TRASH) and not look.free
                    if not lost or disposal is not Disposal.DELETE:
                        return None
                resumed = Resumed(self.run.id, number, begun)
                return replace(step, action=replace(step.action, resumes=resumed))
            case Tidy(alone=alone):
                look = self.found[number]
                again = (step.cache, step.action.names) in self.run.remade
                done = self.run.step_state(number) is StepState.DONE
                if look.now is None or look.now.kind is not Kind.DIRECTORY:
                    return None
                if not again and (done or look.where is not Where.PLACE):
                    return None  # what is there now is somebody else's
                if any(
                    need in self.staying or need in kept or not (need in positions or self.is_met(need))
                    for need in step.needs
                ):
                    kept.add(number)
                    return None
                left = tuple(names for names in alone if names not in look.gone)
                return replace(step, action=replace(step.action, alone=left), identity=look.now)
        return None

    def _links(self) -> Mapping[int, Set[int]]:
        """Which removals belong together: one needs the other, directly."""
        links: dict[int, set[int]] = {}
        there = self.open | self.aside
        for number in there:
            for need in self.run.plan.steps[number].needs:
                if need in there:
                    links.setdefault(number, set()).add(need)
                    links.setdefault(need, set()).add(number)
        return links
