"""What stays says when a rule will take it, and a size rule that is met says so with its figures."""

from dataclasses import replace

import pytest

from cachemgr.domain.inventory import Entry, Volume
from cachemgr.domain.policy import Policy
from cachemgr.domain.terms import Record
from cachemgr.domain.unit import Tally
from cachemgr.domain.verdict import EntryState, Met
from cachemgr.journal import expiries
from cachemgr.plan.expire import judge
from cachemgr.plan.waits import waits
from cachemgr.present.size_rules import size_notes
from cachemgr.present.standing import record_word, standing_sentence
from tests.values import NOW, ago, cache, entry, inventory

DAY = 86_400.0
BOX = "tmdb@project"
DISK = Volume("/dev/sda1", "ext4", free=59 * 1024**3, total=252 * 1024**3)


def explained(policy: Policy, one: Entry) -> str:
    found = inventory([replace(cache(BOX), volume=DISK, registered=True, tally=Tally())], [one])
    judgement = judge(found, found.entries, policy, NOW)
    (verdict,) = judgement.verdicts
    return standing_sentence(verdict, tuple(waits(one, policy, verdict)), judgement.expiry, NOW)


AGED = entry("x", modified=ago(days=45), used=ago(days=3))


ENDLESS = replace(AGED, record=Record.NEVER)


@pytest.mark.parametrize(
    ("policy", "one", "says"),
    [
        (
            Policy(older_than=6 * 2_629_800),
            AGED,
            f"changed 45 days ago; --older-than 6mo takes it from {ago(days=45 - 182.625):%Y-%m-%d}",
        ),
        (
            Policy(unused_for=30 * DAY),
            AGED,
            f"last used or changed 3 days ago; --unused-for 30d takes it from {ago(days=-27):%Y-%m-%d}",
        ),
        (Policy(older_than=9e15), AGED, "changed 45 days ago; --older-than 2500000000000h never takes it"),
        (
            Policy(ttl=True),
            replace(AGED, record=Record.DATED, expires=ago(days=-2)),
            f"its own record gives it until {ago(days=-2):%Y-%m-%d %H:%M} UTC; --ttl takes it after that",
        ),
        (
            Policy(ttl=True),
            replace(AGED, record=Record.NEVER),
            "its own record has no end, which --ttl goes by",
        ),
        (
            Policy(older_than=60.0),
            entry("x", modified=ago(hours=1)),
            f"too young: changed {ago(hours=1):%Y-%m-%d %H:%M} UTC; "
            f"--min-age keeps it until {ago(hours=-23):%Y-%m-%d %H:%M} UTC",
        ),
        (
            Policy(max_size=10**12, free=40 * 1024**3),
            AGED,
            "--max-size is met without it; --free is met without it",
        ),
        (Policy(older_than=60.0), replace(AGED, record=Record.ORPHAN), "it is a half that lost the other"),
    ],
    ids=["older", "unused", "never", "ttl", "endless", "young", "sizes", "orphan"],
)
def test_what_stays_says_how_long(policy: Policy, one: Entry, says: str) -> None:
    if one.record is Record.ORPHAN:
        one = replace(one, doubt="orphan")
    assert explained(policy, one) == says


def test_a_size_rule_that_is_met_has_its_figures_and_keeps_them_in_a_document() -> None:
    found = inventory([replace(cache(BOX), volume=DISK, registered=True, tally=Tally())], [AGED])

    idle = judge(found, found.entries, Policy(max_size=500 * 1000**2, free=40 * 1024**3), NOW).expiry
    taken = judge(found, found.entries, Policy(older_than=DAY, max_size=0), NOW).expiry
    short = judge(found, found.entries, Policy(max_size=0), NOW).expiry

    assert list(size_notes(idle, after=False)) == [
        "--max-size 500MB is met: all of it takes 4.0 KiB",
        "--free 40GiB is met: 59.0 GiB are free on /dev/sda1",
    ]
    assert list(size_notes(taken, after=True)) == ["--max-size 0B is met: what stays takes 0 B"]
    assert (short.met, len(short.unmet)) == ((), 1)
    assert idle.met[1] == Met(idle.met[1].criterion, 40 * 1024**3, 59 * 1024**3, "/dev/sda1")
    assert expiries.decode(expiries.encode(idle)) == idle


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (EntryState.EXPIRED, "expired"),
        (EntryState.LIVE, "live"),
        (EntryState.NEVER, "without an end"),
        (EntryState.UNKNOWN, "not to be believed"),
        (EntryState.ORPHAN, "without its other half"),
        (EntryState.UNRECORDED, "none"),
    ],
)
def test_what_a_record_says_is_told_in_words(state: EntryState, word: str) -> None:
    assert record_word(state) == word
