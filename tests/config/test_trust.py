"""A project may name caches in itself. Others wait until the user has agreed to this very file."""

import json
import os
from pathlib import Path

import pytest

from cachemgr.config.trust import is_trusted
from cachemgr.domain.errors import ConfigError
from tests.config.projects import Ground


def trusted(ground: Ground) -> dict[str, bool]:
    settings = ground.load()
    found = {home.name: home.trusted for home in settings.homes}
    return found | {root.type: root.trusted for root in settings.roots}


def test_what_lies_outside_is_not_trusted_and_the_rest_is(ground: Ground) -> None:
    ground.own('[roots]\nhf_home = "/big/hf"\ntorch_home = ".cache/torch"\nmlx_home = "../other"\n')

    assert trusted(ground) == {"hf_home": False, "torch_home": True, "mlx_home": False}


@pytest.mark.parametrize("path", ["../films2/x", "a/../../x", "link/x", ".git/x", "a/.git"])
def test_a_path_that_only_looks_as_if_it_lay_inside_is_outside(ground: Ground, path: str) -> None:
    (ground.home / "elsewhere").mkdir()
    (ground.project / "link").symlink_to(ground.home / "elsewhere")
    ground.hardware({"hf_home": path})

    assert trusted(ground) == {"hf_home": False}


def test_a_link_that_stays_inside_is_inside(ground: Ground) -> None:
    (ground.project / "data").mkdir()
    (ground.project / "link").symlink_to("data")
    ground.hardware({"hf_home": "link/hf"})

    assert trusted(ground) == {"hf_home": True}


def test_a_project_that_is_itself_reached_through_a_link_contains_its_caches(ground: Ground) -> None:
    ground.hardware({"hf_home": ".cache/hf"})
    alias = ground.home / "alias"
    alias.symlink_to(ground.project)
    ground.project = alias

    assert trusted(ground) == {"hf_home": True}


def test_what_a_project_calls_a_cache_costs_something_until_it_is_trusted(ground: Ground) -> None:
    """It may be somebody's work: then nothing deletes it at once."""
    for rebuild in ("rebuilds", "downloads", "unique"):
        ground.own(f'[[cache]]\nname = "thumbs"\npath = "src"\nrebuild = "{rebuild}"\n')

        doubted = ground.load().roots[0].rebuild
        ground.trust()

        assert doubted == ("costs" if rebuild != "unique" else "unique")
        assert ground.load().roots[0].rebuild == rebuild


def test_agreeing_covers_the_files_as_they_are_now(ground: Ground) -> None:
    ground.own('[roots]\nhf_home = "/big/hf"\n')
    ground.caching("caching:\n  cache_dir: /big/answers\n")

    files = ground.trust()
    agreed = trusted(ground)
    ground.own('[roots]\nhf_home = "/etc"\n')
    changed = trusted(ground)

    assert [file.name for file in files] == ["cachemgr.toml", "config.yml"]
    assert agreed == {"hf_home": True, "responses": True}
    assert changed == {"hf_home": False, "responses": True}


def test_agreeing_to_one_project_says_nothing_about_a_copy_elsewhere(ground: Ground) -> None:
    ground.own('[roots]\nhf_home = "/big/hf"\n')
    ground.trust()
    raw = (ground.project / "cachemgr.toml").read_bytes()

    assert is_trusted(ground.project, raw, ground.user_dir)
    assert not is_trusted(ground.home / "copy", raw, ground.user_dir)


def test_agreements_about_other_projects_are_kept(ground: Ground) -> None:
    ground.own("si = true")
    other = ground.home / os.fsdecode(b"caf\xe9")
    other.mkdir()
    (other / "cachemgr.toml").write_text("si = false")

    ground.trust(other)
    ground.trust()

    assert is_trusted(other, b"si = false", ground.user_dir)
    assert is_trusted(ground.project, b"si = true", ground.user_dir)


def test_there_has_to_be_something_to_agree_to(ground: Ground) -> None:
    with pytest.raises(ConfigError, match="no configuration"):
        ground.trust()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"projects": 3}', '{"projects": {"a": 3}}', "[" * 100_000])
def test_a_damaged_list_of_agreements_is_one_sentence(ground: Ground, text: str) -> None:
    ground.own('[roots]\nhf_home = "/big/hf"\n')
    ground.user_dir.mkdir(parents=True)
    (ground.user_dir / "trust.json").write_text(text)

    with pytest.raises(ConfigError, match="damaged"):
        ground.load()


def test_an_untrusted_home_does_not_hide_the_users_own(ground: Ground) -> None:
    ground.own('[roots]\nhf_home = "/etc/hf"\n')
    ground.users('[roots]\nhf_home = "/big/hf"\n')

    homes = [(str(home.path), home.trusted) for home in ground.load().homes]

    assert homes == [(str(Path("/etc/hf")), False), (str(Path("/big/hf")), True)]


@pytest.mark.skipif(os.name == "nt", reason="modes are a POSIX thing")
def test_the_list_of_agreements_is_for_its_owner_alone(ground: Ground) -> None:
    ground.own("si = true")

    ground.trust()

    assert (ground.user_dir / "trust.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in ground.user_dir.iterdir()] == ["trust.json"]
    assert json.loads((ground.user_dir / "trust.json").read_text())["schema"] == "cachemgr.trust/1"
