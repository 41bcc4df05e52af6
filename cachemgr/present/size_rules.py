"""Words for size rules: that one is met, with the figures, or what is in its way."""

from collections.abc import Iterator

from cachemgr.domain.display import display_name
from cachemgr.domain.policy import Criterion, spell_bytes
from cachemgr.domain.verdict import Expiry, Met, Shortfall
from cachemgr.present.figures import size


def size_notes(expiry: Expiry, si: bool = False, *, after: bool) -> Iterator[str]:
    """How far each size rule got; `after`: something goes."""
    for met in expiry.met:
        yield met_sentence(met, si, after=after)
    for short in expiry.unmet:
        yield shortfall_sentence(short, si)


def met_sentence(met: Met, si: bool = False, *, after: bool = False) -> str:
    """`--free 40GiB is met: 59.0 GiB are free on /dev/sda1`; `after`: by what goes."""
    if met.criterion is Criterion.FREE:
        where = f" on {display_name(met.where)}" if met.where else ""
        found = f"{size(met.found, si)} {'will be' if after else 'are'} free{where}"
    else:
        found = f"{'what stays' if after else 'all of it'} takes {size(met.found, si)}"
    return f"--{met.criterion} {spell_bytes(met.asked)} is met: {found}"


def shortfall_sentence(short: Shortfall, si: bool = False) -> str:
    """What a size rule could not reach, and what is in its way."""
    what = f"what stays takes {size(short.missing, si)} too much"
    if short.criterion is Criterion.FREE:
        what = f"{size(short.missing, si)} more would have to be freed"
        what += f" on {display_name(short.where)}" if short.where else ""
    kept = ", ".join(f"{size(amount, si)} {_IN_THE_WAY[criterion]}" for criterion, amount in short.kept)
    return f"--{short.criterion} is not met: {what}" + (f" ({kept})" if kept else "")


_IN_THE_WAY = {
    Criterion.PIN: "pinned",
    Criterion.MIN_AGE: "too young",
    Criterion.KEEP_LAST: "among the last that are kept",
    Criterion.UNKNOWN: "with a record that cannot be believed",
    Criterion.NO_CLOCK: "of unknown age",
    Criterion.SET_ASIDE: "that would be set aside, which frees nothing now",
    Criterion.ALONE: "in the last one left, which no size rule takes",
    Criterion.OBSTACLE: "that clearing leaves as well",
}
