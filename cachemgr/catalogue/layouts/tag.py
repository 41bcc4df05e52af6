"""The mark by which a directory says of itself that it is a cache."""

from cachemgr.domain.layout import Reader

SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""The 43 bytes of the Cache Directory Tagging Specification (bford.info/cachedir)."""


def has_cachedir_tag(reader: Reader) -> bool:
    """Whether the root holds a CACHEDIR.TAG with the exact signature."""
    return (reader.text("CACHEDIR.TAG", limit=4096) or b"").startswith(SIGNATURE)
