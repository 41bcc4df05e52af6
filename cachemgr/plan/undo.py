"""The reverse of a run: what lies in its quarantine goes back, with the folders it came from."""

from collections.abc import Iterator, Sequence

from cachemgr.domain.action import Remake, Remove, Restore, Settle
from cachemgr.domain.plan import Step
from cachemgr.domain.run import Folder, Numbered, Run
from cachemgr.domain.terms import Disposal


def undo(run: Run, held: Numbered | None = None) -> tuple[Step, ...]:
    """Folders that were removed are made again, outermost first; then the units; then the folders' times,
    innermost first, because each return changes the time of the folder it happens in.

    `held` names the units; by default they are all that can be brought back.
    """
    held = run.quarantined if held is None else held
    caches = {step.cache for _, step in held}
    return tuple(_steps(run, held, [folder for folder in run.folders if folder.cache in caches]))


def give_back(run: Run, held: Numbered) -> tuple[Step, ...]:
    """Only those units, into folders that go on being changed: no other is made again, and none gets its
    times back."""
    above = {
        (step.cache, step.action.names[:depth])
        for _, step in held
        if isinstance(step.action, Remove)
        for depth in range(1, len(step.action.names))
    }
    folders = [folder for folder in run.folders if (folder.cache, folder.names) in above]
    return tuple(step for step in _steps(run, held, folders) if not isinstance(step.action, Settle))


def _steps(run: Run, held: Numbered, folders: Sequence[Folder]) -> Iterator[Step]:
    made: dict[tuple[str, tuple[str, ...]], int] = {}
    number = 0
    for folder in sorted(folders, key=lambda folder: len(folder.names)):
        # Also where an interrupted run could not say whether it removed it: one that is there stays as it is.
        if folder.left_ns is None and folder.names:
            key = (folder.cache, folder.names)
            remake = Remake(folder.names, folder.mode, key in run.remade)
            yield Step(remake, folder.cache, needs=_needs(made, folder))
            made[key] = number
            number += 1
    back: dict[tuple[str, tuple[str, ...]], set[int]] = {}
    behind: dict[int, set[int]] = {}
    """The returns of what waited, to go, for a removal of the run: it must not point to nothing now."""
    # The last to leave is the first to return: payload before what points to it.
    for position, step in reversed(held):
        if not isinstance(step.action, Remove):
            continue
        above = made.get((step.cache, step.action.names[:-1]))
        needs = behind.get(position, set()) | (set() if above is None else {above})
        yield Step(
            Restore(run.id, position, step.action.names, step.action.disposal is Disposal.TRASH),
            step.cache,
            step.entry,
            step.identity,
            step.size,
            needs=tuple(sorted(needs)),
            rebuild=step.rebuild,
        )
        for need in step.needs:
            behind.setdefault(need, set()).add(number)
        # While anything is missing from a folder, or waits in the root's quarantine, it is not as it was.
        for place in {step.action.names[:-1], ()}:
            back.setdefault((step.cache, place), set()).add(number)
        number += 1
    for folder in sorted(folders, key=lambda folder: -len(folder.names)):
        key = (folder.cache, folder.names)
        needs = back.get(key, set()) | ({made[key]} if key in made else set())
        settle = Settle(folder.names, folder.accessed_ns, folder.modified_ns, folder.left_ns)
        yield Step(settle, folder.cache, needs=tuple(sorted(needs)))


def _needs(made: dict[tuple[str, tuple[str, ...]], int], folder: Folder) -> tuple[int, ...]:
    above = made.get((folder.cache, folder.names[:-1]))
    return () if above is None else (above,)
