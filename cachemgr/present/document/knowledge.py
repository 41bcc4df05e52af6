"""`cachemgr.types/1` and `cachemgr.config/1`: what the catalogue knows, and what was configured where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from cachemgr.domain.cache_type import CacheType, Default
from cachemgr.domain.policy import Policy
from cachemgr.domain.settings import Settings
from cachemgr.present.document.values import Document, exact, head, origin, path_fields
from cachemgr.present.expiry import policies_about
from cachemgr.present.settings_rows import setting_rows

if TYPE_CHECKING:
    from cachemgr.responses.config_origins import Setting


def types_document(types: Iterable[CacheType], now: datetime, policies: Sequence[Policy] = ()) -> Document:
    """`policies` are the saved ones; each type has the names of those that are about it."""
    return {
        **head("cachemgr.types/1", now),
        "types": [
            {**_type(kind), "policies": [exact(one.name) for one in policies_about(kind, policies)]}
            for kind in types
        ],
    }


def config_document(
    settings: Settings, project: PurePath | None, now: datetime, caching: Iterable[Setting] = ()
) -> Document:
    """`caching` are the settings of the response cache."""
    return {
        **head("cachemgr.config/1", now),
        **path_fields(project, "project"),
        "files": [path_fields(path) for path in settings.files],
        "values": [
            {
                "key": row.key,
                "value": row.value if not isinstance(row.value, str) else exact(row.value),
                "origin": origin(row.origin, project),
                "trusted": row.trusted,
            }
            for row in setting_rows(settings, caching)
        ],
    }


def _type(kind: CacheType) -> Document:
    return {
        "id": kind.id,
        "title": kind.title,
        "category": kind.category.value,
        "rebuild": kind.rebuild.value,
        "knowledge": kind.knowledge.value,
        "variables": [
            {
                "name": variable.name,
                "below": variable.below,
                "empty": variable.empty.value,
                "expands": variable.expands.value,
                "absolute_only": variable.absolute_only,
                "platforms": [platform.value for platform in variable.platforms],
            }
            for variable in kind.variables
        ],
        "defaults": _places(kind.defaults),
        "legacy": _places(kind.legacy),
        "project": list(kind.project),
        "legacy_project": list(kind.legacy_project),
        "replaced_by": kind.replaced_by,
        "way_back": list(kind.way_back),
        "sources": list(kind.sources),
    }


def _places(defaults: Sequence[Default]) -> list[Document]:
    return [
        {
            "path": default.path,
            "place": default.place.value,
            "platforms": [platform.value for platform in default.platforms],
        }
        for default in defaults
    ]
