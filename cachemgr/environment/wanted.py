"""Configured roots as variables. Pure, and without a table of its own: what a variable means to its tool
stands in the catalogue.

`HF_HOME` never comes out of it: each cache in it has a variable of its own, and those leave the token where
it is. Neither does a variable that moves the caches of many tools (`XDG_CACHE_HOME`), nor one of a legacy
kind: `TRANSFORMERS_CACHE` at the configured home would make a second copy beside its `hub`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from cachemgr.domain.cache_type import CacheType, Variable
from cachemgr.domain.environment import LEADS_OUT, UNTRUSTED, Assignment, Environment, Remark, Unled
from cachemgr.domain.machine import Machine
from cachemgr.domain.reading import above_home, read_variable
from cachemgr.domain.settings import HomeSetting, RootSetting, Settings
from cachemgr.domain.terms import Place

QUESTFOUNDRY = "questfoundry"
CACHE_DIR = "CACHEMGR_CACHING__CACHE_DIR"


def wanted(
    types: Sequence[CacheType],
    settings: Settings,
    machine: Machine,
    leads_out: Callable[[PurePath], bool] = lambda _: False,
) -> Environment:
    """The variables that put every tool into its configured cache, by name. To what a project names and
    `leads_out` of it none leads."""
    remarks = [*_unusable(settings, machine), *_unheard(types, settings, machine)]
    found: dict[str, Assignment] = {}
    for choice in _choices(types, settings, machine):
        if choice.setting.place is Place.PROJECT and leads_out(choice.path):
            remarks.append(Remark(LEADS_OUT, choice.type.id, choice.path))
            continue
        made = _assignment(choice, machine)
        first = found.get(made.name, made) if made is not None else None
        if made is None or first is None or first.value != made.value:
            # What no rule of its own leads (a project's answers) is where the project says, without us.
            if choice.type.variables or choice.type.defaults:
                remarks.append(Remark("no-variable", choice.type.id, choice.path))
            continue
        found[made.name] = replace(first, places={**first.places, **made.places})
        if not _is_read_back(choice, made, machine):
            remarks.append(Remark("expands", made.name, made.value))
    assignments = tuple(sorted(found.values(), key=lambda one: one.name))
    return Environment(assignments, _removals(types, assignments, machine), tuple(dict.fromkeys(remarks)))


def _said_elsewhere(type_id: str, settings: Settings) -> tuple[str, str] | None:
    """The file that names another place."""
    origins = (root.origin for root in settings.roots if root.type == type_id)
    found = next((origin for origin in origins if origin.key.endswith("cache_dir")), None)
    return None if found is None else ("cache_dir", found.source)


def unled(
    types: Iterable[CacheType], settings: Settings, machine: Machine, places: Mapping[str, PurePath]
) -> Iterator[Unled]:
    """Those of the places, by kind of cache, to which no variable leads."""
    said = {(root.type, root.path) for root in settings.roots}
    for kind in types:
        if (path := places.get(kind.id)) is None:
            continue
        if kind.convention == QUESTFOUNDRY:
            if (kind.id, path) not in said:
                yield Unled(kind.id, path, CACHE_DIR, path, _said_elsewhere(kind.id, settings))
            continue
        variable = _strongest(kind, machine)
        if variable is not None and _value(path, variable.below) is None:
            yield Unled(kind.id, path, variable.name, path / variable.below)
        elif variable is None and (kind.id, path) not in said:
            yield Unled(kind.id, path)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A cache type, and the strongest setting that says where it should be."""

    type: CacheType
    path: PurePath
    setting: HomeSetting | RootSetting


def _choices(types: Iterable[CacheType], settings: Settings, machine: Machine) -> Iterator[_Choice]:
    for kind in types:
        if kind.replaced_by:
            continue
        said: list[_Choice] = [
            _Choice(kind, root.path, root) for root in settings.roots if root.type == kind.id
        ]
        said += [
            _Choice(kind, home.path / kind.home_below, home)
            for home in settings.homes
            if home.name == kind.home_setting
        ]
        # Of one file, what names the cache itself comes before what names a home around it.
        usable = [choice for choice in said if _fits(choice.setting, machine)]
        if usable:
            yield min(usable, key=lambda choice: choice.setting.layer)


def _fits(setting: HomeSetting | RootSetting, machine: Machine) -> bool:
    return setting.trusted and not above_home(setting.path, machine)


def _unusable(settings: Settings, machine: Machine) -> Iterator[Remark]:
    named: tuple[HomeSetting | RootSetting, ...] = (*settings.homes, *settings.roots)
    for setting in named:
        name = setting.name if isinstance(setting, HomeSetting) else setting.type
        if above_home(setting.path, machine):
            yield Remark("home", name, setting.path)
        elif not setting.trusted:
            yield Remark(UNTRUSTED, name, setting.path)


def _unheard(types: Sequence[CacheType], settings: Settings, machine: Machine) -> Iterator[Remark]:
    """Homes in which no cache listens to a variable (`mlx_home`)."""
    for home in settings.homes:
        kinds = [kind for kind in types if kind.home_setting == home.name and not kind.replaced_by]
        if _fits(home, machine) and not any(kind.variables for kind in kinds):
            yield Remark("unheard", home.name, home.path)


def _assignment(choice: _Choice, machine: Machine) -> Assignment | None:
    """By the tool's strongest variable: a weaker one would give way wherever that is set."""
    variable = _strongest(choice.type, machine)
    value = _value(choice.path, variable.below) if variable is not None else None
    if variable is None or value is None:
        return None
    return Assignment(variable.name, value, {choice.type.id: choice.path}, choice.setting.origin)


def _strongest(kind: CacheType, machine: Machine) -> Variable | None:
    own = (variable for variable in kind.variables if not variable.shared)
    return next((variable for variable in own if machine.platform in variable.platforms), None)


def _value(path: PurePath, below: str) -> PurePath | None:
    """What a variable has to be so that its tool, which appends `below`, gets to `path`."""
    tail = tuple(below.split("/")) if below else ()
    if not tail:
        return path
    return path.parents[len(tail) - 1] if path.parts[-len(tail) :] == tail else None


def _is_read_back(choice: _Choice, assignment: Assignment, machine: Machine) -> bool:
    """Whether the tool, which may expand or strip the value, ends up where it should."""
    variable = _strongest(choice.type, machine)
    assert variable is not None
    there = replace(machine, env={**machine.env, assignment.name: str(assignment.value)})
    reading = read_variable(variable, there)
    return reading is not None and reading.path == choice.path


def _removals(
    types: Iterable[CacheType], assignments: Iterable[Assignment], machine: Machine
) -> tuple[str, ...]:
    """What leads a legacy tool elsewhere than the cache that took its place. Without these variables it
    follows the successor's (transformers 4: utils/hub.py)."""
    places = Environment(tuple(assignments)).places
    found: list[str] = []
    for kind in types:
        if kind.replaced_by is None or kind.replaced_by not in places:
            continue
        path, _ = places[kind.replaced_by]
        own = [variable for variable in kind.variables if not variable.shared]
        readings = [reading for variable in own if (reading := read_variable(variable, machine)) is not None]
        if readings and readings[0].path != path:
            found += [variable.name for variable in own if variable.name in machine.env]
    return tuple(found)
