"""Recovering what was interrupted, and whether it ended as was wished."""

from collections.abc import Callable, Iterable

from cachemgr.domain.run import Run
from cachemgr.domain.run_event import Announced, Phase, RunEvent, StepStarted
from cachemgr.domain.terms import RunState
from cachemgr.service import CacheManager
from tests.desk import carry_out, drop
from tests.journal.ground import Ground, check, is_there, names, plan, quarantines


def spread(total: int, number: int | None) -> Iterable[int]:
    """That many calls out of all, the first and the last among them; None for every one."""
    if number is None:
        return range(1, total + 1)
    return sorted({1 + (total - 1) * n // (number - 1) for n in range(number)})


def interrupted(found: Ground) -> Run | None:
    runs = found.service.interrupted()
    assert len(runs) <= 1
    return runs[0] if runs else None


def recover(found: Ground, wish: str) -> str:
    """Recover what was interrupted, as is wished where that is open; what was done."""
    run = interrupted(found)
    assert run is not None
    if wish == "roll-back" and not found.service.recovery.choices(run).roll_back:
        wish = "finish"
    done = carry_out(found.service, plan(found.service, wish))
    assert [one for one in done.outcomes if one.trouble is not None] == []
    return wish


def settled(found: Ground, run: str, what: str, did: str, cleared: frozenset[str]) -> bool:
    """Whether a clearing ended as was wished, and `undo` works where it was promised. A finished one may have
    brought an entry back that could not be proven to be free."""
    check(found)
    known = found.service.run(run)
    if did == "roll-back":
        assert known.state is RunState.ROLLED_BACK
        assert is_there(found)
        assert quarantines(found) == set()
        return True
    assert known.state is RunState.RECOVERED
    complete = names(found) == cleared
    if what == "delete":
        assert quarantines(found) == set()
    else:
        carry_out(found.service, found.service.plan_undo(run))
        assert is_there(found)
        check(found)
    return complete


def before_step(number: int) -> Callable[[RunEvent], bool]:
    return lambda event: isinstance(event, StepStarted) and event.number == number


def deleting(event: RunEvent) -> bool:
    """Right after a deletion was announced."""
    return isinstance(event, Announced) and event.phase is Phase.PURGING


def interrupt(service: CacheManager, what: str, when: Callable[[RunEvent], bool]) -> Run:
    """A run that ends at an event, as if its process had gone."""
    events = service.execute(plan(service, what))
    assert any(map(when, events))
    drop(events)
    return service.interrupted()[0]
