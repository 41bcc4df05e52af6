"""The files that tiktoken's encodings are read from. What a `status` has no need of is in the two modules
beside this one."""

from dataclasses import dataclass

VARIABLE = "TIKTOKEN_CACHE_DIR"
"""What tells tiktoken where its encodings are."""
LIMIT = 64 << 20
"""Bytes; the largest encoding has 3.6 million. What is longer is no encoding and is not read."""


@dataclass(frozen=True, slots=True)
class EncodingFile:
    """A published file that encodings are read from."""

    name: str
    """The encoding; `gpt2/vocab.bpe` where one encoding needs two files."""
    encodings: tuple[str, ...]
    """All that are read from it, the one to ask for first."""
    url: str
    file: str
    """tiktoken's own name for it: the SHA-1 of the URL, in hexadecimal digits."""
    sha256: str
    size: int
    """Bytes."""
