"""What a line of a table of planned or kept work says, as values with raw numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cachemgr.domain.action import (
    ASIDE,
    Close,
    Commit,
    Copy,
    Discard,
    Link,
    Match,
    Move,
    Publish,
    Purge,
    Remake,
    Remove,
    Restore,
    Return,
    Settle,
    Tidy,
    Unlink,
    Withdraw,
)
from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import CacheId
from cachemgr.domain.outcome import Outcome, Totals
from cachemgr.domain.plan import Exclusion, Plan, Step
from cachemgr.domain.terms import Disposal, Rebuild, Status
from cachemgr.present.expiry import because_briefly, because_sentence
from cachemgr.present.figures import counted
from cachemgr.present.sentences import exclusion_briefly, exclusion_sentence
from cachemgr.present.words import rebuild_word

FOLLOWS = frozenset(("needs", "stopped", "given-up"))
"""Kinds of trouble that only pass on what went wrong elsewhere."""
_CLOSE = "close"
_WORSE = (Status.DONE, Status.SKIPPED, Status.REFUSED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """An entry that a plan acts on, or a step without one: many steps for one choice make one line."""

    id: str
    name: str
    cache: CacheId
    does: str
    rebuild: Rebuild | None
    size: int
    frees: int
    steps: int
    permanent: bool
    trashed: bool = False
    """It goes to the system's trash, and comes back from there by the system's means."""
    holds: tuple[str, ...] = ()
    """Of a quarantine: the ids of the entries in it, displayable. Of what moves whole: what nobody
    recognised in it, by path."""
    why: str = ""
    """Of an expiry: the rule that takes it, and what that saw."""
    briefly: tuple[str, ...] = ()
    """The same in fewer and fewer words; none where that is all there is to say."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """The directories that go once nothing is left in them: with the rows, all of a plan's bytes."""

    directories: int
    size: int
    frees: int


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Something that was asked for and stays."""

    id: str
    """What it is called by itself: an entry's id, or a path."""
    name: str
    cache: CacheId
    size: int | None
    why: str
    briefly: tuple[str, ...] = ()
    """As in `PlanRow`."""


def plan_rows(plan: Plan) -> tuple[PlanRow, ...]:
    """What a plan does, entry by entry in the order of its steps."""
    grouped: dict[int, list[Step]] = {}
    for number, row in row_of_step(plan).items():
        grouped.setdefault(row, []).append(plan.steps[number])
    return tuple(_plan_row(steps) for steps in grouped.values())


def row_of_step(plan: Plan) -> Mapping[int, int]:
    """Which of those rows each step belongs to. Tidying up belongs to none, unless there is nothing else."""
    aside: tuple[type, ...] = ASIDE
    if all(isinstance(step.action, ASIDE) for step in plan.steps):
        aside = tuple(kind for kind in ASIDE if kind is not Close)
    order: dict[tuple[CacheId, str], int] = {}
    found: dict[int, int] = {}
    for number, step in enumerate(plan.steps):
        if not isinstance(step.action, aside):
            names = getattr(step.action, "names", (str(number),))
            key = (step.cache, step.entry or f"{step.cache} {'/'.join(names)}")
            found[number] = order.setdefault(key, len(order))
    return found


def entry_totals(plan: Plan, outcomes: Sequence[Outcome]) -> Totals:
    """Outcomes counted by rows: one is done when all of its steps are, and else as bad as the worst of them.
    A step without a row counts for itself where it was not done, unless that only follows from another."""
    rows = row_of_step(plan)
    found: dict[int, list[Status]] = {}
    statuses: list[Status] = []
    for one in outcomes:
        if (row := rows.get(one.number)) is not None:
            found.setdefault(row, []).append(one.status)
        elif one.trouble is not None and one.trouble.kind not in FOLLOWS:
            statuses.append(one.status)
    steps = Counter(rows.values())
    for row, reported in found.items():
        worst = max(reported, key=_WORSE.index)
        if worst is not Status.DONE or len(reported) == steps[row]:
            statuses.append(worst)
    done, skipped, refused, failed = (statuses.count(status) for status in _WORSE)
    return Totals(done, failed, refused, skipped, sum(one.freed for one in outcomes))


def emptied(plan: Plan) -> Emptied | None:
    """None where no directory goes, and where the rows tell of each."""
    steps = [step for step in plan.steps if isinstance(step.action, Tidy)]
    if not steps or all(isinstance(step.action, ASIDE) for step in plan.steps):
        return None
    directories = sum(1 + len(step.action.alone) for step in steps if isinstance(step.action, Tidy))
    return Emptied(directories, sum(step.size for step in steps), sum(step.frees for step in steps))


