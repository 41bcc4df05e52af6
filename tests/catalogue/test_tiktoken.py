"""What the catalogue knows of tiktoken's encodings is what tiktoken itself says."""

import hashlib
from importlib import metadata
from typing import Any

import pytest

from cachemgr.catalogue.tiktoken import EVERYWHERE, FILES, MODEL_PREFIXES, MODELS, files_of
from cachemgr.domain.machine import Machine
from cachemgr.domain.settings import Settings
from cachemgr.scan.locate import locate
from tests.encodings import CL100K, cl100k
from tests.scan.test_locate import LINUX, MACOS, WINDOWS, on

public: Any = pytest.importorskip("tiktoken_ext.openai_public")
model: Any = pytest.importorskip("tiktoken.model")
as_read = pytest.mark.skipif(
    metadata.version("tiktoken") != "0.14.0", reason="the tables were read in tiktoken 0.14.0"
)


def asked(name: str, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Each URL that tiktoken reads for an encoding, with the hash it expects."""
    urls: set[tuple[str, str]] = set()

    def one(url: str, expected_hash: str) -> dict[bytes, int]:
        urls.add((url, expected_hash))
        return {}

    def two(**given: str) -> dict[bytes, int]:
        one(given["vocab_bpe_file"], given["vocab_bpe_hash"])
        return one(given["encoder_json_file"], given["encoder_json_hash"])

    monkeypatch.setattr(public, "load_tiktoken_bpe", one)
    monkeypatch.setattr(public, "data_gym_to_mergeable_bpe_ranks", two)
    public.ENCODING_CONSTRUCTORS[name]()
    return urls


@pytest.mark.parametrize("name", sorted({name for file in FILES for name in file.encodings}))
def test_the_files_of_an_encoding_are_those_that_tiktoken_asks_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {(file.url, file.sha256) for file in files_of(name)} == asked(name, monkeypatch)


def test_a_file_is_called_by_the_sha1_of_its_url() -> None:
    assert [file.file for file in FILES] == [hashlib.sha1(file.url.encode()).hexdigest() for file in FILES]


def test_the_size_of_the_real_file_is_the_one_that_is_known() -> None:
    assert len(cl100k()) == CL100K.size


def test_every_model_has_the_encoding_that_tiktoken_gives_it() -> None:
    known = (
        *(name for name in model.MODEL_TO_ENCODING if name in MODELS),
        *(prefix + "2031-01-01" for prefix in model.MODEL_PREFIX_TO_ENCODING if prefix in MODEL_PREFIXES),
        "ft:gpt-4o-mini:acme",
        "gpt-4-32k",
        "gpt-oss-120b",
    )

    assert len(known) > 50
    for name in known:
        assert files_of(name) == files_of(model.encoding_name_for_model(name)), name


@as_read
def test_every_encoding_and_model_of_that_release_is_known() -> None:
    assert {name for file in FILES for name in file.encodings} == set(public.ENCODING_CONSTRUCTORS)
    assert model.MODEL_TO_ENCODING == MODELS
    assert list(model.MODEL_PREFIX_TO_ENCODING.items()) == list(MODEL_PREFIXES.items())


@pytest.mark.parametrize("name", ["", "cl100k", "gpt", "GPT-4", "all", "text-embedding-9"])
def test_a_name_that_is_none_has_no_files(name: str) -> None:
    assert files_of(name) == ()


@pytest.mark.parametrize(
    ("machine", "places"),
    [
        (LINUX, ["/tmp/data-gym-cache", "/var/tmp/data-gym-cache"]),
        (
            on(LINUX, TMPDIR="/scratch", TIKTOKEN_CACHE_DIR="/t", DATA_GYM_CACHE_DIR="/d"),
            ["/t", "/d", "/scratch/data-gym-cache", "/tmp/data-gym-cache", "/var/tmp/data-gym-cache"],
        ),
        (
            on(MACOS, TMPDIR="/var/folders/x/T", CUSTOM_TIKTOKEN_CACHE_DIR="/litellm"),
            [
                "/litellm",
                "/var/folders/x/T/data-gym-cache",
                "/tmp/data-gym-cache",
                "/var/tmp/data-gym-cache",
            ],
        ),
        (
            on(WINDOWS, TEMP=r"C:\T", SYSTEMROOT=r"C:\Windows", CUSTOM_TIKTOKEN_CACHE_DIR=""),
            [
                r"C:\T\data-gym-cache",
                r"C:\Users\ada\AppData\Local\Temp\data-gym-cache",
                r"C:\Windows\Temp\data-gym-cache",
            ],
        ),
    ],
)
def test_encodings_are_looked_for_in_every_place_that_tiktoken_uses(
    machine: Machine, places: list[str]
) -> None:
    project = machine.cwd / "films"

    found = locate((EVERYWHERE,), machine, Settings(), project)

    in_project = [str(project / "dist" / name) for name in ("tiktoken-cache", "tiktoken-cache-temp")]
    assert [str(one.path) for one in found] == [*places, *in_project]
