"""What another interpreter runs: its own tiktoken loads one encoding into the directory that the
environment names, and one line of JSON says how that went.

Handed over as text (`python -c`), so it uses nothing of this package and nothing that Python 3.8 lacks.
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module

_KINDS = (
    ("tls", {"SSLError"}),
    ("no-network", {"ConnectionError", "Timeout", "URLError", "gaierror", "TimeoutError"}),
    ("broken-off", {"ChunkedEncodingError", "IncompleteRead"}),
    ("no-module", {"ImportError"}),
)
"""By the names of exception classes (requests, urllib3, ssl), the telling one first: requests calls a
refused certificate a ConnectionError, too."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception with all that it was made from."""
    pending, seen = [error], set()
    while pending:
        one = pending.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        pending += [part for part in inner if isinstance(part, BaseException)]


def told(error: BaseException) -> "dict[str, object]":
    """The kind of an exception, what it says about it, and its number if it is the system's."""
    parts = list(chain(error))
    text = " ".join(str(error).split())[:300]
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return {"kind": "http", "detail": str(status)}
    for kind, names in _KINDS:
        if any(names.intersection(one.__name__ for one in type(part).__mro__) for part in parts):
            return {"kind": kind, "detail": _detail(kind, parts) or text}
    if isinstance(error, ValueError) and "Hash mismatch" in text:
        return {"kind": "hash-mismatch", "detail": ""}
    if isinstance(error, OSError) and error.errno is not None:
        return {"kind": "os", "detail": "", "errno": error.errno}
    return {"kind": "tiktoken", "detail": type(error).__name__ + ": " + text}


def _detail(kind: str, parts: "list[BaseException]") -> str:
    """The shortest thing that says why: the certificate's fault, or the system's word from deep inside."""
    if kind == "tls":
        return next((str(part.verify_message) for part in parts if hasattr(part, "verify_message")), "")
    if kind == "no-network":
        words = [part.strerror for part in parts if isinstance(part, OSError) and part.strerror]
        through = any(type(part).__name__ == "ProxyError" for part in parts)
        return ("the proxy: " if through else "") + words[-1] if words else ""
    return ""


def main() -> None:
    # `-c` puts the working directory first, and what lies there is not to be run.
    sys.path[:] = [place for place in sys.path if place]
    try:
        tiktoken = import_module("tiktoken")
        for name in sys.argv[1:]:
            tiktoken.get_encoding(name)
        answer: dict[str, object] = {"kind": "", "detail": str(getattr(tiktoken, "__version__", ""))}
    except Exception as error:
        answer = told(error)
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
