"""The variables that tools listen to: which ones put them into the configured caches, and who has others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cachemgr.diagnose import variables
from cachemgr.domain.inventory import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePath

    from cachemgr.domain.cache_type import CacheType
    from cachemgr.domain.environment import Environment, Script, Shell, Unled
    from cachemgr.domain.inventory import Finding, Inventory
    from cachemgr.domain.machine import Machine
    from cachemgr.domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Variables:
    """Over one machine and one configuration."""

    machine: Machine
    types: tuple[CacheType, ...]
    settings: Settings
    project: Path | None

    def environment(self) -> Environment:
        """The variables that put every tool into the configured caches."""
        from cachemgr.disk.places import leads_out
        from cachemgr.environment.wanted import wanted

        return wanted(
            self.types, self.settings, self.machine, lambda path: leads_out(Path(path), self.project)
        )

    def leading(self, places: Mapping[str, PurePath]) -> Environment:
        """The variables that would lead those types of cache to other places than they are configured for."""
        from cachemgr.domain.settings import RootSetting, Settings
        from cachemgr.environment.wanted import wanted

        origin = Origin("migrate", "")
        roots = tuple(RootSetting(kind, path, origin) for kind, path in places.items())
        return wanted(self.types, Settings(roots=roots), self.machine)

    def unled(self, places: Mapping[str, PurePath]) -> tuple[Unled, ...]:
        """Those of such places to which no variable leads."""
        from cachemgr.environment.wanted import unled

        return tuple(unled(self.types, self.settings, self.machine, places))

    def script(self, environment: Environment, shell: Shell) -> Script:
        """Those variables as lines of a shell. Raises UsageError where it cannot hold one of them."""
        from cachemgr.environment.shells import script

        return script(environment, shell)

    def default_shell(self) -> Shell:
        """The shell of the machine's environment. Raises UsageError for one that is not known."""
        from cachemgr.environment.shells import default_shell

        return default_shell(self.machine)

    def findings(self, inventory: Inventory) -> Iterator[Finding]:
        """Which tools would write elsewhere than configured, here and in the user's other shells."""
        environment = self.environment()
        yield from variables.find(inventory, environment, self.types, self.machine)
        if environment.assignments:
            from cachemgr.diagnose import profiles
            from cachemgr.environment.profiles import exports

            names = frozenset(variable.name for kind in self.types for variable in kind.variables)
            found = exports(self.machine.home, names)
            yield from profiles.find(inventory, environment, self.types, self.machine, found)
