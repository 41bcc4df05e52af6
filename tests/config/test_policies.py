"""Saved rules and pins: what they say, which file counts, and what is wrong with one that is not usable."""

from datetime import UTC, datetime

import pytest

from cachemgr.domain.errors import ConfigError
from cachemgr.domain.policy import Policy
from tests.config.projects import Ground

ALL = """\
[policies.nightly]
targets = ["responses", "tmdb@project"]
title = "every night"
ttl = true
older_than = "30d"
unused_for = "8w"
keep_last = 3
max_size = "20G"
free = "12GB"
min_age = "12h"
"""


def named(ground: Ground) -> dict[tuple[str, bool], Policy]:
    return {(policy.name, policy.trusted): policy for policy in ground.load().policies}


def test_every_rule_is_read_in_the_units_of_the_command_line(ground: Ground) -> None:
    ground.users(ALL)

    (policy,) = ground.load().policies

    assert policy.targets == ("responses", "tmdb@project")
    assert (policy.ttl, policy.older_than, policy.unused_for, policy.min_age) == (
        True,
        2592000,
        4838400,
        43200,
    )
    assert (policy.keep_last, policy.max_size, policy.free) == (3, 20 * 1024**3, 12 * 10**9)
    assert policy.title == "every night"
    assert policy.origin is not None
    assert (policy.origin.key, policy.origin.line) == ("policies.nightly", 1)


def test_a_pin_holds_through_its_last_day(ground: Ground) -> None:
    ground.users(
        '[[pins]]\ntarget = "models"\nreason = "a talk"\nuntil = 2027-01-31\n[[pins]]\ntarget = "x"\n'
    )

    first, second = ground.load().pins

    assert (first.target, first.reason, second.until) == ("models", "a talk", None)
    assert first.holds(datetime(2027, 1, 31, 23, 59, tzinfo=UTC))
    assert not first.holds(datetime(2027, 2, 1, tzinfo=UTC))


def test_a_project_is_believed_once_the_user_trusts_this_very_file(ground: Ground) -> None:
    ground.users('[policies.a]\ntargets = ["all"]\nttl = true\n[[pins]]\ntarget = "users"\n')
    ground.own('[policies.a]\ntargets = ["all"]\nolder_than = "1d"\n[[pins]]\ntarget = "projects"\n')

    before, pins = named(ground), ground.load().pins
    ground.trust()
    after = named(ground)
    ground.own('[policies.a]\ntargets = ["all"]\nolder_than = "2d"\n')
    changed = named(ground)

    assert before.keys() == changed.keys() == {("a", False), ("a", True)}
    assert before["a", True].ttl
    assert [pin.target for pin in pins] == ["projects", "users"]
    assert after.keys() == {("a", True)}
    assert after["a", True].older_than == 86_400
    assert changed["a", True].ttl


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[policies.a]\nttl = true\n", "has no `targets`"),
        ("[policies.a]\ntargets = []\nttl = true\n", "says nothing of what it is about"),
        ('[policies.a]\ntargets = ["all", ""]\nttl = true\n', "says nothing of what it is about"),
        ('[policies.a]\ntargets = ["all"]\n', "has no rule, and that never means everything"),
        ('[policies.a]\ntargets = ["all"]\nmin_age = "3d"\n', "has no rule"),
        ('[policies.a]\ntargets = ["all"]\nttl = false\n', "has no rule"),
        ('[policies.a]\ntargets = ["all"]\nolder_then = "3d"\n', "did you mean `older_than`?"),
        ('[policies.a]\ntargets = ["all"]\nolder_than = "soon"\n', "`policies.a.older_than`: 'soon'"),
        ('[policies.a]\ntargets = ["all"]\nolder_than = 30\n', "text in quotes"),
        ('[policies.a]\ntargets = ["all"]\nolder_than = "900y"\n', "more than there can be"),
        ('[policies.a]\ntargets = ["all"]\nmax_size = "3d"\n', "write 500MB"),
        ('[policies.a]\ntargets = ["all"]\nkeep_last = 0\n', "`policies.a.keep_last`"),
        ('[policies."a b"]\ntargets = ["all"]\nttl = true\n', "cannot be typed"),
    ],
)
def test_a_policy_with_a_mistake_says_so_and_stands_in_nobodys_way(
    text: str, says: str, ground: Ground
) -> None:
    ground.users(f'disposal = "trash"\n[policies.sound]\ntargets = ["all"]\nttl = true\n{text}')

    settings = ground.load()

    (policy,) = settings.wrong_policies
    assert policy in settings.policies
    assert says in policy.wrong
    assert "cachemgr.toml" in policy.wrong
    assert policy.empty, "it takes nothing"
    assert settings.disposal is not None
    assert "sound" in {one.name for one in settings.policies if not one.wrong}


def test_a_policy_with_a_mistake_hides_what_a_weaker_file_says_under_its_name(ground: Ground) -> None:
    """Else another's rules would run under a name that somebody gave other ones."""
    ground.users('[policies.a]\ntargets = ["all"]\nttl = true\n')
    ground.own('[policies.a]\ntargets = ["all"]\nolder_then = "1d"\n')

    assert {key: bool(one.wrong) for key, one in named(ground).items()} == {
        ("a", False): True,
        ("a", True): False,
    }
    ground.trust()
    assert {key: bool(one.wrong) for key, one in named(ground).items()} == {("a", True): True}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[pins]]\nreason = "x"\n', "has no `target`"),
        ('[[pins]]\ntarget = ""\n', "names nothing"),
        ('[[pins]]\ntarget = "x"\nuntil = "soon"\n', "`pins[1].until`"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_the_way_out(text: str, says: str, ground: Ground) -> None:
    ground.users(text)

    with pytest.raises(ConfigError) as error:
        ground.load()

    assert says in str(error.value)
    assert "cachemgr.toml" in str(error.value)
