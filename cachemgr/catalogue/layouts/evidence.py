"""What shows that a directory is a cache, whatever its layout."""

from cachemgr.domain.layout import Names, Reader

TAG = "CACHEDIR.TAG"
SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""The first 43 bytes of a valid tag (the Cache Directory Tagging Specification, bford.info/cachedir)."""


def tagged(reader: Reader, *names: str) -> bool:
    """Whether the directory carries a valid CACHEDIR.TAG."""
    text = reader.text(*names, TAG)
    return text is not None and text.startswith(SIGNATURE)


def empty(reader: Reader, *names: str) -> bool:
    """Whether nothing is in it, so that nothing can be mistaken for a cache."""
    return not reader.list(*names)


def joined(names: Names) -> str:
    """An entry's name from where it lies."""
    return "/".join(names)
