"""Conditions on an entry: comparisons, and what `and`, `or` and `not` make of them in three-valued logic."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from cachemgr.domain.field import Field, Measure, Subject, Value

Truth = bool | None
"""None: unknown."""
Condition = Callable[[Subject], Truth]
Test = Callable[..., bool]


def comparison(field: Field, test: Test, wanted: Value) -> Condition:
    """Unknown where the field is."""

    def condition(subject: Subject) -> Truth:
        found = field.read(subject)
        return None if found is None else test(found, wanted)

    return condition


_EQUAL: dict[str, Test] = {"=": lambda a, b: a == b, "!=": lambda a, b: a != b}
_ORDER: dict[str, Test] = _EQUAL | {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_TEXT: dict[str, Test] = {
    "=": lambda a, b: b[0] in a,
    "!=": lambda a, b: b[0] not in a,
    "~": lambda a, b: any(fnmatchcase(text, b[0]) for text in a),
}
OPERATORS: Mapping[Measure, Mapping[str, Test]] = {
    Measure.BYTES: _ORDER,
    Measure.COUNT: _ORDER,
    Measure.SECONDS: _ORDER,
    Measure.TEXT: _TEXT,
    Measure.FLAG: _EQUAL,
}


def any_of(parts: Sequence[Condition]) -> Condition:
    def either(subject: Subject) -> Truth:
        answers = [part(subject) for part in parts]
        return True if True in answers else None if None in answers else False

    return either


def all_of(parts: Sequence[Condition]) -> Condition:
    def both(subject: Subject) -> Truth:
        unknown = False
        for part in parts:
            answer = part(subject)
            if answer is False:
                return False
            unknown = unknown or answer is None
        return None if unknown else True

    return both


def negation(part: Condition) -> Condition:
    def other(subject: Subject) -> Truth:
        answer = part(subject)
        return None if answer is None else not answer

    return other
