"""`cachemgr.env/1`: the variables that put every tool into the configured caches."""

from datetime import datetime
from pathlib import PurePath

from cachemgr.domain.environment import Environment
from cachemgr.present.document.values import Document, exact, head, origin, path_fields
from cachemgr.present.remarks import remark_sentence


def env_document(
    environment: Environment, home: PurePath, project: PurePath | None, now: datetime
) -> Document:
    return {
        **head("cachemgr.env/1", now),
        **path_fields(project, "project"),
        "variables": [
            {
                "name": one.name,
                **path_fields(one.value),
                "leads": [{"type": kind, **path_fields(path)} for kind, path in one.places.items()],
                "origin": origin(one.origin, project),
            }
            for one in environment.assignments
        ],
        "unset": list(environment.removals),
        "remarks": [
            {
                "code": remark.code,
                "subject": exact(remark.subject),
                **path_fields(remark.path),
                "message": remark_sentence(remark, home, project),
            }
            for remark in environment.remarks
        ],
    }
