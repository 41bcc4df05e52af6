"""What is configured in the end: which file wins, and where each value came from."""

from pathlib import Path

import pytest

from cachemgr.domain.errors import ConfigError
from cachemgr.domain.inventory import Origin
from cachemgr.domain.settings import Settings
from cachemgr.domain.terms import Category, Disposal, Place, Rebuild
from tests.config.projects import HARDWARE, Ground


def below(settings: Settings, ground: Ground) -> dict[str, str]:
    """Homes and roots by name, below the project."""
    found = {home.name: Path(home.path) for home in settings.homes}
    found |= {root.type: Path(root.path) for root in settings.roots}
    return {name: path.relative_to(ground.project).as_posix() for name, path in found.items()}


def test_without_any_file_the_defaults_count(ground: Ground) -> None:
    settings = ground.load()

    assert (settings.disposal, settings.retention_days, settings.si) == (None, 7, False)
    assert (settings.homes, settings.roots, settings.files) == ((), (), ())
    assert settings.origins["retention_days"].source == "default"


def test_the_hardware_cache_of_an_existing_project_is_read_as_it_stands(ground: Ground) -> None:
    ground.hardware()

    settings = ground.load()

    assert below(settings, ground) == {
        "hf_home": ".cache/huggingface",
        "torch_home": ".cache/torch",
        "mlx_home": ".cache/mlx",
        "tmdb": "out/tmdb_cache",
        "musicbrainz": "out/musicbrainz_cache",
        "glossary": "glossary/cache",
    }
    assert all(home.trusted and home.place is Place.PROJECT for home in settings.homes)
    assert settings.conventions == {"hardware_cache"}
    assert settings.origins["roots.hf_home"] == Origin("config/hardware_cache.json", "cache.hf_home", 8)


def test_a_further_application_cache_is_a_cache_of_that_name(ground: Ground) -> None:
    ground.hardware({"application_caches": {"subtitles": "out/subs"}})

    (root,) = ground.load().roots

    assert (root.type, root.category, root.rebuild) == ("subtitles", Category.APPS, Rebuild.COSTS)


def test_the_byte_order_mark_that_powershell_writes_is_no_mistake(ground: Ground) -> None:
    ground.hardware_text(b'\xef\xbb\xbf{"cache": {"hf_home": ".cache/hf"}}')

    assert below(ground.load(), ground) == {"hf_home": ".cache/hf"}


@pytest.mark.parametrize("text", ["{}", '{"gpu": {"cache": "a"}}', "[1]", '{"cache": null}'])
def test_a_hardware_cache_without_the_section_says_nothing(ground: Ground, text: str) -> None:
    ground.hardware_text(text)

    assert ground.load().conventions == frozenset()


def test_the_caching_section_of_an_existing_project_is_read_as_it_stands(ground: Ground) -> None:
    ground.caching()

    settings = ground.load()

    assert below(settings, ground) == {"responses": ".questfoundry/cache"}
    assert settings.roots[0].category is Category.RESPONSES
    assert settings.roots[0].origin == Origin(".questfoundry/config.yml", "caching.cache_dir", 5)
    assert settings.conventions == {"questfoundry"}


def test_the_cache_directory_has_a_default(ground: Ground) -> None:
    ground.caching("caching:\n  enabled: false\n")

    assert below(ground.load(), ground) == {"responses": ".questfoundry/cache"}


def test_responses_that_are_not_kept_in_files_have_no_directory(ground: Ground) -> None:
    ground.caching("caching:\n  backend: memory\n")

    settings = ground.load()

    assert settings.roots == ()
    assert settings.conventions == {"questfoundry"}


def test_other_sections_of_the_yaml_file_may_hold_what_we_cannot_construct(ground: Ground) -> None:
    ground.caching(
        "secret: !vault |\n  abc\nwhen: 2026-99-99\ncaching:\n  cache_dir: here\nodd: !!python/name:os\n"
    )

    assert below(ground.load(), ground) == {"responses": "here"}


@pytest.mark.parametrize("text", ["", "providers: {}\n", "caching:\n", "- caching\n", "just text"])
def test_a_yaml_file_without_the_section_says_nothing(ground: Ground, text: str) -> None:
    ground.caching(text)

    settings = ground.load()

    assert (settings.roots, settings.conventions) == ((), frozenset())


def test_our_own_file_names_homes_applications_and_further_caches(ground: Ground) -> None:
    ground.own(
        'disposal = "trash"\nretention_days = 30\nsi = true\n'
        '[roots]\nhf_home = "hf"\n[roots.applications]\ntmdb = "db"\n'
        '[[cache]]\nname = "renders"\npath = "r"\ntitle = "Renders"\ncategory = "builds"\n'
        'rebuild = "unique"\n'
    )

    settings = ground.load()

    assert (settings.disposal, settings.retention_days, settings.si) == (Disposal.TRASH, 30, True)
    assert below(settings, ground) == {"hf_home": "hf", "tmdb": "db", "renders": "r"}
    renders = settings.roots[1]
    assert (renders.title, renders.category, renders.rebuild) == (
        "Renders",
        Category.BUILDS,
        Rebuild.UNIQUE,
    )
    assert renders.origin == Origin("cachemgr.toml", "cache[1].path", 10)
    assert settings.origins["disposal"] == Origin("cachemgr.toml", "disposal", 1)


