"""What a tool makes of the text in an environment variable, and what is wrong with it."""

import ntpath
import posixpath
from dataclasses import dataclass
from pathlib import PurePath

from cachemgr.domain.cache_type import Empty, Expand, Variable
from cachemgr.domain.inventory import Problem
from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.unexpanded import is_unexpanded


@dataclass(frozen=True, slots=True)
class Reading:
    """A variable that is set and that the tool pays attention to."""

    value: PurePath | None
    """The value itself, before the tool appends anything; None where it turns the cache off."""
    path: PurePath | None
    """Where the tool writes; relative values count from the working directory."""
    problems: tuple[Problem, ...] = ()


def read_variable(variable: Variable, machine: Machine) -> Reading | None:
    """None where the tool acts as if the variable were not set."""
    text = machine.env.get(variable.name)
    if text is None:
        return None
    if variable.unquotes:
        text = text.strip().strip("\"'")
    if not text:
        return _empty(variable, machine)
    expanded = _expanded(text, variable.expands, machine)
    value = machine.path(expanded)
    if variable.absolute_only and not value.is_absolute():
        return None
    problem = _problem(expanded, value, machine)
    value = machine.cwd / value
    path = value / variable.below
    if problem is None and (above_home(value, machine) or above_home(path, machine)):
        problem = Problem("home", expanded)
    return Reading(value, path, (problem,) if problem else ())


def above_home(path: PurePath, machine: Machine) -> bool:
    """Whether a path is the home directory or one that contains it, as far as its text tells."""
    flavour = ntpath if machine.platform is Platform.WINDOWS else posixpath
    plain = machine.path(flavour.normpath(path))
    return machine.home == plain or plain in machine.home.parents


def _empty(variable: Variable, machine: Machine) -> Reading | None:
    if variable.empty is Empty.UNSET:
        return None
    if variable.empty is Empty.DISABLES:
        return Reading(None, None, (Problem("disabled"),))
    return Reading(machine.cwd, machine.cwd / variable.below, (Problem("empty"),))


def _expanded(text: str, expands: Expand, machine: Machine) -> str:
    if expands is Expand.NONE:
        return text
    text = machine.expand_user(text)
    return machine.expand_vars(text) if expands is Expand.ALL else text


def _problem(text: str, value: PurePath, machine: Machine) -> Problem | None:
    if is_unexpanded(text, percent=machine.platform is Platform.WINDOWS):
        return Problem("unexpanded", text)
    return None if value.is_absolute() else Problem("relative", text)
