"""What a plan was asked for; asked again with another one when the plan is edited on the screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cachemgr.domain.destination import Option
from cachemgr.domain.inventory import EntryId, Inventory
from cachemgr.domain.plan import Plan
from cachemgr.domain.policy import Policy
from cachemgr.domain.terms import Disposal, Rule
from cachemgr.service import CacheManager

DISPOSALS = (None, Disposal.QUARANTINE, Disposal.DELETE, Disposal.TRASH)
"""What becomes of what is cleared, in the order in which the key goes through them."""
_FLAGS = {Disposal.DELETE: "--delete", Disposal.QUARANTINE: "--quarantine", Disposal.TRASH: "--trash"}


@dataclass(frozen=True, slots=True)
class Request:
    """Entries that are to be cleared, to move, or to expire."""

    entries: frozenset[EntryId]
    targets: tuple[str, ...]
    disposal: Disposal | None = None
    force: tuple[Rule, ...] = ()
    remark: str = ""
    """What a person should know about how the entries were chosen."""
    moves: bool = False
    """They are to move, not to be cleared."""
    to: Path | None = None
    """The directory they are to move to; None: where they should be."""
    policy: Policy | None = None
    """The rules by which they are to expire."""
    option: Option | None = None
    """The free space on both sides, as it was when the destination was chosen."""

    def plan(self, service: CacheManager, inventory: Inventory) -> Plan:
        """Asked of the service. Raises CacheMgrError."""
        if self.policy is not None:
            return service.expiring.plan(
                inventory,
                self.policy,
                self.entries,
                targets=self.targets,
                disposal=self.disposal,
                force=self.force,
                attended=True,
            )
        if self.moves:
            return service.plan_migrate(
                inventory, self.entries, to=self.to, targets=self.targets, force=self.force
            )
        return service.plan_clear(
            inventory, self.entries, targets=self.targets, disposal=self.disposal, force=self.force
        )

    def command(self, forced: Sequence[Rule] = ()) -> tuple[str, ...]:
        """The words that ask for the same on the command line."""
        flags = [word for rule in forced or self.force for word in ("--force", rule)]
        if self.moves:
            return ("migrate", *self.targets, *(("--to", str(self.to)) if self.to else ()), *flags)
        flags = [*((_FLAGS[self.disposal],) if self.disposal else ()), *flags]
        if self.policy is None:
            return ("clear", *self.targets, *flags)
        if self.policy.name:
            beside = () if self.targets == self.policy.targets else self.targets
            return ("expire", *beside, "--policy", self.policy.name, *flags)
        rules = [word for name, value in self.policy.rules for word in (f"--{name}", value) if word]
        return ("expire", *self.targets, *rules, *flags)
