"""Names that hold credentials or a person's decisions."""

import re
from collections.abc import Iterable

_CREDENTIAL = re.compile(r"/(token|stored_tokens|credentials[^/]*|[^/]*\.(?:env|pem|key))(?=/)")


def first_credential(names: Iterable[str]) -> str | None:
    match = _CREDENTIAL.search("/" + "/".join(names) + "/")
    return match and match.group(1)


def is_credential(name: str) -> bool:
    return first_credential((name,)) is not None
