"""The filter language: `size>1GB and (unused>30d or legacy) and not name~'meta-*'`.

What is unknown about an entry neither matches nor fails to match, so that `not` never selects it either.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cachemgr.domain.condition import OPERATORS, Condition, all_of, any_of, comparison, negation
from cachemgr.domain.errors import QueryError
from cachemgr.domain.field import FIELDS, Measure, Subject, Value, amount
from cachemgr.domain.inventory import Entry, Inventory

_TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()]) | (?P<op><=|>=|!=|==|[=<>~]) | (?P<quoted>'[^']*'|"[^"]*")
        | (?P<word>[^\s()=!<>~'"]+))""",
    re.VERBOSE,
)
_DEEPEST = 50
"""Brackets and `not`s inside each other; beyond it a query is a mistake or an attack."""
_YES, _NO = ("true", "yes"), ("false", "no")


@dataclass(frozen=True, slots=True)
class Query:
    """A filter over entries that was understood."""

    text: str
    condition: Condition

    @classmethod
    def parse(cls, text: str) -> "Query":
        """Raises QueryError saying where and what would fit."""
        return cls(text, _Parser(text).parse())

    def matches(self, entry: Entry, inventory: Inventory, now: datetime) -> bool:
        return self.condition(Subject(entry, inventory, now)) is True

    def select(self, entries: Iterable[Entry], inventory: Inventory, now: datetime) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if self.matches(entry, inventory, now))


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of entries; unknown values come last in both directions."""

    key: str
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """`KEY`, `KEY:asc` or `KEY:desc`. Raises QueryError."""
        key, _, direction = text.partition(":")
        if key not in FIELDS:
            raise QueryError(f"cannot sort by {key!r}{_nearest(key, FIELDS)}")
        if direction not in ("", "asc", "desc"):
            raise QueryError(f"cannot sort in direction {direction!r}; write {key} or {key}:desc")
        return cls(key, direction == "desc")

    def order(self, entries: Iterable[Entry], inventory: Inventory, now: datetime) -> tuple[Entry, ...]:
        read = FIELDS[self.key].read
        read_entries = [(read(Subject(entry, inventory, now)), entry) for entry in entries]
        known = [pair for pair in read_entries if pair[0] is not None]
        known.sort(key=lambda pair: pair[1].id)
        known.sort(key=lambda pair: pair[0], reverse=self.descending)  # type: ignore[arg-type,return-value]
        return tuple(e for _, e in known) + tuple(e for value, e in read_entries if value is None)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    """Position of its first character, counted from 1."""


class _Parser:
    """Recursive descent: or → and → not → ( … ) | comparison."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.position = 0
        self.depth = 0

    def parse(self) -> Condition:
        if self._peek().kind == "end":
            raise QueryError("an empty filter selects nothing; leave it out to select everything")
        condition = self._either()
        if (token := self._peek()).kind != "end":
            before = self.tokens[self.position - 1].text
            joined = "join conditions with `and` or `or`"
            if token.kind == "word" and token.text not in FIELDS and before.replace(".", "").isdigit():
                joined = f"a number and its unit are one word, such as 3GB or 30d; else {joined}"
            raise QueryError(f"{_cannot(token)}; {joined}")
        return condition

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._keyword("or"):
            parts.append(self._both())
        return any_of(parts) if len(parts) > 1 else parts[0]

    def _both(self) -> Condition:
        parts = [self._factor()]
        while self._keyword("and"):
            parts.append(self._factor())
        return all_of(parts) if len(parts) > 1 else parts[0]

    def _factor(self) -> Condition:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise QueryError(f"more than {_DEEPEST} brackets or `not` inside each other")
        condition = self._bracketed() or self._comparison()
        self.depth -= 1
        return condition

    def _bracketed(self) -> Condition | None:
        if self._keyword("not"):
            return negation(self._factor())
        if self._peek().text != "(" or self._peek().kind != "bracket":
            return None
        opened = self._next()
        inner = self._either()
        closed = self._next()
        if (closed.kind, closed.text) != ("bracket", ")"):
            raise QueryError(f"the bracket at character {opened.at} is never closed")
        return inner

    def _comparison(self) -> Condition:
        token = self._next()
        if token.kind != "word":
            raise QueryError(f"{_cannot(token)}; a condition begins with a field such as size or name")
        if token.text not in FIELDS:
            raise QueryError(
                f"there is no field {token.text!r} (character {token.at}){_nearest(token.text, FIELDS)}"
            )
        flag = FIELDS[token.text].measure is Measure.FLAG
        if self._peek().kind != "op":
            if flag:
                return FIELDS[token.text].read  # type: ignore[return-value]
            raise QueryError(
                f"{token.text} at character {token.at} needs a comparison, such as {_EXAMPLES[token.text]}"
            )
        operator, value = self._next(), self._next()
        if value.kind not in ("word", "quoted"):
            raise QueryError(f"{_cannot(value)}; {token.text}{operator.text} needs a value")
        return _condition(token.text, operator, value)

    def _keyword(self, word: str) -> bool:
        token = self._peek()
        if token.kind == "word" and token.text.lower() == word:
            self.position += 1
            return True
        return False

    def _peek(self) -> _Token:
        return self.tokens[self.position]

    def _next(self) -> _Token:
        token = self.tokens[self.position]
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token


_EXAMPLES = {
    name: {
        Measure.BYTES: f"{name}>1GB",
        Measure.COUNT: f"{name}>100",
        Measure.SECONDS: f"{name}>30d",
        Measure.TEXT: f"{name}~'*word*'",
        Measure.FLAG: name,
    }[field.measure]
    for name, field in FIELDS.items()
}


def _tokens(text: str) -> Sequence[_Token]:
    tokens: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise QueryError(f"cannot read {text[at]!r} at character {at + 1}")
        kind, found = match.lastgroup, match[match.lastgroup]
        tokens.append(_Token(kind, found[1:-1] if kind == "quoted" else found, match.start(kind) + 1))
        position = match.end()
    return (*tokens, _Token("end", "", end + 1))


def _condition(name: str, operator: _Token, value: _Token) -> Condition:
    field = FIELDS[name]
    allowed = OPERATORS[field.measure]
    symbol = "=" if operator.text == "==" else operator.text
    if symbol not in allowed:
        raise QueryError(
            f"{name} has no {operator.text} (character {operator.at}); write {_EXAMPLES[name]} or use "
            + " ".join(allowed)
        )
    if field.measure is Measure.FLAG:
        wanted: Value = _flag(value)
    elif field.measure is Measure.TEXT:
        wanted = (value.text,)
    else:
        try:
            wanted = amount(value.text, field.measure)
        except ValueError as error:
            raise QueryError(f"{error} (character {value.at})") from None
    return comparison(field, allowed[symbol], wanted)


def _flag(value: _Token) -> bool:
    if value.text.lower() not in _YES + _NO:
        raise QueryError(f"{_cannot(value)}; write true or false")
    return value.text.lower() in _YES


def _cannot(token: _Token) -> str:
    return (
        f"cannot read {token.text!r} at character {token.at}" if token.text else "the filter ends too early"
    )


def _nearest(word: str, words: Iterable[str]) -> str:
    from difflib import get_close_matches  # only a mistake needs it

    found = get_close_matches(word.lower(), list(words), 1, 0.5)
    return f"; did you mean {found[0]}?" if found else f"; fields are {', '.join(words)}"
