"""`cachemgr.init/1`: what a project was set up with, and what was there already."""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath

from cachemgr.domain.setup import Made, SetupItem
from cachemgr.present.document.values import Document, exact, head, path_fields


def init_document(items: Iterable[SetupItem], project: PurePath, now: datetime, *, dry_run: bool) -> Document:
    items = tuple(items)
    return {
        **head("cachemgr.init/1", now),
        **path_fields(project, "project"),
        "dry_run": dry_run,
        "changed": any(item.state in (Made.CREATED, Made.ADDED) for item in items),
        "items": [
            {
                "kind": item.part.value,
                **path_fields(item.path),
                "state": item.state.value,
                "lines": [exact(line) for line in item.lines],
                "left_out": [exact(line) for line in item.left_out],
                "error": None
                if item.errno is None
                else {"errno": item.errno, "message": os.strerror(item.errno)},
            }
            for item in items
        ],
    }
