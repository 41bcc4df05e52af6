"""What a run that was interrupted did, and where what it was about lies now, as rows with raw numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cachemgr.domain.action import ASIDE, Restore
from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import CacheId, EntryId
from cachemgr.domain.outcome import Trouble
from cachemgr.domain.run import Run, Whereabouts
from cachemgr.domain.terms import StepState, Where
from cachemgr.present.plan_rows import does
from cachemgr.present.words import step_state_word, where_word


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: what the record knows of it, and where its unit was found."""

    number: int
    state: StepState
    """By the record alone."""
    judged: StepState
    """By the record and the look."""
    where: Where | None
    """None for a step that is about no thing."""
    does: str
    cache: CacheId
    entry: EntryId | None
    path: Path
    size: int
    trouble: Trouble | None


def judged(run: Run, number: int, look: Whereabouts | None) -> StepState:
    """What a step came to by its record and by a look: whole batches are announced before the first of them
    moves, and what still lies at its place was never touched."""
    state = run.step_state(number)
    if state is not StepState.UNKNOWN or look is None or look.where is not Where.PLACE:
        return state
    return StepState.DONE if isinstance(run.plan.steps[number].action, Restore) else StepState.UNTOUCHED


def step_rows(run: Run, looks: Mapping[int, Whereabouts]) -> Iterator[StepRow]:
    """Every step, in its order."""
    for number, step in enumerate(run.plan.steps):
        fate, look = run.fates.get(number), looks.get(number)
        names: tuple[str, ...] = getattr(step.action, "names", ())
        yield StepRow(
            number=number,
            state=run.step_state(number),
            judged=judged(run, number, look),
            where=None if look is None else look.where,
            does=does(step),
            cache=step.cache,
            entry=step.entry,
            path=run.plan.root(step.cache).path.joinpath(*names),
            size=step.size,
            trouble=None if fate is None else fate.trouble,
        )


def counts(run: Run) -> Mapping[StepState, int]:
    """How many steps are in which state. What only tidies up counts as well: it is in the record."""
    found = Counter(run.step_state(number) for number in range(len(run.plan.steps)))
    return {state: found[state] for state in StepState}


def judgement(run: Run, looks: Mapping[int, Whereabouts]) -> Mapping[StepState, int]:
    """The same by record and look, which is how people are told."""
    found = Counter(judged(run, number, looks.get(number)) for number in range(len(run.plan.steps)))
    return {state: found[state] for state in StepState}


def progress(run: Run, looks: Mapping[int, Whereabouts]) -> str:
    """How far it came: `3 done, 1 unknown, 2 untouched`."""
    counted = judgement(run, looks).items()
    parts = [f"{number:,} {step_state_word(state)}" for state, number in counted if number]
    return ", ".join(parts) or "no steps"


def unknown(run: Run, looks: Mapping[int, Whereabouts]) -> str:
    """Where the things are that the record cannot tell of: `1 at its place, 2 in the quarantine`; empty
    where it can tell of all."""
    found = Counter(
        looks[number].where
        for number, step in enumerate(run.plan.steps)
        if number in looks
        and judged(run, number, looks[number]) is StepState.UNKNOWN
        and not isinstance(step.action, ASIDE)
    )
    return ", ".join(f"{found[where]:,} {where_word(where)}" for where in Where if found[where])


def reachable(looks: Mapping[int, Whereabouts]) -> bool:
    """Whether anything of it can be looked at."""
    return not looks or any(look.where is not Where.UNREACHABLE for look in looks.values())


def name(row: StepRow) -> str:
    """What a row is about, displayable."""
    if row.entry is not None:
        return display_name(row.entry)
    return display_name(row.path) if row.where is not None else display_name(row.cache)
