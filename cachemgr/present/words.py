"""The vocabulary of both faces: a word, a glyph and an ASCII glyph for everything that has a kind."""

from enum import StrEnum

from cachemgr.domain.inventory import Cache
from cachemgr.domain.terms import (
    CacheState,
    Category,
    Intent,
    Knowledge,
    Place,
    Rebuild,
    RunState,
    Severity,
    StepState,
    Where,
)


class Tier(StrEnum):
    """What a row's glyph and colour say: the cost of deleting, or why it is not that simple."""

    REBUILDS = "rebuilds"
    DOWNLOADS = "downloads"
    COSTS = "costs"
    UNIQUE = "unique"
    LEGACY = "legacy"
    PROTECTED = "protected"


_GLYPHS = {
    Tier.REBUILDS: ("○", "o"),
    Tier.DOWNLOADS: ("●", "*"),
    Tier.COSTS: ("◆", "$"),
    Tier.UNIQUE: ("■", "#"),
    Tier.LEGACY: ("▲", "!"),
    Tier.PROTECTED: ("■", "#"),
}
_TIER_WORDS = {
    Tier.REBUILDS: "rebuilds itself",
    Tier.DOWNLOADS: "downloads again",
    Tier.COSTS: "costs money or time",
    Tier.UNIQUE: "cannot be had again",
    Tier.LEGACY: "legacy location",
    Tier.PROTECTED: "listed, never cleared",
}
_CATEGORIES = {
    Category.MODELS: "ML models",
    Category.APPS: "Applications",
    Category.RESPONSES: "LLM responses",
    Category.PACKAGES: "Packages",
    Category.BUILDS: "Builds",
}
_STATES = {
    CacheState.OK: "ok",
    CacheState.MISSING: "not there",
    CacheState.UNAVAILABLE: "unavailable",
    CacheState.UNUSABLE: "unusable",
    CacheState.PARTIAL: "read in part",
}
_PLACES = {
    Place.PROJECT: "in the project",
    Place.HOME: "default place",
    Place.ENV: "moved by a variable",
    Place.LEGACY: "legacy location",
    Place.SYSTEM: "system-wide",
    Place.CUSTOM: "configured by you",
}
_SEVERITIES = {
    Severity.INFO: ("·", "-"),
    Severity.WARNING: ("▲", "!"),
    Severity.ERROR: ("✕", "x"),
}
_RUN_STATES = {
    RunState.FINISHED: "finished",
    RunState.INTERRUPTED: "interrupted",
    RunState.RECOVERED: "recovered",
    RunState.ROLLED_BACK: "rolled back",
    RunState.UNDONE: "undone",
    RunState.PURGED: "purged",
}
_VERBS = {
    Intent.CLEAR: "Clear",
    Intent.EXPIRE: "Expire",
    Intent.MIGRATE: "Migrate",
    Intent.UNDO: "Undo",
    Intent.PURGE: "Purge",
    Intent.FINISH: "Finish",
    Intent.ROLL_BACK: "Roll back",
}
_STEP_STATES = {
    StepState.DONE: "done",
    StepState.NOT_DONE: "not done",
    StepState.UNKNOWN: "unknown",
    StepState.UNTOUCHED: "untouched",
}
_WHERE = {
    Where.PLACE: "at its place",
    Where.QUARANTINE: "in the quarantine",
    Where.TRASH: "in the system trash, or on its way",
    Where.OTHER: "something else is there",
    Where.NEITHER: "gone",
    Where.MOVED: "at its new place",
    Where.STAGED: "copied, without a name yet",
    Where.UNREACHABLE: "out of reach",
}


def tier(cache: Cache) -> Tier:
    """The glyph class of a cache: legacy and never-cleared ones stand out from their rebuild class."""
    if cache.legacy:
        return Tier.LEGACY
    if cache.knowledge is Knowledge.UNVERIFIED and not cache.registered:
        return Tier.PROTECTED
    return Tier(cache.rebuild.value)


def glyph(kind: Tier | Rebuild, *, ascii: bool = False) -> str:  # noqa: A002 - the word for it
    """`○ ● ◆ ▲ ■`, or `o * $ ! #` where the terminal cannot draw them."""
    return _GLYPHS[Tier(kind.value)][ascii]


def tier_word(kind: Tier) -> str:
    return _TIER_WORDS[kind]


def rebuild_word(rebuild: Rebuild) -> str:
    """What deleting costs, as a phrase."""
    return _TIER_WORDS[Tier(rebuild.value)]


def category_title(category: Category) -> str:
    return _CATEGORIES[category]


def state_word(state: CacheState) -> str:
    return _STATES[state]


def place_word(place: Place) -> str:
    return _PLACES[place]


def severity_glyph(severity: Severity, *, ascii: bool = False) -> str:  # noqa: A002
    return _SEVERITIES[severity][ascii]


def run_state_word(state: RunState) -> str:
    return _RUN_STATES[state]


def step_state_word(state: StepState) -> str:
    return _STEP_STATES[state]


def where_word(where: Where) -> str:
    """Where a thing lies now."""
    return _WHERE[where]


def verb(intent: Intent) -> str:
    """The plan's verb, to begin a sentence or a button with."""
    return _VERBS[intent]
