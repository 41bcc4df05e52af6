"""A policy as a form: its rules one by one, as they are typed and as they are read."""

from dataclasses import dataclass, replace
from typing import Any

from cachemgr.domain.field import Measure, rule_amount
from cachemgr.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Blank:
    """One rule of the form. Its name is that of the option on the command line."""

    name: str
    measure: Measure
    example: str = ""
    """What could be typed."""
    meaning: str = ""

    @property
    def option(self) -> str:
        """As on the command line, and everywhere else."""
        return f"--{self.name}"

    @property
    def is_switch(self) -> bool:
        """It is on or off, and nothing is typed."""
        return self.measure is Measure.FLAG


BLANKS = (
    Blank("ttl", Measure.FLAG, "", "past the time that its cache recorded"),
    Blank("older-than", Measure.SECONDS, "30d, 12h, 6mo", "last changed so long ago"),
    Blank("unused-for", Measure.SECONDS, "60d, 1y", "last used or changed so long ago"),
    Blank("max-size", Measure.BYTES, "20GiB, 500MB", "the next in order go, until all fit"),
    Blank("free", Measure.BYTES, "12GiB", "the next in order go, until so much is free"),
    Blank("keep-last", Measure.COUNT, "3", "the newest of each group stay"),
    Blank("min-age", Measure.SECONDS, "24h, 0", "what is younger stays; at first 24h"),
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
