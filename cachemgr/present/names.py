"""Names cut and measured for a screen."""

import os
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from cachemgr.domain.display import display_name

_DIGEST = re.compile(r"[0-9a-f]{32,}$")
_DIGITS = 8
"""How many of a digest are shown where there is no room for all of them."""
_MORE = 4
"""Columns that names which look alike get more at first; then twice as many, and so on."""
_COMMAND = re.compile(r"`cachemgr( (?!-)[a-z])")


def pasteable(sentence: str, invocation: Sequence[str]) -> str:
    """A sentence whose commands, which stand in backticks, begin as the invocation does that it answers: with
    its `--home` and `--project`."""
    if len(invocation) < 2:
        return sentence
    begin = display_name(shlex.join(invocation))
    return _COMMAND.sub(lambda found: f"`{begin}{found[1]}", sentence)


def error_sentence(error: Exception, invocation: Sequence[str] = ()) -> str:
    """What an error says, fit to be shown: whoever raised it may have named a file as it is called."""
    return pasteable(display_name(str(error)), invocation)


def cells(text: str) -> int:
    """How many terminal columns a displayable text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def middle(text: str, width: int, *, ellipsis: str = "…") -> str:
    """`text` in at most `width` columns; what does not fit is left out of the middle, because the end of
    a name tells more than its centre."""
    if cells(text) <= width:
        return text
    room = width - cells(ellipsis)
    if room <= 0:
        return ellipsis[: max(width, 0)]
    head = _fitting(text, room // 2)
    tail = _fitting(text[::-1], room - cells(head))[::-1]
    return head + ellipsis + tail


def distinct(names: Sequence[str], room: int, *, among: Iterable[str] = (), ellipsis: str = "…") -> list[str]:
    """Names in at most `room` columns, or in as many more as it takes to tell each from all the others and
    from those `among` which it stands. A name that ends in a long digest keeps the digest's beginning,
    where that tells them apart."""
    every = dict.fromkeys((*names, *among))
    found = dict.fromkeys(every, "")
    again, more = list(every), 0
    while again:
        for name in again:
            found[name] = _shortened(name, room, more, ellipsis)
        looks = Counter(found.values())
        again = [name for name, look in found.items() if looks[look] > 1 and look != name]
        more = 2 * more or _MORE
    return [found[name] for name in names]


def _shortened(name: str, room: int, more: int, ellipsis: str) -> str:
    if cells(name) <= room + more:
        return name
    digest = _DIGEST.search(name)
    if digest is None or more > _DIGITS:
        return middle(name, room + more, ellipsis=ellipsis)
    kept = name[: digest.start() + _DIGITS + more]
    return name if kept == name else kept + ellipsis


def short_path(path: PurePath, home: PurePath | None, project: PurePath | None = None) -> str:
    """A path as a person would say it: relative to the project, `~/…` in the home, else whole."""
    if project is not None and path != project and path.is_relative_to(project):
        return display_name(path.relative_to(project))
    if home is not None and path.is_relative_to(home):
        below = path.relative_to(home)
        return display_name(os.path.join("~", below)) if below.parts else "~"
    return display_name(path)


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _fitting(text: str, room: int) -> str:
    if text.isascii():
        return text[: max(room, 0)]
    used = 0
    for position, char in enumerate(text):
        used += _width(char)
        if used > room:
            return text[:position]
    return text