def kept_rows(plan: Plan) -> tuple[KeptRow, ...]:
    """What stays: each thing once, however much is in its way. What no rule of an expiry asks for is only
    counted, elsewhere."""
    together: dict[tuple[CacheId, str], list[Exclusion]] = {}
    for number, exclusion in enumerate(plan.exclusions):
        if not exclusion.asked:
            continue
        key = exclusion.entry or str(exclusion.path or number)
        together.setdefault((exclusion.cache, key), []).append(exclusion)
    return tuple(_kept_row(exclusions) for exclusions in together.values())


def _kept_row(exclusions: Sequence[Exclusion]) -> KeptRow:
    first, others = exclusions[0], len(exclusions) - 1
    also = f", and {counted(others, 'more reason')}" if others else ""
    why = exclusion_sentence(first) + also
    return KeptRow(_kept_id(first), _kept_name(first), first.cache, first.size, why, exclusion_briefly(first))


def _plan_row(steps: Sequence[Step]) -> PlanRow:
    first = steps[0]
    return PlanRow(
        id=first.entry or first.cache,
        name=_step_name(first),
        cache=first.cache,
        does=does(first),
        rebuild=first.rebuild,
        size=_size(steps),
        frees=sum(step.frees for step in steps),
        steps=len(steps),
        permanent=any(_permanent(step) for step in steps),
        trashed=any(_disposal(step) is Disposal.TRASH for step in steps),
        holds=tuple(display_name(entry) for step in steps for entry in step.holds),
        why=because_sentence(first.because, goes=True) if first.because else "",
        briefly=because_briefly(first.because) if first.because else (),
    )


def does(step: Step) -> str:
    """A step's effect in a word or two."""
    match step.action:
        case Remove(disposal=disposal):
            return {Disposal.DELETE: "delete", Disposal.QUARANTINE: "set aside", Disposal.TRASH: "trash"}[
                disposal
            ]
        case Tidy():
            return "remove if empty"
        case Restore():
            return "bring back"
        case Remake():
            return "make again"
        case Settle():
            return "give its times back"
        case Purge():
            return "purge"
        case Close():
            return _CLOSE
        case _:
            return _RELOCATIONS[type(step.action)]


_RELOCATIONS: Mapping[type, str] = {
    Move: "move",
    Return: "move back",
    Copy: "copy and verify",
    Publish: "publish",
    Match: "compare",
    Commit: "commit",
    Withdraw: "take the copy away",
    Discard: "remove the staging",
    Link: "leave a link",
    Unlink: "remove the link",
}


def _size(steps: Sequence[Step]) -> int:
    """Bytes that a row is about: what was copied first, and then set aside or brought back, is still one."""
    first = [step for step in steps if not isinstance(step.action, Publish | Withdraw)]
    moved = [step for step in first if isinstance(step.action, Copy | Match)]
    return sum(step.size for step in moved or first)


def _permanent(step: Step) -> bool:
    return isinstance(step.action, Purge) or _disposal(step) is Disposal.DELETE


def _disposal(step: Step) -> Disposal | None:
    return step.action.disposal if isinstance(step.action, Remove) else None


def _step_name(step: Step) -> str:
    if step.entry is not None:
        return display_name(step.entry.removeprefix(f"{step.cache}:"))
    if isinstance(step.action, Purge | Close | Discard):
        held = f": {counted(len(step.holds), 'entry', 'entries')}" if step.holds else ""
        return f"quarantine of {display_name(step.action.run)}{held}"
    return display_name("/".join(getattr(step.action, "names", ()) or (step.cache,)))


def _kept_id(exclusion: Exclusion) -> str:
    return display_name(exclusion.entry or exclusion.path or exclusion.cache)


def _kept_name(exclusion: Exclusion) -> str:
    if exclusion.entry is not None:
        return display_name(exclusion.entry.removeprefix(f"{exclusion.cache}:"))
    return display_name(exclusion.path or exclusion.cache)


def way_back(row: PlanRow) -> str:
    """How a removed entry comes back."""
    if row.does == _CLOSE:
        return ""  # nothing is in it any more
    if row.permanent:
        return rebuild_word(row.rebuild) if row.rebuild else ""
    return "from the trash" if row.trashed else "undo"
