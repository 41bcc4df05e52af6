"""Which nodes of an outline a list shows, in which order and how deep."""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from cachemgr.tui.outline import Node, sorted_nodes


@dataclass(frozen=True, slots=True)
class Shown:
    """A visible node."""

    node: Node
    depth: int
    open: bool
    """Its children are shown below it."""


def visible(nodes: Iterable[Node], *, opened: Set[str], by: str, wanted: str = "") -> dict[str, Shown]:
    """The visible nodes by key, in order. A filter opens what leads to a match and hides the rest."""
    found: dict[str, Shown] = {}
    _walk(nodes, 0, opened, by, wanted.casefold(), found)
    return found


def listed(nodes: Iterable[Node], *, by: str, wanted: str = "") -> dict[str, Shown]:
    """The nodes themselves by key, in order, without what is below them."""
    wanted = wanted.casefold()
    return {node.key: Shown(node, 0, open=False) for node in _ordered(nodes, by) if matches(node, wanted)}


def matches(node: Node, wanted: str) -> bool:
    """Whether a node itself contains the text, which is case-folded."""
    return wanted in node.text


def _walk(
    nodes: Iterable[Node], depth: int, opened: Set[str], by: str, wanted: str, found: dict[str, Shown]
) -> None:
    for node in _ordered(nodes, by):
        if not node.children:
            if wanted in node.text:
                found[node.key] = Shown(node, depth, open=False)
            continue
        below: dict[str, Shown] = {}
        hit = wanted in node.text
        if wanted:
            _walk(node.children, depth + 1, opened, by, wanted, below)
        if hit or below:
            is_open = bool(below) or node.key in opened
            found[node.key] = Shown(node, depth, is_open)
            if is_open and not below:
                _walk(node.children, depth + 1, opened, by, "", below)
            found |= below


def _ordered(nodes: Iterable[Node], by: str) -> Iterable[Node]:
    """An outline is in the order of sizes already."""
    return nodes if by == "size" else sorted_nodes(nodes, by)
