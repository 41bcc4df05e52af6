"""What stops an expiry that looks like a mistake: of the clock, of a rule, or of what a rule goes by."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Inventory
from cachemgr.domain.plan import Plan
from cachemgr.domain.policy import Criterion
from cachemgr.domain.terms import Rule
from cachemgr.domain.verdict import Brake, BrakeKind, Judgement

MOST_BYTES = 10 * 1000**3
"""What a guess may take while nobody watches."""
_STANDSTILL = timedelta(days=366)
"""Nothing on a machine that is in use is as old as that: then the clock has jumped."""
_SKEW = timedelta(minutes=5)


def brakes(
    inventory: Inventory,
    judgement: Judgement,
    now: datetime,
    *,
    attended: bool,
    last_run: datetime | None = None,
) -> Iterator[Brake]:
    """Why this is not to be carried out. `last_run` is when the journal was last written to."""
    if judgement.going:
        yield from _clock(inventory, judgement, now, last_run)
        if not attended:
            yield from _mass(judgement)
    if judgement.policy.unused_for is not None:
        for cache in dict.fromkeys(verdict.cache for verdict in judgement.verdicts):
            volume = inventory.cache_by_id[cache].volume
            if volume is not None and not volume.records_access:
                yield Brake(BrakeKind.NO_ACCESS_TIMES, cache)


def _mass(judgement: Judgement) -> Iterator[Brake]:
    """A time that the cache itself recorded is no guess, whatever share it takes."""
    guessed = [verdict for verdict in judgement.going if verdict.criterion is not Criterion.TTL]
    if 2 * len(guessed) > len(judgement.verdicts):
        yield Brake(BrakeKind.MASS, f"entries {len(guessed)} of {len(judgement.verdicts)}")
    elif (size := sum(verdict.size for verdict in guessed)) > MOST_BYTES:
        yield Brake(BrakeKind.MASS, f"bytes {size}")


def _clock(
    inventory: Inventory, judgement: Judgement, now: datetime, last_run: datetime | None
) -> Iterator[Brake]:
    changes = [entry.modified for entry in inventory.entries if entry.modified is not None]
    newest = _newest(changes, now)
    # A run writes down the time that its clock had: it cannot vouch for that clock.
    if last_run is not None and now + _SKEW < last_run:
        yield Brake(BrakeKind.CLOCK, f"behind {_date(last_run)}")
    elif newest is not None and now - newest > _STANDSTILL:
        yield Brake(BrakeKind.CLOCK, f"ahead {_date(newest)}")
    elif 2 * _ahead(inventory, judgement, now) > len(judgement.verdicts):
        yield Brake(BrakeKind.CLOCK, f"files-ahead {_date(max(changes))}")


def _newest(changes: Sequence[datetime], now: datetime) -> datetime | None:
    """When something was last stored here, as far as that is no single file's whim. What is from the future
    says nothing. Of the others two are passed over, or one in a hundred; but never more than one in ten."""
    past = sorted((moment for moment in changes if moment <= now + _SKEW), reverse=True)
    return past[min(len(past) // 10, max(2, len(past) // 100))] if past else None


def _ahead(inventory: Inventory, judgement: Judgement, now: datetime) -> int:
    """Entries from the future. A few are somebody's whim; most of them are a clock that was set back."""
    entries: Sequence[datetime | None] = [
        inventory.entry_by_id[verdict.entry].modified for verdict in judgement.verdicts
    ]
    return sum(modified is not None and modified > now + _SKEW for modified in entries)


def refusal(plan: Plan) -> str:
    """Why a plan to expire is not carried out, and the way out; empty where nothing stops it."""
    held = plan.expiry.held(plan.forced) if plan.expiry is not None else ()
    return _sentence(held[0], plan.created_at) if held else ""


def _sentence(brake: Brake, now: datetime) -> str:
    what, _, rest = brake.detail.partition(" ")
    match brake.kind:
        case BrakeKind.MASS:
            much = f"{rest} entries" if what == "entries" else f"{int(rest) / 1000**3:.1f} GB"
            why = (
                f"the rules would take {much} by age, use, size or number alone, and nobody is there to look"
            )
            return f"{why}; read the plan (--dry-run), then run it on a terminal or add {_FORCE}"
        case BrakeKind.CLOCK:
            against = {
                "ahead": f"more than a year after the newest file ({rest})",
                "behind": f"before the last run ({rest})",
                "files-ahead": f"and most of the files are from after that (up to {rest})",
            }[what]
            return f"the clock says {_date(now)}, {against}; set it right, or add {_FORCE}"
        case BrakeKind.NO_ACCESS_TIMES:
            return (
                f"{display_name(brake.detail)} lies on a mount that does not record when files are read"
                " (noatime), so nobody knows what is unused; go by --older-than, name the others alone,"
                f" or add {_FORCE} to go on without it"
            )


_FORCE = f"--force {Rule.MASS_EXPIRY}"


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
