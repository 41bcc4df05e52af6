"""A policy as a form: its rules one by one, as they are typed and as they are read."""

from dataclasses import dataclass, replace
from typing import Any

from cachemgr.domain.field import Measure, rule_amount
from cachemgr.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Blank:
    """One rule of the form. Its name is that of the option on the command line."""

    name: str
    title: str
    measure: Measure
    example: str = ""
    """What could be typed."""
    meaning: str = ""

    @property
    def is_switch(self) -> bool:
        """It is on or off, and nothing is typed."""
        return self.measure is Measure.FLAG


BLANKS = (
    Blank("ttl", "Past its record", Measure.FLAG, "", "goes when the time is over that its cache recorded"),
    Blank("older-than", "Older than", Measure.SECONDS, "30d, 12h, 6mo", "goes so long after its last change"),
    Blank("unused-for", "Unused for", Measure.SECONDS, "60d, 1y", "goes so long after its last use"),
    Blank("max-size", "All at most", Measure.BYTES, "20GiB, 500MB", "the oldest go until they fit together"),
    Blank("free", "Free on disk", Measure.BYTES, "12GiB", "the oldest go until so much is free"),
    Blank("keep-last", "Keep the last", Measure.COUNT, "3", "the newest of each group stay"),
    Blank("min-age", "Younger stays", Measure.SECONDS, "24h, 0", "no guess takes younger ones; 24h at first"),
)  # fmt: skip


def text_of(policy: Policy, blank: Blank) -> str:
    """What stands in the form: `30d`, `on`; empty where the rule is not set."""
    written = dict(policy.rules).get(blank.name)
    return "" if written is None else "on" if blank.is_switch else written


def filled(policy: Policy, blank: Blank, text: str) -> Policy:
    """The policy with one rule as it was typed; without it where nothing was. Raises ValueError saying what
    would fit."""
    change: dict[str, Any] = {blank.name.replace("-", "_"): _read(blank, text.strip())}
    return replace(policy, **change)


def _read(blank: Blank, text: str) -> bool | float | int | None:
    if blank.is_switch:
        return bool(text)
    if not text:
        return None
    value = rule_amount(text, blank.measure)
    return value if blank.measure is Measure.SECONDS else int(value)
