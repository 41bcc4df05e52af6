"""The `caching` section of `.questfoundry/config.yml`. The rest of that file is other programs'."""

from typing import Any

from cachemgr.config.convert import convert
from cachemgr.config.layer import Layer
from cachemgr.config.places import Base
from cachemgr.config.schema import Caching
from cachemgr.config.source import Source
from cachemgr.domain.display import display_name
from cachemgr.domain.inventory import Origin
from cachemgr.domain.settings import RootSetting
from cachemgr.domain.terms import Category, Place

CONVENTION = "questfoundry"
_SECTION = "caching"
_KEPT_IN_FILES = frozenset(("file", "sqlite"))
_NODES, _DEPTH = 5_000, 32


def read(source: Source, base: Base) -> Layer | None:
    """None where the file has no `caching` section. Raises ConfigError."""
    found = _section(source)
    if found is None:
        return None
    said = convert(source, found, Caching, _SECTION)
    if said.backend not in _KEPT_IN_FILES:
        return Layer(source, convention=CONVENTION)
    path = base.path(source, said.cache_dir, _SECTION, "cache_dir")
    origin = source.origin(_SECTION, "cache_dir")
    if origin.line is None:
        origin = Origin(source.name, _SECTION, source.line(_SECTION))
    root = RootSetting("responses", path, origin, Place.PROJECT, category=Category.RESPONSES)
    return Layer(source, roots=(root,), convention=CONVENTION)


def _section(source: Source) -> object:
    """Only this section becomes values: other sections may use tags that are none of our business."""
    # Most projects have no YAML file, and the parser takes longer to import than a scan to start.
    import yaml

    try:
        loader = yaml.SafeLoader(source.text)
        node = _value(loader.get_single_node())
        if node is None:
            return None
        _measure(node)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        what = display_name(str(error.problem or error.context))
        raise source.mistake(f"not YAML: {what}", line=mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise source.mistake(f"not YAML: {display_name(str(error)).splitlines()[0]}") from None
    except (RecursionError, OverflowError):
        raise source.mistake("nested too deeply, or aliases that repeat without end", _SECTION) from None
    except ValueError as error:
        raise source.mistake(f"cannot be read: {display_name(str(error))}", _SECTION) from None


def _value(document: Any) -> Any:
    if document is None or document.id != "mapping":
        return None
    return next((value for key, value in document.value if key.value == _SECTION), None)


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
