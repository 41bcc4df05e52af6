"""What is wrong with one pair, told by every byte of it."""

import os

from cachemgr.responses import files
from cachemgr.responses.errors import Corrupt, Newer
from cachemgr.responses.format import METADATA
from cachemgr.responses.members import is_old, is_own
from cachemgr.responses.pair import PairMetadata, check, understand, understand_own
from cachemgr.responses.places import SUFFIXES
from cachemgr.responses.report import Problem

UNSETTLED = ("corrupt metadata", "corrupt value", "value missing", "metadata missing")
"""What a pair is that a writer is at work on, too."""


def is_spare(stem: str, name: str) -> bool:
    """Whether the value of that name is not the one that the metadata means, where it can be told."""
    try:
        used = understand(files.read(stem + METADATA)).encoding
    except (OSError, Corrupt):
        return False
    return name != os.path.basename(stem) + SUFFIXES[used]


def problem_of(stem: str, key: str) -> Problem | None:
    """Raises OSError where it cannot be read."""
    try:
        text = files.read(stem + METADATA)
        metadata = understand_own(text) if is_own(key) else understand(text)
    except FileNotFoundError:
        return "metadata missing"
    except Newer:
        return "foreign file"
    except Corrupt:
        return "corrupt metadata"
    try:
        payload = files.read(stem + SUFFIXES[metadata.encoding])
    except FileNotFoundError:
        return "value missing"
    except Corrupt:
        return "corrupt value"
    if not check(payload, metadata):
        return "corrupt value"
    if is_old(key) or is_own(key):
        return "old name"
    return None if isinstance(metadata, PairMetadata) else "old form"
