"""What shows that a directory is a cache, whatever its layout."""

from cachemgr.catalogue.layouts.tag import has_cachedir_tag
from cachemgr.domain.layout import Reader

ABANDONED = 24 * 3600
"""Seconds after which a file that is being written counts as given up."""


def tagged_or_empty(reader: Reader) -> bool:
    """Whether the root says of itself that it is a cache, or holds nothing that could be mistaken for one."""
    return not reader.list() or has_cachedir_tag(reader)
