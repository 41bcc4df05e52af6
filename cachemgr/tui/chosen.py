"""What rules are asked about: what was chosen in a list, which a saved policy narrows, or everything."""

from dataclasses import replace

from cachemgr.domain.errors import CacheMgrError
from cachemgr.domain.inventory import Inventory
from cachemgr.domain.policy import Policy
from cachemgr.present.text import error_sentence
from cachemgr.tui.request import Request
from cachemgr.tui.session import Session


class Chosen:
    """Targets beside a policy, with the meaning that they have on the command line."""

    def __init__(self, session: Session, inventory: Inventory, asked: Request) -> None:
        self._session, self._inventory = session, inventory
        self._everything = Request(frozenset(inventory.entry_by_id), ())
        self._first = self._asked = asked
        self.partial = asked.entries != self._everything.entries
        """Less than everything was chosen."""
        self._known: dict[tuple[str, ...], tuple[Request, str]] = {}
        """By the targets of a policy: what is left of what was chosen, and why nothing is."""

    def widen(self) -> None:
        """Ask about everything, or again about what was chosen."""
        self._asked = self._everything if self._asked is self._first else self._first
        self._known.clear()

    def narrowed(self, policy: Policy, lender: str = "") -> Request:
        """What a policy is about, of what was chosen. `lender`: the untrusted one that it began as."""
        meant = self._meant(policy)[0]
        whose = f"rules of {lender}, not trusted" if lender else ""
        return replace(meant, policy=policy, remark=", ".join(filter(None, (meant.remark, whose))))

    def none_meant(self, policy: Policy) -> str:
        """One sentence where nothing of what was chosen is meant; else empty."""
        if why := self._meant(policy)[1]:
            return why
        if self._meant(policy)[0].entries:
            return ""
        way_out = "; a asks about everything" if self._asked is self._first and self.partial else ""
        return self._session.service.expiring.nothing_meant(policy, "chosen") + way_out

    def _meant(self, policy: Policy) -> tuple[Request, str]:
        if policy.targets not in self._known:
            self._known[policy.targets] = self._look(policy)
        return self._known[policy.targets]

    def _look(self, policy: Policy) -> tuple[Request, str]:
        asked = self._asked
        if not policy.targets:
            return asked, ""
        try:
            about = frozenset(
                entry.id for entry in self._session.service.expiring.chosen(self._inventory, policy, None)
            )
        except CacheMgrError as error:
            return replace(asked, entries=frozenset()), error_sentence(
                error, self._session.service.invocation
            )
        both = asked.entries & about
        if not both or both == asked.entries:
            words = asked.targets or policy.targets
        elif both == about:
            words = policy.targets
        else:
            words = self._session.words_for(both)
        return replace(asked, entries=both, targets=words), ""
