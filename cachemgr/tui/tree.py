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
    return {node.key: Shown(node, 0, open=False) for node in sorted_nodes(nodes, by) if matches(node, wanted)}


def matches(node: Node, wanted: str) -> bool:
    """Whether a node itself contains the text, which is case-folded."""
    return wanted in node.name.casefold() or wanted in node.key.casefold() or wanted in node.note.casefold()


def _walk(
    nodes: Iterable[Node], depth: int, opened: Set[str], by: str, wanted: str, found: dict[str, Shown]
) -> None:
    for node in sorted_nodes(nodes, by):
        hit = not wanted or matches(node, wanted)
        below = {} if not wanted else _below(node, depth, opened, by, wanted)
        if hit or below:
            is_open = bool(node.children) and (bool(below) or (node.key in opened and hit))
            found[node.key] = Shown(node, depth, is_open)
            if below:
                found |= below
            elif is_open:
                _walk(node.children, depth + 1, opened, by, wanted, found)


def _below(node: Node, depth: int, opened: Set[str], by: str, wanted: str) -> dict[str, Shown]:
    found: dict[str, Shown] = {}
    _walk(node.children, depth + 1, opened, by, wanted, found)
    return found
