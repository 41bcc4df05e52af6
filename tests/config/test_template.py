"""The configuration that a new project gets is one, with and without its comments."""

import re

import pytest

from cachemgr.config import template
from tests.config.projects import Ground


@pytest.mark.parametrize("homes", [{}, {"hf_home": ".cache/hf"}, {"hf_home": "h", "torch_home": "t"}])
def test_it_says_what_it_was_given_and_nothing_else(homes: dict[str, str], ground: Ground) -> None:
    ground.own(template.text(homes))

    settings = ground.load()

    assert {home.name: str(home.path) for home in settings.homes} == {
        name: str(ground.project / below) for name, below in homes.items()
    }
    assert (settings.roots, settings.disposal, settings.retention_days) == ((), None, 7)


def test_each_of_its_examples_is_valid(ground: Ground) -> None:
    """As a person has it who takes every comment sign away before something that is no sentence."""
    text = re.sub(r"^# (?=[a-z_]+ = |\[)", "", template.text({}), flags=re.MULTILINE)
    ground.own(text)

    settings = ground.load()

    assert {home.name for home in settings.homes} == {"hf_home", "torch_home"}
    assert {root.type for root in settings.roots} == {"tmdb", "tiktoken"}
    assert settings.disposal is not None
    assert "#" not in re.sub(r"#.*", "", text)
