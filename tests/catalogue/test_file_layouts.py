"""What the simpler tools write, and which of it is an entry."""

from pathlib import Path

import pytest

from cachemgr.domain.terms import Reason
from tests.catalogue.rooms import drafts, evident, paths, write

CL100K = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
O200K = "fb374d419588a4632f3f557e76b4b70aebbca790"


def test_tiktoken_files_are_called_by_their_encoding(tmp_path: Path) -> None:
    write(tmp_path, {CL100K: "x", O200K: "y", "a" * 40: "z", "notes": "mine"})

    found = drafts("tiktoken", tmp_path)

    assert set(found) == {"cl100k_base", "o200k_base"}
    assert found["o200k_base"].notes == ("o200k_harmony",)
    assert evident("tiktoken", tmp_path)


def test_tiktoken_names_are_the_sha1_of_the_urls_that_tiktoken_itself_reads(tmp_path: Path) -> None:
    hashlib = pytest.importorskip("hashlib")
    public = pytest.importorskip("tiktoken_ext.openai_public")
    source = Path(public.__file__).read_text()
    urls = [part for part in source.split('"') if part.startswith("https://")]

    write(tmp_path, {hashlib.sha1(url.encode()).hexdigest(): "x" for url in urls})

    assert set(drafts("tiktoken", tmp_path)) == {
        "cl100k_base",
        "o200k_base",
        "p50k_base",
        "r50k_base",
        "gpt2/vocab.bpe",
        "gpt2/encoder.json",
    }


def test_a_tiktoken_file_being_written_is_an_entry_of_its_own(tmp_path: Path) -> None:
    rest = ".0b8f3d3e-7f0a-4a5e-9a55-0a6c1d8a3f11.tmp"
    write(tmp_path, {CL100K: "x", CL100K + rest: "y", "a" * 40 + rest: "z", CL100K + ".tmp": "w"})

    found = drafts("tiktoken", tmp_path)

    assert set(found) == {"cl100k_base", "cl100k_base" + rest}
    assert found["cl100k_base" + rest].idle > 0


def test_whisper_models_are_known_by_name(tmp_path: Path) -> None:
    write(tmp_path, {"large-v3.pt": "x", "mine.pt": "y", "tiny.en.pt": "z"})

    found = drafts("openai-whisper", tmp_path)

    assert set(found) == {"large-v3", "tiny.en"}
    assert found["large-v3"].notes == ("large",)


def test_torch_hub_gives_checkpoints_and_repositories_and_keeps_the_trusted_list(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "checkpoints/resnet18-f37072fd.pth": "x",
            "checkpoints/deep/nested.pth": "mine",
            "checkpoints/readme.md": "mine",
            f"checkpoints/vgg.pth.{'a' * 32}.partial": "x",
            "pytorch_vision_v0.10.0/hubconf.py": "x",
            "pytorch_vision_v0.10.0/credentials.py": "somebody's module",
            "my_own_notes/text": "mine",
            "main.zip": "x",
            "trusted_list": "pytorch_vision",
        },
    )

    found = drafts("torch-hub", tmp_path)

    assert set(found) == {
        "checkpoints/resnet18-f37072fd.pth",
        f"checkpoints/vgg.pth.{'a' * 32}.partial",
        "pytorch_vision_v0.10.0",
        "main.zip",
    }
    assert found["main.zip"].notes == ("incomplete",)


def test_uploads_under_way_are_no_entry_of_the_xet_cache(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "https___cas_serv-tGqkUaZf_CBPHQ6h/chunk-cache/c": "x",
            "https___cas_serv-tGqkUaZf_CBPHQ6h/staging/s": "upload",
            "logs/xet_1.log": "x",
            "logs/other": "mine",
        },
    )

    assert set(drafts("huggingface-xet", tmp_path)) == {
        "https___cas_serv-tGqkUaZf_CBPHQ6h/chunk-cache",
        "logs/xet_1.log",
    }


def test_datasets_are_entries_by_their_version(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "squad/plain/0.0.0/abc/squad-train.arrow": "x",
            "squad/plain/notes.txt": "mine",
            "downloads/extracted/f": "x",
            "_squad_builder.lock": "",
        },
    )

    assert set(drafts("huggingface-datasets", tmp_path)) == {"squad/plain/0.0.0", "downloads"}
    assert evident("huggingface-datasets", tmp_path)


def test_the_uv_archive_belongs_to_all_that_point_into_it(tmp_path: Path) -> None:
    write(tmp_path, {f"{name}/f": "x" for name in ("wheels-v6", "sdists-v9", "archive-v0", "simple-v24")})
    write(tmp_path, {".lock": "", ".gitignore": "*", "unknown/f": "x"})
    (tmp_path / "unknown/f").unlink()
    (tmp_path / "unknown").rmdir()

    found = drafts("uv", tmp_path)

    assert set(found) == {"wheels-v6", "sdists-v9", "simple-v24"}
    assert paths(found["wheels-v6"]) == {"wheels-v6", "archive-v0"}
    assert paths(found["sdists-v9"]) == {"sdists-v9", "archive-v0"}
    assert [unit.names for unit in found["wheels-v6"].pointers] == [("wheels-v6",)]
    assert not found["wheels-v6"].obstacles


@pytest.mark.parametrize("stranger", ["environments-v2", "tomorrows-v1"])
def test_a_bucket_that_may_lead_into_the_uv_archive_holds_it_back(stranger: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{name}/f": "x" for name in ("wheels-v6", "archive-v0", "simple-v24", stranger)})

    found = drafts("uv", tmp_path)

    assert set(found) == {"wheels-v6", "simple-v24"}
    assert [(o.reason, o.detail) for o in found["wheels-v6"].obstacles] == [(Reason.SHARED, stranger)]
    assert not found["simple-v24"].obstacles


@pytest.mark.parametrize("link", ["environments-v2", "sdists-v9"])
def test_a_link_that_may_lead_to_such_a_bucket_holds_it_back_too(link: str, tmp_path: Path) -> None:
    write(tmp_path / "uv", {f"{name}/f": "x" for name in ("wheels-v6", "archive-v0")})
    (tmp_path / "uv" / link).symlink_to(tmp_path / "bigger-disk")

    found = drafts("uv", tmp_path / "uv")

    assert [(o.reason, o.detail) for o in found["wheels-v6"].obstacles] == [(Reason.SHARED, link)]


def test_pip_buckets_are_whole_entries(tmp_path: Path) -> None:
    write(tmp_path, {"http-v2/a/b": "x", "wheels/c": "x", "selfcheck/d.json": "{}", "mine/e": "x"})

    assert set(drafts("pip", tmp_path)) == {"http-v2", "wheels", "selfcheck"}
    assert evident("pip", tmp_path)


def test_an_application_cache_is_what_lies_in_it_but_its_own_settings(tmp_path: Path) -> None:
    write(tmp_path, {"movie_1.json": "{}", "images/a.jpg": "x", "api.key": "secret", ".gitignore": "*"})

    found = drafts("tmdb", tmp_path)

    assert set(found) == {"movie_1.json", "images"}
    assert not evident("tmdb", tmp_path), "any directory may look like that"
