"""The contract of a cache type, kept by every one in the catalogue."""

import re
from pathlib import Path

import pytest

from cachemgr.catalogue import all_types
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.credentials import is_credential
from tests.catalogue.rooms import drafts, evident, measured, write

TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# made by a test\n"
SECRETS = ("token", "stored_tokens", "trusted_list", "auth.json", "id_ed25519", "x.pem", "my.env", ".netrc")

every_type = pytest.mark.parametrize("cache_type", all_types(), ids=lambda cache_type: cache_type.id)


def test_ids_are_unique_words() -> None:
    ids = [cache_type.id for cache_type in all_types()]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)
    assert not {"all", "legacy", "other", "models", "apps", "packages", "builds"} & set(ids)


def test_the_first_families_are_all_there() -> None:
    assert {cache_type.id for cache_type in all_types()} >= set(
        "huggingface-hub huggingface-xet huggingface-datasets huggingface-assets huggingface-modules"
        " transformers-legacy torch-hub tiktoken openai-whisper mlx ollama pip uv tmdb musicbrainz glossary"
        " model-cache models-dir responses custom".split()
    )


@every_type
def test_a_path_of_the_catalogue_stays_where_it_belongs(cache_type: CacheType) -> None:
    for default in (*cache_type.defaults, *cache_type.legacy):
        assert default.path.startswith(("~/", "/", "%", "$TEMP/"))
        assert "\\" not in default.path
    for below in (*cache_type.project, *cache_type.legacy_project, cache_type.home_below):
        assert not below.startswith(("/", "~"))
        assert ".." not in below.split("/")


@every_type
def test_what_took_a_types_place_is_in_the_catalogue(cache_type: CacheType) -> None:
    ids = {other.id for other in all_types()}

    assert cache_type.replaced_by is None or cache_type.replaced_by in ids - {cache_type.id}


@every_type
def test_an_empty_root_has_no_entries_and_endangers_nobody(cache_type: CacheType, tmp_path: Path) -> None:
    assert drafts(cache_type.id, tmp_path) == {}
    assert evident(cache_type.id, tmp_path)


@every_type
def test_a_valid_tag_is_evidence_and_no_entry(cache_type: CacheType, tmp_path: Path) -> None:
    write(tmp_path, {"CACHEDIR.TAG": TAG, "notes.txt": "mine"})

    assert evident(cache_type.id, tmp_path)
    assert "CACHEDIR.TAG" not in drafts(cache_type.id, tmp_path)


@every_type
@pytest.mark.parametrize("tag", ["", TAG[:40], TAG.lower(), "\n" + TAG])
def test_a_tag_that_is_not_exact_is_no_evidence(cache_type: CacheType, tag: str, tmp_path: Path) -> None:
    write(tmp_path, {"CACHEDIR.TAG": tag, "photos/summer/1.jpg": "mine", "thesis.tex": "mine"})

    assert not evident(cache_type.id, tmp_path)


@every_type
def test_a_directory_of_somebodys_own_work_is_not_taken_for_a_cache(
    cache_type: CacheType, tmp_path: Path
) -> None:
    write(
        tmp_path,
        {
            "src/main.py": "",
            "checkpoints/epoch_1/state": "",
            "manifests/app.yaml": "",
            "blobs/logo.png": "",
            "wheels/mine-1.0.whl": "",
            "downloads/tax.pdf": "",
            "logs/run.log": "",
            "memory/notes": "",
            "ab/cd.json": "",
            "a/b/c/d": "",
        },
    )

    assert not evident(cache_type.id, tmp_path)


@every_type
def test_credentials_are_never_an_entry(cache_type: CacheType, tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(SECRETS, "secret"))
    write(tmp_path, {f"checkpoints/{name}": "secret" for name in SECRETS})

    for draft in drafts(cache_type.id, tmp_path).values():
        for unit in (*draft.pointers, *draft.payload):
            assert not any(is_credential(name) for name in unit.names)
            held = [path.name for path in tmp_path.joinpath(*unit.names).rglob("*")]
            assert not any(is_credential(name) for name in held) or unit.obstacles


@every_type
def test_a_link_in_the_root_is_never_an_entry(cache_type: CacheType, tmp_path: Path) -> None:
    root = write(tmp_path / "root", {})
    mine = write(tmp_path / "mine", {"f": "x"})
    for name in ("checkpoints", "wheels-v6", "http-v2", "ab", "tiny.pt", "models--a--b", "blobs", "x"):
        (root / name).symlink_to(mine)

    assert drafts(cache_type.id, root) == {}


@every_type
def test_every_file_of_a_root_is_counted_once(cache_type: CacheType, tmp_path: Path) -> None:
    write(tmp_path, {"a": "1", "b/c": "2", "checkpoints/x.pt": "3", "archive-v0/z/y": "4", "ab/q": "5"})
    write(tmp_path, {"CACHEDIR.TAG": TAG, "token": "6", "wheels-v6/w": "7", "x/default/y/z": "8"})

    files, _ = measured(cache_type.id, tmp_path)

    assert files == 9
