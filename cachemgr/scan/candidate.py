"""A place where a cache may be, before anybody looked at the disk."""

from dataclasses import dataclass
from pathlib import PurePath

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.inventory import Origin, Problem
from cachemgr.domain.terms import Place


@dataclass(frozen=True, slots=True)
class Candidate:
    """One location by one rule, with what is wrong with it in text alone."""

    type: CacheType
    place: Place
    origin: Origin
    path: PurePath | None
    """Where the tool would write; None when the setting turns the cache off or makes no sense."""
    problems: tuple[Problem, ...] = ()
    """`empty`, `relative`, `unexpanded`, `untrusted`, `disabled`: found in the text of the setting. A
    candidate with a problem is listed as unusable, never scanned for clearing."""
    configured: bool = False
    """A configuration file names it: listed even when it does not exist."""
    registered: bool = False
    """A trusted configuration names it, or the project follows the convention that it belongs to."""
    active: bool = True
    """Where the tool would write now. False for defaults that a variable overrides: scanned all the same,
    for what an earlier setting left behind."""
    home: PurePath | None = None
    """The configured home (HF_HOME, TORCH_HOME, `hf_home` …) it was derived from; a home is accounted
    for whole."""
