"""What a kind of cache is: where it lives, how it groups into entries, what deleting it costs."""

from dataclasses import dataclass
from enum import StrEnum

from cachemgr.domain.layout import Layout
from cachemgr.domain.machine import Platform
from cachemgr.domain.records import Schema
from cachemgr.domain.terms import Category, Knowledge, Place, Rebuild


class Empty(StrEnum):
    """What a tool makes of a variable that is set to an empty string."""

    LITERAL = "literal"
    """Used as a path, so the cache lands in the working directory."""
    UNSET = "unset"
    """Treated as if it were not set."""
    DISABLES = "disables"
    """Turns caching off, and hides every weaker setting."""


class Expand(StrEnum):
    """What a tool expands in a variable's value before it uses it."""

    NONE = "none"
    HOME = "home"
    """A leading `~`."""
    ALL = "all"
    """A leading `~` and `$VARIABLE`."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable that moves a cache, read by the owning tool's own rule."""

    name: str
    below: str = ""
    """What the tool appends to the value, `/`-separated; empty where the value is the cache itself."""
    empty: Empty = Empty.LITERAL
    expands: Expand = Expand.NONE
    absolute_only: bool = False
    """The tool ignores a relative value (the XDG rule)."""
    unquotes: bool = False
    """The tool drops spaces and quotation marks around the value."""
    platforms: tuple[Platform, ...] = tuple(Platform)

    @property
    def shared(self) -> bool:
        """Whether it moves the caches of many tools, so that its value is nobody's home."""
        return self.name.startswith("XDG_")


@dataclass(frozen=True, slots=True)
class Default:
    """A place that a tool uses when no variable says otherwise, or used in an earlier version."""

    path: str
    """Begins with `~`, `%NAME%`, `$TEMP` (the temporary directory) or `/`; `/`-separated."""
    platforms: tuple[Platform, ...] = tuple(Platform)
    place: Place = Place.HOME
    if_exists: bool = False
    """Used only where it exists already, and then it wins over every variable but the tool's own."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What of a cache moves to another place in one piece, because parts of it lean on each other."""

    pattern: str
    """A regular expression: the directories at the top of a root that move as they are."""
    shared: tuple[str, ...] = ()
    """Directories at the top that any of those may lean on."""
    locks: str = ""
    """The directory at the top that holds, by their names, the locks of each of them."""
    beside: tuple[str, ...] = ()
    """What goes along at the end, when nothing else is left."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A database that a tool keeps among files of others, so that its directory is no cache."""

    path: str
    """In the project, or as in `Default`; `/`-separated."""
    schemas: tuple[Schema, ...]


@dataclass(frozen=True, slots=True)
class CacheType:
    """One kind of cache the catalogue knows. Data: a module that defines `CACHES` adds kinds."""

    id: str
    title: str
    category: Category
    rebuild: Rebuild
    layout: Layout
    knowledge: Knowledge = Knowledge.VERIFIED
    variables: tuple[Variable, ...] = ()
    """Strongest first."""
    unread: tuple[str, ...] = ()
    """Variables that people set for it and that no release of the tool reads."""
    defaults: tuple[Default, ...] = ()
    legacy: tuple[Default, ...] = ()
    """Places that earlier versions used; reported as legacy locations."""
    project: tuple[str, ...] = ()
    """Where a project keeps its own copy, relative to the project."""
    legacy_project: tuple[str, ...] = ()
    """Where a project used to keep it; reported as a legacy location."""
    convention: str = ""
    """The configuration scheme (`Settings.conventions`) that says `legacy_project` is what its name says."""
    home_setting: str = ""
    """The configured home (`hf_home`, `torch_home`, `mlx_home`) this cache lies in; see `home_below`."""
    home_below: str = ""
    """Where it lies in that home, `/`-separated; empty where the home itself is the cache."""
    shy: bool = False
    """Listed only where its structure shows: its place usually belongs to something else."""
    third_party: bool = False
    """Its files are other people's unpacked packages, so a name such as `credentials.py` inside an
    entry is not somebody's credential."""
    bound: tuple[str, ...] = ()
    """Containers that leave only together with the one around them."""
    replaced_by: str | None = None
    """The type that took its place, for a legacy kind."""
    whole: Whole | None = None
    """None where each unit of an entry moves by itself."""
    loose: tuple[Loose, ...] = ()
    """Reported where they are, and never cleared."""
    packed: tuple[str, tuple[str, ...]] | None = None
    """A database in the root that only our own command takes rows out of, and that command as argv."""
    way_back: tuple[str, ...] = ()
    """The owner's command that fetches it again or maintains it, as argv."""
    sources: tuple[str, ...] = ()
    """Which tool's which file the facts were read in."""
