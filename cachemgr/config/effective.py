"""The effective configuration: every file read, the strongest on top, each value with its origin."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from cachemgr.config import files, variables
from cachemgr.config.layer import Layer
from cachemgr.config.places import Base, below
from cachemgr.config.source import Source, contents, of_project
from cachemgr.domain.display import display_name
from cachemgr.domain.errors import ConfigError
from cachemgr.domain.inventory import Origin
from cachemgr.domain.machine import Machine
from cachemgr.domain.policy import Policy
from cachemgr.domain.settings import HomeSetting, RootSetting, Settings
from cachemgr.domain.terms import CHEAP, Disposal, Place, Rebuild


def load(machine: Machine, *, project: Path | None, config_file: Path | None, user_dir: Path) -> Settings:
    """Everything that is configured: variables, then the named file, the project's and the user's.

    `config_file` is read instead of the user's own, and beats the project's; without one CACHEMGR_CONFIG
    names it. Raises ConfigError.
    """
    config_file = config_file or variables.directory(machine, "CACHEMGR_CONFIG")
    own = of_project(project)
    layers = [*_named(machine, config_file), *_project(machine, project, own, user_dir)]
    if config_file is None:
        layers += _user(machine, user_dir)
    values = _values(machine, layers)
    disposal, days, si = (values[key][0] for key in ("disposal", "retention_days", "si"))
    homes, roots = _homes(layers), (*variables.roots(machine), *_roots(layers))
    origins = {key: origin for key, (_, origin) in values.items()}
    origins |= {f"roots.{home.name}": home.origin for home in homes}
    origins |= {f"caches.{root.type}@{root.place}": root.origin for root in roots}
    return Settings(
        homes=homes,
        roots=roots,
        disposal=disposal if isinstance(disposal, Disposal) else None,
        retention_days=days if isinstance(days, int) else 7,
        si=si is True,
        conventions=frozenset(layer.convention for layer in layers if layer.convention),
        origins=MappingProxyType(origins),
        policies=_policies(layers),
        wrong_policies=tuple(policy for layer in layers for policy in layer.policies if policy.wrong),
        pins=tuple(pin for layer in layers for pin in layer.pins),
        files=tuple(layer.source.path for layer in layers),
        of_project=contents(project, own),
    )


def _named(machine: Machine, path: Path | None) -> Iterator[Layer]:
    if path is None:
        return
    source = Source.read(path)
    if source is None:
        raise ConfigError(f"{display_name(path)} does not exist")
    from cachemgr.config import toml_file

    directory = Path(machine.cwd) / path.parent
    yield toml_file.read(source, Base(directory, Path(machine.home)), Place.CUSTOM)


def _user(machine: Machine, user_dir: Path) -> Iterator[Layer]:
    if source := Source.read(user_dir / files.TOML):
        from cachemgr.config import toml_file

        yield toml_file.read(source, Base(None, Path(machine.home)), Place.CUSTOM)


def _project(
    machine: Machine, project: Path | None, sources: Mapping[str, Source], user_dir: Path
) -> Iterator[Layer]:
    if project is None:
        return
    literal = Base(project, None)
    if source := sources.get(files.TOML):
        from cachemgr.config import toml_file

        own = toml_file.read(source, Base(project, Path(machine.home)), Place.PROJECT)
        yield _judged(own, project, user_dir)
    if source := sources.get(files.HARDWARE_CACHE):
        from cachemgr.config import hardware_cache

        if layer := hardware_cache.read(source, literal):
            yield _judged(layer, project, user_dir)
    if source := sources.get(files.QUESTFOUNDRY):
        from cachemgr.config import questfoundry

        if layer := questfoundry.read(source, literal):
            yield _judged(layer, project, user_dir)


def _judged(layer: Layer, project: Path, user_dir: Path) -> Layer:
    """A layer whose places outside the project are trusted only as far as the user agreed to them. Its rules
    are not run before that: a project that was cloned could have given them the name of the user's own. Nor
    is it believed that what it calls a cache comes back by itself: it may be somebody's work."""
    places = [home.path for home in layer.homes] + [root.path for root in layer.roots]
    bold, cheap = _bolder(layer.values), any(root.rebuild in CHEAP for root in layer.roots)
    if not (bold or cheap or layer.policies) and all(below(Path(place), project) for place in places):
        return layer
    from cachemgr.config.trust import is_trusted

    if is_trusted(project, layer.source.raw, user_dir):
        return layer
    return replace(
        layer,
        values={key: value for key, value in layer.values.items() if key not in bold},
        homes=tuple(replace(home, trusted=below(Path(home.path), project)) for home in layer.homes),
        roots=tuple(_doubted(root, project) for root in layer.roots),
        policies=tuple(replace(policy, trusted=False) for policy in layer.policies),
    )


def _doubted(root: RootSetting, project: Path) -> RootSetting:
    rebuild = Rebuild.COSTS if root.rebuild in CHEAP else root.rebuild
    return replace(root, trusted=below(Path(root.path), project), rebuild=rebuild)


def _bolder(values: Mapping[str, tuple[object, Origin]]) -> frozenset[str]:
    """The settings by which a project would make clearing less careful, for the user's own caches too. They
    count only where the user trusts the file."""
    bold: set[str] = set()
    if values.get("disposal", (None,))[0] is Disposal.DELETE:
        bold.add("disposal")
    days = values.get("retention_days", (None,))[0]
    if isinstance(days, int) and days < Settings().retention_days:
        bold.add("retention_days")
    return frozenset(bold)


def _values(machine: Machine, layers: list[Layer]) -> Mapping[str, tuple[object, Origin]]:
    defaults = Settings()
    values: dict[str, tuple[object, Origin]] = {
        "disposal": (defaults.disposal, Origin("default", "disposal")),
        "retention_days": (defaults.retention_days, Origin("default", "retention_days")),
        "si": (defaults.si, Origin("default", "si")),
    }
    for layer in reversed(layers):
        values.update(layer.values)
    values.update(variables.values(machine))
    return values


def _homes(layers: list[Layer]) -> tuple[HomeSetting, ...]:
    """The strongest of each name. One that is not trusted is shown beside it, and hides nothing."""
    found: list[HomeSetting] = []
    settled: set[str] = set()
    for number, layer in enumerate(layers):
        found += [replace(home, layer=number) for home in layer.homes if home.name not in settled]
        settled |= {home.name for home in layer.homes if home.trusted}
    return tuple(found)


def _roots(layers: list[Layer]) -> tuple[RootSetting, ...]:
    """What a stronger file says about a cache of the same place goes; one file may name several."""
    found: list[RootSetting] = []
    settled: set[tuple[str, Place]] = set()
    for number, layer in enumerate(layers):
        fresh = [root for root in layer.roots if (root.type, root.place) not in settled]
        found += [replace(root, layer=number) for root in fresh]
        settled |= {(root.type, root.place) for root in layer.roots if root.trusted}
    return tuple(found)


def _policies(layers: list[Layer]) -> tuple[Policy, ...]:
    """The strongest of each name. One that is not trusted is shown beside it, and hides nothing."""
    found: list[Policy] = []
    settled: set[str] = set()
    for layer in layers:
        found += [policy for policy in layer.policies if policy.name not in settled]
        settled |= {policy.name for policy in layer.policies if policy.trusted}
    return tuple(found)