def test_our_own_file_beats_what_the_project_already_had_key_by_key(ground: Ground) -> None:
    ground.hardware()
    ground.own('[roots]\nhf_home = "hf"\n[roots.applications]\ntmdb = "db"\n')

    found = below(ground.load(), ground)

    assert (found["hf_home"], found["tmdb"]) == ("hf", "db")
    assert (found["torch_home"], found["glossary"]) == (".cache/torch", "glossary/cache")


def test_the_project_beats_the_user_whose_own_caches_stay(ground: Ground) -> None:
    ground.own('retention_days = 9\n[roots]\nhf_home = "hf"\n')
    ground.users(
        'retention_days = 2\nsi = true\n[roots]\nhf_home = "/big/hf"\ntorch_home = "~/torch"\n'
        '[[cache]]\nname = "scratch"\npath = "/big/scratch"\n'
    )

    settings = ground.load()

    homes = {home.name: (Path(home.path), home.place) for home in settings.homes}
    assert homes == {
        "hf_home": (ground.project / "hf", Place.PROJECT),
        "torch_home": (ground.home / "torch", Place.CUSTOM),
    }
    assert (settings.retention_days, settings.si) == (9, True)
    assert [(root.type, root.place, root.trusted) for root in settings.roots] == [
        ("scratch", Place.CUSTOM, True)
    ]
    assert settings.origins["si"].source == str(ground.user_dir / "cachemgr.toml")


@pytest.mark.parametrize("bold", ['disposal = "delete"', "retention_days = 0"])
def test_a_project_makes_nothing_less_careful_until_it_is_trusted(ground: Ground, bold: str) -> None:
    """Its settings would count for the user's own caches, too."""
    ground.users('disposal = "quarantine"\nretention_days = 30\n')
    ground.own(f"{bold}\n")

    careful = ground.load()
    ground.trust()
    trusted = ground.load()

    assert (careful.disposal, careful.retention_days) == (Disposal.QUARANTINE, 30)
    assert (trusted.disposal, trusted.retention_days) != (careful.disposal, careful.retention_days)


def test_a_named_file_beats_the_project_and_stands_for_the_users(ground: Ground, tmp_path: Path) -> None:
    named = tmp_path / "mine.toml"
    named.write_text('retention_days = 5\n[[cache]]\nname = "x"\npath = "here"\n')
    ground.own("retention_days = 1\n")
    ground.users("si = true\n")

    settings = ground.load(config_file=named)
    ground.env["CACHEMGR_CONFIG"] = str(named)
    by_variable = ground.load()

    assert (settings.retention_days, settings.si) == (5, False)
    assert settings.roots[0].path == tmp_path / "here"
    assert by_variable == settings


def test_a_variable_beats_every_file(ground: Ground) -> None:
    ground.own('disposal = "trash"\nretention_days = 1\n')
    ground.env |= {"CACHEMGR_DISPOSAL": "Delete", "CACHEMGR_RETENTION_DAYS": "9", "CACHEMGR_SI": "1"}

    settings = ground.load()

    assert (settings.disposal, settings.retention_days, settings.si) == (Disposal.DELETE, 9, True)
    assert settings.origins["disposal"] == Origin("environment", "CACHEMGR_DISPOSAL")


def test_an_empty_variable_says_nothing(ground: Ground) -> None:
    ground.env |= {"CACHEMGR_DISPOSAL": "", "CACHEMGR_RETENTION_DAYS": "", "CACHEMGR_SI": ""}

    assert ground.load() == Settings(origins=ground.load().origins)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CACHEMGR_DISPOSAL", "bin", "delete, quarantine or trash"),
        ("CACHEMGR_RETENTION_DAYS", "-1", "a whole number from 0"),
        ("CACHEMGR_RETENTION_DAYS", "9" * 5000, "a whole number from 0"),
        ("CACHEMGR_RETENTION_DAYS", "٣", "a whole number from 0"),
        ("CACHEMGR_SI", "maybe", "1 or 0"),
        ("CACHEMGR_DISPOSL", "trash", "did you mean CACHEMGR_DISPOSAL"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(ground: Ground, name: str, value: str, says: str) -> None:
    ground.env[name] = value

    with pytest.raises(ConfigError, match=name) as raised:
        ground.load()

    assert says in str(raised.value)


def test_outside_of_a_project_only_the_user_counts(ground: Ground) -> None:
    ground.hardware(HARDWARE)
    ground.users('disposal = "delete"\n')

    settings = ground.load(project=False)

    assert settings.homes == ()
    assert settings.disposal is Disposal.DELETE


def test_homes_and_caches_of_one_type_can_be_put_in_order(ground: Ground) -> None:
    """The project's home and the user's cache name the same thing; the project's file is the stronger."""
    ground.own('[roots]\nhf_home = ".cache/hf"\n')
    ground.hardware({"torch_home": ".cache/torch"})
    ground.users('[[cache]]\nname = "huggingface-hub"\npath = "/big/hub"\n')

    settings = ground.load()

    layers = {home.name: home.layer for home in settings.homes}
    layers |= {root.type: root.layer for root in settings.roots}
    assert layers["hf_home"] < layers["torch_home"] < layers["huggingface-hub"]
