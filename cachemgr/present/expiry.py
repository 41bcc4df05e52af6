"""Words for rules: what a policy goes by, which rule takes or keeps an entry, and what it could not reach."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.display import display_name
from cachemgr.domain.plan import Plan
from cachemgr.domain.policy import Criterion, Pin, Policy, Source
from cachemgr.domain.verdict import Clock, EntryState, Expiry, Verdict
from cachemgr.present.figures import counted, day, minute, size
from cachemgr.present.size_rules import size_notes

_GOES = {
    Criterion.TTL: "past the time its own record gives{when}",
    Criterion.OLDER_THAN: "last changed{when}",
    Criterion.UNUSED_FOR: "last used or changed{when}",
    Criterion.KEEP_LAST: "not among the last that are kept; changed{when}",
    Criterion.MAX_SIZE: "the next in order to meet --max-size; dates from{when}",
    Criterion.FREE: "the next in order to meet --free; dates from{when}",
}
_STAYS = {
    Criterion.KEEP_LAST: "among the last that are kept; changed{when}",
    Criterion.PIN: "pinned",
    Criterion.MIN_AGE: "too young: changed{when}",
    Criterion.NO_CLOCK: "nothing tells how long it has not been used or changed",
    Criterion.SET_ASIDE: "setting it aside frees nothing now; --delete would",
    Criterion.ALONE: "the only one left, whatever its size",
    Criterion.NO_RULE: "no rule asks for it",
    Criterion.OBSTACLE: "clearing leaves it as well",
    Criterion.UNKNOWN: "its record cannot be believed",
}
_BRIEFLY = {
    Criterion.TTL: "past",
    Criterion.OLDER_THAN: "changed",
    Criterion.UNUSED_FOR: "since",
    Criterion.KEEP_LAST: "changed",
    Criterion.MAX_SIZE: "of",
    Criterion.FREE: "of",
    Criterion.MIN_AGE: "changed",
}
"""What a rule's date is, in a word."""
_IN_A_WORD = {
    Criterion.PIN: "pinned",
    Criterion.UNKNOWN: "doubtful",
    Criterion.NO_CLOCK: "unknown age",
    Criterion.SET_ASIDE: "frees nothing",
    Criterion.ALONE: "the last one",
    Criterion.NO_RULE: "no rule",
    Criterion.OBSTACLE: "as in clear",
}
_DOUBTS = {
    "unreadable": "its metadata is too long, or cannot be read",
    "not-json": "its metadata is not a JSON object in UTF-8",
    "not-finite": "a number in its metadata is not finite",
    "twice": "its metadata says something twice",
    "type": "a time in its metadata is not a number",
    "range": "a time in its metadata is out of range",
    "conflict": "the times in its metadata contradict each other",
    "newer": "a newer version wrote its metadata",
    "incomplete": "its metadata has a lifetime and no beginning",
    "orphan": "it is a half that lost the other",
}
_HALF = "half an entry"
_SOURCES = {
    Source.RECORDED: "the cache's own record",
    Source.MODIFIED: "the last change of its newest file",
    Source.ACCESSED: "its last read or change",
}
_CONFIDENCE = {
    Source.RECORDED: "exact",
    Source.MODIFIED: "good; copying and touching move it",
    Source.ACCESSED: "rough: about a day, and whoever reads a file moves it",
}
_STATES = {
    EntryState.EXPIRED: "expired",
    EntryState.LIVE: "live",
    EntryState.NEVER: "without an end",
    EntryState.UNKNOWN: "not to be believed",
    EntryState.ORPHAN: "without their other half",
    EntryState.UNRECORDED: "without a record",
    EntryState.NOT_RECOGNISED: "not recognised",
}
_SIZE_RULES = ("max-size", "free")


def because_sentence(because: str, *, goes: bool) -> str:
    """What `Verdict.because` says: `last changed 2026-08-01 10:00 UTC`, `pinned: for a talk`."""
    name, _, rest = because.partition(" ")
    try:
        criterion = Criterion(name)
    except ValueError:
        return display_name(because)
    if criterion is Criterion.UNKNOWN:
        return _DOUBTS.get(rest, _STAYS[criterion])
    if criterion is Criterion.PIN and rest:
        return f"pinned: {display_name(rest)}"
    template = (_GOES if goes else _STAYS).get(criterion) or _GOES.get(criterion) or _STAYS[criterion]
    return template.format(when=_when(rest))


