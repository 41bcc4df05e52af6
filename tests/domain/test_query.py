"""What `--where` and `--sort` select, and what they say when they cannot be read."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachemgr.domain.errors import QueryError
from cachemgr.domain.query import Query, Sort
from cachemgr.domain.terms import Category, Rebuild
from tests.values import NOW, ago, cache, entry, inventory, unit

GIB = 2**30
BIG = entry("films/alien.json", unit("a", size=2 * GIB), modified=ago(days=90), used=ago(days=40))
SMALL = entry(
    "meta-ülk.json", unit("b", size=900), modified=ago(hours=3), used=ago(hours=1), notes=("main", "v1")
)
BLANK = entry("blank", unit("c", size=0), cache="old@legacy", detached=True)
OLD = entry("past", unit("d", size=10**9), cache="llm@project", modified=ago(days=400), expires=ago(days=1))
FRESH = entry("to come", unit("e", size=1), cache="llm@project", expires=ago(days=-1), group="claude/opus")
HELD = inventory(
    [
        cache(),
        cache("old@legacy", category=Category.MODELS, rebuild=Rebuild.DOWNLOADS),
        cache("llm@project", category=Category.RESPONSES),
    ],
    [BIG, SMALL, BLANK, OLD, FRESH],
)


def found(text: str) -> list[str]:
    return [match.name for match in Query.parse(text).select(HELD.entries, HELD, NOW)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("size>1GB", [BIG.name]),
        ("size>=1GB", [BIG.name, OLD.name]),
        ("size>=1GiB", [BIG.name]),
        ("size <= 900", [SMALL.name, BLANK.name, FRESH.name]),
        ("size=0", [BLANK.name]),
        ("size>0.9k and size<1G", [OLD.name]),
        ("files=1 and size>1", [BIG.name, SMALL.name, OLD.name]),
        ("age>1y", [OLD.name]),
        ("age<4h", [SMALL.name]),
        ("unused>30d", [BIG.name]),
        ("unused>=40d and unused<6w", [BIG.name]),
        ("name~'meta-*'", [SMALL.name]),
        ("name ~ *.json", [BIG.name, SMALL.name]),
        ('name="to come"', [FRESH.name]),
        ("id='old@legacy:blank'", [BLANK.name]),
        ("cache=llm@project", [OLD.name, FRESH.name]),
        ("type=llm and not expired", [FRESH.name]),
        ("category=models", [BLANK.name]),
        ("place=legacy", [BLANK.name]),
        ("rebuild!=costs", [BLANK.name]),
        ("legacy", [BLANK.name]),
        ("not legacy and detached=false and size<=1", [FRESH.name]),
        ("expired", [OLD.name]),
        ("expired=no", [FRESH.name]),
        ("group~'claude/*'", [FRESH.name]),
        ("note=v1", [SMALL.name]),
        ("note!=v1", [BIG.name, BLANK.name, OLD.name, FRESH.name]),
        ("size>1GB or size=0", [BIG.name, BLANK.name]),
        ("size>1GB or detached and legacy", [BIG.name, BLANK.name]),
        ("(size>1GB or detached) and legacy", [BLANK.name]),
        ("NOT (size>1 OR legacy)", [FRESH.name]),
        ("frees>1GB", [BIG.name]),
    ],
)
def test_a_filter_selects_exactly_what_it_says(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_what_is_unknown_is_selected_neither_by_a_condition_nor_by_its_opposite() -> None:
    assert BLANK.used is None
    assert BLANK.name not in found("unused>30d") + found("not unused>30d") + found("unused<=30d")
    assert SMALL.name not in found("expired") + found("not expired")


def test_a_known_answer_decides_over_an_unknown_one() -> None:
    assert BLANK.name in found("unused>30d or legacy")
    assert BLANK.name not in found("not (unused>30d and size>1) and not legacy")
    assert BLANK.name in found("not (unused>30d and size>1)")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty filter"),
        ("   ", "empty filter"),
        ("sise>1GB", "did you mean size"),
        ("size>1GB and unsued>3d", "'unsued' (character 14); did you mean unused"),
        ("size", "size at character 1 needs a comparison, such as size>1GB"),
        ("size>", "ends too early"),
        ("size>30d", "'30d' is not an amount that fits; write 500MB"),
        ("size>big", "'big' is not a number"),
        ("age>30", "30d"),
        ("age>3m", "90min"),
        ("files>3kB", "plain number"),
        ("name>x", "name has no > (character 5)"),
        ("size~1*", "size has no ~"),
        ("legacy>true", "legacy has no >"),
        ("legacy=perhaps", "write true or false"),
        ("(size>1", "bracket at character 1 is never closed"),
        ("size>1)", "')' at character 7"),
        ("size>1 size<3", "join conditions with `and` or `or`"),
        ("name='open", 'cannot read "\'" at character 6'),
        ("= 3", "begins with a field"),
        ("not " * 60 + "legacy", "inside each other"),
        ("(" * 5000 + "legacy" + ")" * 5000, "inside each other"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place_and_the_way_out(text: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        Query.parse(text)

    assert says in str(caught.value)


@given(st.text(alphabet="size>1GBand()or not'~=<legacy \"\n\x00", max_size=40) | st.text(max_size=40))
def test_any_text_is_either_a_filter_or_refused_as_one(text: str) -> None:
    with suppress(QueryError):
        assert set(found(text)) <= {held.name for held in HELD.entries}


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("size", [BLANK.name, FRESH.name, SMALL.name, OLD.name, BIG.name]),
        ("size:desc", [BIG.name, OLD.name, SMALL.name, FRESH.name, BLANK.name]),
        ("age:desc", [OLD.name, BIG.name, SMALL.name, BLANK.name, FRESH.name]),
        ("age:asc", [SMALL.name, BIG.name, OLD.name, BLANK.name, FRESH.name]),
        ("category", [BIG.name, SMALL.name, BLANK.name, OLD.name, FRESH.name]),
    ],
)
def test_sorting_puts_what_is_unknown_last_in_both_directions(sort: str, names: list[str]) -> None:
    assert [match.name for match in Sort.parse(sort).order(HELD.entries, HELD, NOW)] == names


@pytest.mark.parametrize(("text", "says"), [("sise", "did you mean size"), ("size:down", "size:desc")])
def test_a_sort_that_cannot_be_read_is_refused(text: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        Sort.parse(text)
