"""Files that are called after their content."""

import hashlib

Names = tuple[str, ...]

SHA256, GIT = "sha256", "git"
_HEX = frozenset("0123456789abcdef")


def algorithm(names: Names) -> str:
    """How a blob of a Hugging Face cache gets its name; empty for everything else.

    `blobs/<sha256>` of large files and `blobs/<git's id>` of the others, which is a sha1 over a header and
    the content; in the store that repositories share, `blobs/<two digits>/<sha256>`.
    """
    name = names[-1]
    shared = len(names) > 2 and names[-3] == "blobs" and names[-2] == name[:2]
    if len(names) < 2 or not (names[-2] == "blobs" or shared) or not _HEX.issuperset(name):
        return ""
    return {64: SHA256, 40: GIT}.get(len(name), "")


def begun(how: str, size: int) -> "hashlib._Hash | None":
    """The hash for a file of that size; None where nothing gives it its name."""
    if how == SHA256:
        return hashlib.sha256()
    if how == GIT:
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return None


def named(names: Names, size: int) -> "hashlib._Hash | None":
    """The hash, begun, that gives a file its name; None where none does."""
    return begun(algorithm(names), size)
