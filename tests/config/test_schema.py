"""The JSON Schema that editors use for `cachemgr.toml` says what the reader says."""

import tomllib

import pytest

from cachemgr.config.schema import schema

jsonschema = pytest.importorskip("jsonschema")


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("", True),
        ('disposal = "trash"\nretention_days = 3\nsi = true', True),
        ('[roots]\nhf_home = "x"\n[roots.applications]\na = "b"', True),
        ('[[cache]]\nname = "x"\npath = "y"\nrebuild = "costs"', True),
        ('disposal = "bin"', False),
        ("retention_days = -1", False),
        ('[roots]\nhf_hom = "x"', False),
        ('[[cache]]\nname = "x"', False),
        ("nonsense = 1", False),
    ],
)
def test_the_schema_agrees_with_the_reader(text: str, valid: bool) -> None:
    validator = jsonschema.Draft202012Validator(schema())

    assert validator.is_valid(tomllib.loads(text)) is valid
