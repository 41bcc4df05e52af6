"""Answers that are not kept: what the warning says of them."""

from decimal import Decimal
from typing import Any

import pytest

from cachemgr.responses import RequestKey, SetResult, Usage
from tests.responses.conftest import Opener

KEY = RequestKey("openai", "gpt-4o", "why?")


class Odd:
    """As an array is: it compares to something that is neither true nor false."""

    def __eq__(self, other: object) -> Any:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


class Unruly(dict[str, Any]):
    def items(self) -> Any:
        raise ZeroDivisionError


SAID: list[tuple[Any, str]] = [
    ((1, 2), "it is a tuple"),
    (b"x", "it is bytes"),
    (float("nan"), "it is NaN"),
    (Odd(), "it is an Odd"),
    ({1: 2}, "it has a name that is an int"),
    ({"usage": {None: 2}}, "usage has a name that is None"),
    ({"choices": ["a", ("b",), {3}]}, "choices[1] is a tuple"),
    ({"a": [{"b": [0, float("inf")]}, {3}]}, "a[0].b[1] is infinite"),
    ({"choices": [{"cost": Decimal(1)}]}, "choices[0].cost is a Decimal"),
    ([0] * 9000 + [{3}], "[9000] is a set"),
]


@pytest.mark.parametrize(("value", "said"), SAID, ids=[said for _, said in SAID])
def test_it_is_told_what_has_no_json_form_and_where(
    value: Any, said: str, opened: Opener, faults: list[str]
) -> None:
    cache = opened()
    digest = cache.digest(KEY)
    assert cache.get_or_compute(KEY, lambda: (value, Usage(3))).value is value
    assert faults == [
        f"response cache: storing failed: the answer under {digest[:8]}… has no JSON form that reads back as"
        f" the same: {said}"
    ]


def _endless() -> Any:
    inner: list[Any] = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (_endless(), ("recursion", "Recursion", "Circular")),
        ([0] * 200_000 + [{3}], ("not JSON serializable", "something else")),
        ({"a": Unruly(b=(1,))}, ("something else",)),
    ],
    ids=["endless", "too many to look at", "raises when it is looked at"],
)
def test_where_it_is_not_found_cheaply_the_reason_is_told(
    value: Any, said: tuple[str, ...], opened: Opener, faults: list[str]
) -> None:
    assert opened().set(KEY, value) is SetResult.SKIPPED_NOT_JSON
    assert any(part in faults[0] for part in said)
