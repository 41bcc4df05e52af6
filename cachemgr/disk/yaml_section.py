"""One section of somebody's YAML file: the `caching` section, which the command line and the library read.

Only this section becomes values: other sections may use tags that are none of our business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from cachemgr.domain.display import display_name

KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "dict": "a mapping",
    "array": "a list",
    "list": "a list",
    "null": "null",
}
"""What msgspec and Python call a value, in the words of somebody who writes YAML."""
_NODES, _DEPTH = 5_000, 32


class NotYaml(ValueError):
    """A file that cannot be read: one sentence, fit to show."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line
        """From 1; None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class YamlSection:
    name: str
    value: object
    """None where there is no such section, or nothing in it."""
    beside: Mapping[str, object]
    """What else stands at top level, with its value where that is plain text; None for any other."""
    _document: Any

    def line(self, *keys: object) -> int | None:
        """On which line of the file a key of the section stands, from 1; of the nearest that is there."""
        found = self._lines(*keys)
        return found[-1] if found else None

    def line_beside(self, name: str) -> int | None:
        """On which line another key of the top level stands."""
        found = _pair(self._document, name)
        return None if found is None else _line(found[0])

    @property
    def misspelt(self) -> str | None:
        """What at top level looks as if it were meant to be the section, where there is none."""
        if _pair(self._document, self.name) is not None:
            return None
        return next(iter(get_close_matches(self.name, self.beside, 1, 0.8)), None)

    def _lines(self, *keys: object) -> list[int]:
        """The lines of the section and of each key below it, as far as they are there."""
        node, found = self._document, []
        for key in (self.name, *keys):
            pair = _pair(node, str(key))
            if pair is None:
                break
            found.append(_line(pair[0]))
            node = pair[1]
        return found


def read_section(text: str, name: str) -> YamlSection:
    """Raises NotYaml for what is no YAML, or is in the section twice, or is more than anybody writes."""
    # Most projects have no YAML file, and the parser takes longer to import than a scan to start.
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        document = loader.get_single_node()
        _refuse_twice(document, name)
        pair = _pair(document, name)
        if pair is not None:
            _measure(pair[1])
            _refuse_inner_twice(pair[1])
        value = None if pair is None else loader.construct_document(pair[1])
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = display_name(str(error.problem or error.context))
        raise NotYaml(f"not YAML: {what}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise NotYaml(f"not YAML: {display_name(next(iter(str(error).splitlines()), ''))}") from None
    except (RecursionError, OverflowError):
        raise NotYaml("nested too deeply, or aliases that repeat without end") from None
    except NotYaml:
        raise
    except ValueError as error:
        raise NotYaml(f"cannot be read: {display_name(str(error))}") from None
    return YamlSection(name, value, _beside(document, name), document)


def _beside(document: Any, name: str) -> dict[str, object]:
    pairs = document.value if _is_mapping(document) else []
    return {
        str(key.value): value.value if value.id == "scalar" else None
        for key, value in pairs
        if key.id == "scalar" and key.value != name
    }


def _pair(node: Any, name: str) -> Any:
    """The nodes of a key and its value in a mapping."""
    pairs = node.value if _is_mapping(node) else []
    return next((pair for pair in pairs if pair[0].id == "scalar" and pair[0].value == name), None)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _is_mapping(node: Any) -> bool:
    return node is not None and node.id == "mapping"


def _refuse_inner_twice(top: Any) -> None:
    """YAML forbids a key that is there twice; its parsers take the last one without a word."""
    pending = [top]
    while pending:
        node = pending.pop()
        if node.id == "sequence":
            pending += node.value
        elif node.id == "mapping":
            _refuse_twice(node)
            pending += [value for _, value in node.value]


def _refuse_twice(node: Any, alone: str | None = None) -> None:
    """`alone`: the only key that is looked at."""
    seen: dict[tuple[str, str], int] = {}
    for key, _ in node.value if _is_mapping(node) else []:
        if key.id != "scalar" or alone not in (None, key.value):
            continue
        name = (key.tag, key.value)
        if name in seen:
            raise NotYaml(
                f"`{display_name(key.value)}` is there twice, on line {seen[name]} as well; leave one",
                _line(key),
            )
        seen[name] = _line(key)


def _measure(top: Any) -> None:
    """Raises OverflowError where aliases would make a few lines into more than anybody writes."""
    pending, seen = [(top, 0)], 0
    while pending:
        node, depth = pending.pop()
        seen += 1
        if seen > _NODES or depth > _DEPTH:
            raise OverflowError
        if node.id == "sequence":
            pending += [(child, depth + 1) for child in node.value]
        elif node.id == "mapping":
            pending += [(part, depth + 1) for pair in node.value for part in pair]
