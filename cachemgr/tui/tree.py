"""Which nodes of an outline a list shows, in which order and how deep."""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from cachemgr.domain.inventory import EntryId
from cachemgr.tui.outline import Node, sorted_nodes


@dataclass(frozen=True, slots=True)
class Shown:
    """A visible node."""

    node: Node
    depth: int
    open: bool
    """Its children are shown below it."""
    entries: tuple[EntryId, ...] = ()
    """Of it and below it, what the filter shows: what marking it marks and a plan for it takes."""

    @property
    def hides(self) -> int:
        """How many of its entries the filter hides."""
        return len(self.node.entries) - len(self.entries)


def visible(nodes: Iterable[Node], *, opened: Set[str], by: str, wanted: str = "") -> dict[str, Shown]:
    """The visible nodes by key, in order. A filter opens what leads to a match and hides the rest."""
    found: dict[str, Shown] = {}
    _walk(nodes, 0, opened, by, wanted.casefold(), found)
    return found


def listed(nodes: Iterable[Node], *, by: str, wanted: str = "") -> dict[str, Shown]:
    """The nodes themselves by key, in order, without what is below them."""
    wanted = wanted.casefold()
    return {
        node.key: Shown(node, 0, open=False, entries=node.entries)
        for node in _ordered(nodes, by)
        if matches(node, wanted)
    }


def matches(node: Node, wanted: str) -> bool:
    """Whether a node itself contains the text, which is case-folded."""
    return wanted in node.text


def _walk(
    nodes: Iterable[Node], depth: int, opened: Set[str], by: str, wanted: str, found: dict[str, Shown]
) -> None:
    for node in _ordered(nodes, by):
        if not node.children:
            if wanted in node.text:
                found[node.key] = Shown(node, depth, open=False, entries=node.entries)
            continue
        below: dict[str, Shown] = {}
        hit = wanted in node.text
        if wanted:
            _walk(node.children, depth + 1, opened, by, wanted, below)
        if hit or below:
            is_open = bool(below) or node.key in opened
            met = {entry for shown in below.values() for entry in shown.entries}
            left = tuple(entry for entry in node.entries if entry in met) if below else node.entries
            found[node.key] = Shown(node, depth, is_open, left)
            if is_open and not below:
                _walk(node.children, depth + 1, opened, by, "", below)
            found |= below


def _ordered(nodes: Iterable[Node], by: str) -> Iterable[Node]:
    """An outline is in the order of sizes already."""
    return nodes if by == "size" else sorted_nodes(nodes, by)
