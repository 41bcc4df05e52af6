"""Which entries and caches a word on the command line names."""

import pytest

from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.errors import UnknownTarget, UsageError
from cachemgr.domain.target import select
from cachemgr.domain.terms import Category
from cachemgr.present.text import display_name
from tests.values import cache, entry, inventory

HUB = "huggingface-hub@home"
A1 = entry("models/org/a@111", cache=HUB, group="models/org/a")
A2 = entry("models/org/a@222", cache=HUB, group="models/org/a")
AB = entry("models/org/ab@333", cache=HUB, group="models/org/ab")
ODD = entry("[x]*", cache="tmdb@project")
X = entry("x", cache="tmdb@project")
BYTES = entry("caf\udce9", cache="tmdb@project")
LEFT = entry("left", cache="model-cache@legacy")
HELD = inventory(
    [
        cache(HUB, category=Category.MODELS),
        cache("huggingface-hub@env", category=Category.MODELS),
        cache("tmdb@project"),
        cache("model-cache@legacy", category=Category.MODELS),
    ],
    [A1, A2, AB, ODD, X, BYTES, LEFT],
)
ALL = {found.id for found in HELD.entries}


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("all", ALL),
        ("models", {A1.id, A2.id, AB.id, LEFT.id}),
        ("apps", {ODD.id, X.id, BYTES.id}),
        ("legacy", {LEFT.id}),
        ("tmdb", {ODD.id, X.id, BYTES.id}),
        (HUB, {A1.id, A2.id, AB.id}),
        (A1.id, {A1.id}),
        (f"{HUB}:models/org/a", {A1.id, A2.id}),
        (f"{HUB}:models/org", {A1.id, A2.id, AB.id}),
        (f"{HUB}:models/org/", {A1.id, A2.id, AB.id}),
        (f"{HUB}:models/org/a*", {A1.id, A2.id, AB.id}),
        ("*@111", {A1.id}),
        ("hugging*", {A1.id, A2.id, AB.id}),
        ("tmdb@project:[x]*", {ODD.id}),
        ("tmdb@project:[xy]", {X.id}),
        ("tmdb@project:caf\udce9", {BYTES.id}),
        ("tmdb@project:caf\\xe9", {BYTES.id}),
    ],
)
def test_a_target_names_exactly_these_entries(target: str, names: set[str]) -> None:
    assert select(HELD, [target], shown=display_name).entries == names


def test_no_target_names_everything_and_several_add_up() -> None:
    assert select(HELD, []).entries == ALL
    assert select(HELD, ["tmdb", A1.id]).caches == (HUB, "tmdb@project")


def test_a_cache_without_entries_is_named_all_the_same() -> None:
    selection = select(HELD, ["huggingface-hub@env"])

    assert (selection.entries, selection.caches) == (frozenset(), ("huggingface-hub@env",))
    assert selection.named == {"huggingface-hub@env"}


def test_all_names_something_even_on_an_empty_machine() -> None:
    assert select(inventory(), ["all"]).entries == frozenset()


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("tmbd", "did you mean tmdb"),
        ("huggingface-hub@hom", "did you mean huggingface-hub@home"),
        (f"{HUB}:models/org/c", f"did you mean {HUB}:models/org/a"),
        ("torch-hub", "no torch-hub cache was found on this machine"),
        ("builds", "no cache of the category builds"),
        ("*nothing*", "cachemgr ls --quiet"),
        ("", "names no cache"),
    ],
)
def test_a_word_that_names_nothing_is_never_silently_nothing(
    target: str, says: str, torch_hub: CacheType
) -> None:
    with pytest.raises(UnknownTarget) as caught:
        select(HELD, ["all", target], [torch_hub])

    assert says in str(caught.value)


def test_two_entries_that_look_alike_are_not_guessed_between() -> None:
    twins = inventory([], [entry("a\udcff"), entry("a\\xff\u200b"), entry("a\udcff\u200b")])

    with pytest.raises(UsageError, match="2 entries look"):
        select(twins, ["tmdb@project:a\\xff\\u200b"], shown=display_name)


@pytest.fixture
def torch_hub() -> CacheType:
    from cachemgr.domain.terms import Rebuild

    class NoLayout:
        def read(self, reader: object) -> "list[object]":
            return []

        def evidence(self, reader: object) -> bool:
            return False

    return CacheType("torch-hub", "PyTorch Hub", Category.MODELS, Rebuild.DOWNLOADS, NoLayout())  # type: ignore[arg-type]
