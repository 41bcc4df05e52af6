"""The reverse of a run: what lies in its quarantine goes back, with the folders it came from."""

from collections.abc import Iterator

from cachemgr.domain.action import Remake, Remove, Restore, Settle
from cachemgr.domain.plan import Step
from cachemgr.domain.run import Folder, Run


def undo(run: Run) -> tuple[Step, ...]:
    """Folders that were removed are made again, outermost first; then the units; then the folders' times,
    innermost first, because each return changes the time of the folder it happens in."""
    return tuple(_steps(run))


def _steps(run: Run) -> Iterator[Step]:
    held = run.quarantined
    caches = {step.cache for _, step in held}
    folders = [folder for folder in run.folders if folder.cache in caches]
    made: dict[tuple[str, tuple[str, ...]], int] = {}
    number = 0
    for folder in sorted(folders, key=lambda folder: len(folder.names)):
        # Also where an interrupted run could not say whether it removed it: one that is there stays as it is.
        if folder.left_ns is None and folder.names:
            yield Step(Remake(folder.names, folder.mode), folder.cache, needs=_needs(made, folder))
            made[(folder.cache, folder.names)] = number
            number += 1
    back: dict[tuple[str, tuple[str, ...]], set[int]] = {}
    # The last to leave is the first to return: payload before what points to it.
    for position, step in reversed(held):
        if not isinstance(step.action, Remove):
            continue
        above = made.get((step.cache, step.action.names[:-1]))
        yield Step(
            Restore(run.id, position, step.action.names),
            step.cache,
            step.entry,
            step.identity,
            step.size,
            needs=() if above is None else (above,),
            rebuild=step.rebuild,
        )
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
