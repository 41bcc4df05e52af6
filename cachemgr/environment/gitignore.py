"""Lines of a `.gitignore` (gitignore(5)): which are missing, and what has to be added for them."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from cachemgr.domain.display import display_name
from cachemgr.domain.errors import UsageError

HEADER = b"# Caches"
_SPECIAL = re.compile(r"[\\*?\[]")


@dataclass(frozen=True, slots=True)
class Addition:
    lines: tuple[str, ...]
    content: bytes
    """What is written behind the file's end; empty where nothing is missing."""


def pattern(below: str, *, top: bool = False) -> str:
    """The line for a directory. Raises UsageError where no line can hold its name.

    A single name is met at any depth, as `models/` and `.cache/` are; with `top`, at the top alone.
    """
    if "\n" in below or "\r" in below:
        raise UsageError(
            f"{display_name(below)} holds a line end, which no line of a .gitignore can; name another place"
        )
    escaped = _SPECIAL.sub(lambda match: f"\\{match[0]}", below)
    # With a `/` in front nothing is a comment; with one behind no space is at the end.
    top = top and "/" not in escaped
    return f"/{escaped}/" if top or escaped.startswith(("#", "!")) else f"{escaped}/"


def addition(existing: bytes, wanted: Sequence[str], top: Collection[str] = ()) -> Addition:
    """What a file lacks of the directories it should name, in the file's own line ends; those in `top` are
    meant at the top alone.

    A line counts as there in every spelling, when one for a directory above is there, and when a `!` line
    says that somebody wants to see it.
    """
    rules = tuple(_rules(existing))
    missing: dict[tuple[str, ...], str] = {}
    for below in wanted:
        parts = tuple(below.split("/"))
        settled = any(rule.settles(parts) for rule in rules)
        if not settled and not any(parts[: len(above)] == above for above in missing):
            missing[parts] = pattern(below, top=below in top)
    lines = tuple(missing.values())
    if not lines:
        return Addition((), b"")
    end = b"\r\n" if existing.count(b"\r\n") * 2 > existing.count(b"\n") else b"\n"
    start = b"" if not existing or existing.endswith(b"\n") else end
    if HEADER not in existing.splitlines():
        start += (end if existing else b"") + HEADER + end
    written = b"".join(line.encode("utf-8", "surrogateescape") + end for line in lines)
    return Addition(lines, start + written)


@dataclass(frozen=True, slots=True)
class _Rule:
    parts: tuple[str, ...]
    anchored: bool
    """False: it is met at any depth."""
    negated: bool

    def settles(self, path: tuple[str, ...]) -> bool:
        """Whether it says about a directory that it is ignored, or that it is not."""
        if not self.anchored:
            return self.parts[0] in path
        if self.negated and self.parts[: len(path)] == path:
            return True
        return path[: len(self.parts)] == self.parts


def _rules(existing: bytes) -> Iterator[_Rule]:
    """The lines of a file, word for word: what a `*` in one of them matches is left to git."""
    for raw in existing.removeprefix(b"\xef\xbb\xbf").splitlines():
        line = raw.decode("utf-8", "surrogateescape").rstrip()
        negated = line.startswith("!")
        line = line.removeprefix("!").removeprefix("**/")
        plain = re.sub(r"\\(.)", r"\1", line).strip("/")
        if plain and not line.startswith("#"):
            parts = tuple(plain.split("/"))
            yield _Rule(parts, line.startswith("/") or len(parts) > 1, negated)