def because_briefly(because: str) -> tuple[str, str, str]:
    """The same in fewer words, and in fewer still: `--older-than: changed 2026-08-01`, with the date alone,
    and the rule alone. Where no rule decided, what did: `pinned`."""
    name, _, rest = because.partition(" ")
    try:
        criterion = Criterion(name)
    except ValueError:
        return (display_name(because),) * 3
    if criterion not in _BRIEFLY:
        word = _HALF if rest == EntryState.ORPHAN.value else _IN_A_WORD[criterion]
        return (word,) * 3
    rule = f"--{criterion}"
    date = rest[: len("2026-08-01")]
    return (f"{rule}: {_BRIEFLY[criterion]} {date}", f"{rule}, {date}", rule) if date else (rule,) * 3


def verdict_sentence(verdict: Verdict) -> str:
    """Which rule takes or keeps an entry, and what it saw."""
    if verdict.criterion is Criterion.OBSTACLE and verdict.reason is not None:
        return f"clearing leaves it as well ({verdict.reason.value})"
    return because_sentence(verdict.because, goes=verdict.goes)


def rules_text(rules: tuple[tuple[str, str], ...]) -> str:
    """`--older-than 30d --ttl`."""
    return " ".join(f"--{name} {_amount(value)}".rstrip() for name, value in rules)


def _amount(value: str) -> str:
    """An amount as it is written; one of many digits also as people say it."""
    digits = value.removesuffix("B")
    return f"{value} ({size(int(digits))})" if digits.isdigit() and len(digits) > 6 else value


def policy_title(policy: Policy) -> str:
    """What it is about, in a line."""
    if policy.wrong:
        return "cannot be run"
    return display_name(policy.title) if policy.title else policy_text(policy)


def policy_text(policy: Policy) -> str:
    """`--older-than 6mo --ttl on tmdb`."""
    if policy.wrong:
        return "cannot be run; `cachemgr config validate` says why"
    about = " ".join(map(display_name, policy.targets)) or "all"
    return f"{rules_text(policy.rules)} on {about}"


def policies_about(kind: CacheType, policies: Iterable[Policy]) -> list[Policy]:
    """Those that may be run and whose targets name a whole type, its category, or everything."""
    words = {kind.id, kind.category.value, "all"}
    return [policy for policy in policies if policy.trusted and words.intersection(policy.targets)]


def pin_text(pin: Pin) -> str:
    """Why it holds, and until when."""
    until = f"until {day(pin.until - timedelta(seconds=1))}" if pin.until is not None else ""
    return ", ".join(filter(None, (display_name(pin.reason), until))) or "pinned"


def clock_sentence(clock: Clock) -> str:
    """`--older-than goes by the last change of its newest file (good; copying and touching move it)`."""
    return f"--{clock.criterion} goes by {_SOURCES[clock.source]} ({_CONFIDENCE[clock.source]})"


def order_sentence(expiry: Expiry) -> str:
    """What goes first under a size rule."""
    longest = "read or changed" if expiry.order is Source.ACCESSED else "changed"
    return f"first goes what is past its record, then what was {longest} the longest time ago"


def state_counts(expiry: Expiry) -> str:
    """`1,118 expired, 2,990 live, 3 not recognised`."""
    return ", ".join(f"{count:,} {_STATES[EntryState(name)]}" for name, count in expiry.states)


def expiry_notes(plan: Plan, si: bool = False) -> Iterator[str]:
    """What an expiry was founded on, line by line."""
    expiry = plan.expiry
    if expiry is None:
        return
    of = f"policy {display_name(expiry.policy)}: " if expiry.policy else "rules: "
    yield of + rules_text(expiry.rules)
    yield from map(clock_sentence, expiry.clocks)
    if any(name in _SIZE_RULES for name, _ in expiry.rules):
        yield order_sentence(expiry)
    if expiry.states:
        yield f"looked at {state_counts(expiry)}"
    if idle := sum(not exclusion.asked for exclusion in plan.exclusions):
        yield f"{counted(idle, 'entry stays', 'entries stay')} because no rule asks for them"
    yield from size_notes(expiry, si, after=bool(plan.steps))
    for target in expiry.idle_pins:
        yield f"the pin {display_name(target)} names nothing here"
    for target, last in expiry.lapsed_pins:
        yield f"the pin {display_name(target)} holds nothing any more: its last day was {last}"


def _when(stamp: str) -> str:
    """A time as a plan has it, for people."""
    try:
        return f" {minute(datetime.fromisoformat(stamp))} UTC"
    except ValueError:
        return f" {display_name(stamp)}" if stamp else ""
