"""Where a tool writes: its variables and defaults in the order it asks them. Reads no disk."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from cachemgr.domain.cache_type import CacheType, Default, Variable
from cachemgr.domain.inventory import Problem
from cachemgr.domain.machine import Machine
from cachemgr.domain.reading import read_variable
from cachemgr.domain.terms import Place


def rules(cache_type: CacheType, machine: Machine) -> tuple[Variable | Default, ...]:
    """What decides on this platform, strongest first: a directory that exists already gives way only to the
    tool's own variables. What everybody shares (`/tmp`, `/usr/share`) is no part of another home."""
    variables = [variable for variable in cache_type.variables if machine.platform in variable.platforms]
    defaults = [
        default
        for default in cache_type.defaults
        if machine.platform in default.platforms and (machine.own or default.place is not Place.SYSTEM)
    ]
    return (
        *(variable for variable in variables if not variable.shared),
        *(default for default in defaults if default.if_exists),
        *(variable for variable in variables if variable.shared),
        *(default for default in defaults if not default.if_exists),
    )


def default_path(text: str, machine: Machine) -> PurePath | None:
    """A path of the catalogue (`Default.path`) on this machine; None where its variable is not set."""
    first, _, rest = text.partition("/")
    if first == "~":
        return machine.home / rest
    if first == "$TEMP":
        return machine.cwd / machine.temp / rest
    if not first.startswith("%"):
        return machine.path(text)
    if start := machine.env.get(first.strip("%")):
        return machine.path(start) / rest
    if first == "%LOCALAPPDATA%":
        return machine.home / "AppData" / "Local" / rest
    return None


@dataclass(frozen=True, slots=True)
class Decision:
    """What decides where a tool writes."""

    variable: str
    """Empty where none is set, and the tool uses a default."""
    path: PurePath | None
    """None where the variable turns the cache off."""
    problems: tuple[Problem, ...] = ()


def decision(cache_type: CacheType, machine: Machine, exists: Callable[[PurePath], bool]) -> Decision | None:
    """Where a tool writes under a machine's environment; None where no rule of it speaks.

    `exists` is asked about the places that a tool uses only where they are there already.
    """
    for rule in rules(cache_type, machine):
        if isinstance(rule, Variable):
            if (reading := read_variable(rule, machine)) is not None:
                return Decision(rule.name, reading.path, reading.problems)
        elif (path := default_path(rule.path, machine)) is not None and (not rule.if_exists or exists(path)):
            return Decision("", path)
    return None
