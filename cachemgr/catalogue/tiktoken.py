"""tiktoken's encodings: files named by the SHA-1 of the URL they came from."""

from dataclasses import replace

from cachemgr.catalogue.layouts.flat import Flat, Known
from cachemgr.domain.cache_type import CacheType, Default, Empty, Variable
from cachemgr.domain.encoding import VARIABLE, EncodingFile
from cachemgr.domain.machine import Platform
from cachemgr.domain.terms import Category, Place, Rebuild

HOST = "openaipublic.blob.core.windows.net"
_POSIX = (Platform.LINUX, Platform.MACOS)
_WINDOWS = (Platform.WINDOWS,)

FILES = (
    EncodingFile(
        "cl100k_base",
        ("cl100k_base",),
        f"https://{HOST}/encodings/cl100k_base.tiktoken",
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        1681126,
    ),
    EncodingFile(
        "o200k_base",
        ("o200k_base", "o200k_harmony"),
        f"https://{HOST}/encodings/o200k_base.tiktoken",
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        3613922,
    ),
    EncodingFile(
        "p50k_base",
        ("p50k_base", "p50k_edit"),
        f"https://{HOST}/encodings/p50k_base.tiktoken",
        "ec7223a39ce59f226a68acc30dc1af2788490e15",
        "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
        836186,
    ),
    EncodingFile(
        "r50k_base",
        ("r50k_base",),
        f"https://{HOST}/encodings/r50k_base.tiktoken",
        "0ea1e91bbb3a60f729a8dc8f777fd2fc07cd8df4",
        "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
        835554,
    ),
    EncodingFile(
        "gpt2/vocab.bpe",
        ("gpt2",),
        f"https://{HOST}/gpt-2/encodings/main/vocab.bpe",
        "6d1cbeee0f20b3d9449abfede4726ed8212e3aee",
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        456318,
    ),
    EncodingFile(
        "gpt2/encoder.json",
        ("gpt2",),
        f"https://{HOST}/gpt-2/encodings/main/encoder.json",
        "6c7ea1a7e38e3a7f062df639a5b80947f075ffe6",
        "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        1042301,
    ),
)
"""URLs and SHA-256 (`expected_hash`) as tiktoken_ext/openai_public.py has them; SHA-1 by the rule of
load.py `read_file_cached`; sizes counted on files with those hashes."""

MODELS = {
    model: encoding
    for encoding, models in (
        ("o200k_base", "o1 o3 o4-mini gpt-5 gpt-4.1 gpt-4o"),
        ("cl100k_base", "gpt-4 gpt-3.5-turbo gpt-3.5 gpt-35-turbo davinci-002 babbage-002"),
        ("cl100k_base", "text-embedding-ada-002 text-embedding-3-small text-embedding-3-large"),
        ("p50k_base", "text-davinci-003 text-davinci-002 code-davinci-002 code-davinci-001"),
        ("p50k_base", "code-cushman-002 code-cushman-001 davinci-codex cushman-codex"),
        ("p50k_edit", "text-davinci-edit-001 code-davinci-edit-001"),
        ("r50k_base", "text-davinci-001 text-curie-001 text-babbage-001 text-ada-001"),
        ("r50k_base", "davinci curie babbage ada text-similarity-davinci-001"),
        ("r50k_base", "text-similarity-curie-001 text-similarity-babbage-001 text-similarity-ada-001"),
        ("r50k_base", "text-search-davinci-doc-001 text-search-curie-doc-001"),
        ("r50k_base", "text-search-babbage-doc-001 text-search-ada-doc-001"),
        ("r50k_base", "code-search-babbage-code-001 code-search-ada-code-001"),
        ("gpt2", "gpt2 gpt-2"),
    )
    for model in models.split()
}
"""tiktoken 0.14.0 model.py MODEL_TO_ENCODING."""

MODEL_PREFIXES = {
    prefix: encoding
    for encoding, prefixes in (
        ("o200k_base", "o1- o3- o4-mini- gpt-5 gpt-4.5- gpt-4.1- chatgpt-4o- gpt-4o-"),
        ("cl100k_base", "gpt-4- gpt-3.5-turbo- gpt-35-turbo-"),
        ("o200k_harmony", "gpt-oss-"),
        ("o200k_base", "ft:gpt-4o"),
        ("cl100k_base", "ft:gpt-4 ft:gpt-3.5-turbo ft:davinci-002 ft:babbage-002"),
    )
    for prefix in prefixes.split()
}
"""tiktoken 0.14.0 model.py MODEL_PREFIX_TO_ENCODING; the first that matches counts."""

CURRENT = ("cl100k_base", "o200k_base")
"""The encodings of the models that are offered now: what is warmed when nothing is named."""

_PARTIAL = r"\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp"

LAYOUT = Flat(tuple(Known(file.file, file.name, file.encodings[1:]) for file in FILES), partial=_PARTIAL)
BY_HAND = Flat(
    (*LAYOUT.files, *(Known(file.url.rpartition("/")[2], file.name) for file in FILES)), partial=_PARTIAL
)
"""A directory that somebody filled: the names that a browser gives, beside tiktoken's own."""

TIKTOKEN = CacheType(
    id="tiktoken",
    title="tiktoken encodings",
    category=Category.MODELS,
    rebuild=Rebuild.DOWNLOADS,
    layout=LAYOUT,
    variables=(
        Variable(VARIABLE, empty=Empty.DISABLES),
        Variable("DATA_GYM_CACHE_DIR", empty=Empty.DISABLES),
    ),
    defaults=(Default("$TEMP/data-gym-cache", place=Place.SYSTEM),),
    project=("dist/tiktoken-cache", "dist/tiktoken-cache-temp"),
    way_back=("cachemgr", "tiktoken", "warm"),
    sources=("tiktoken 0.14.0 load.py, model.py, tiktoken_ext/openai_public.py",),
)
CACHES = (TIKTOKEN,)

EVERYWHERE = replace(
    TIKTOKEN,
    variables=(*TIKTOKEN.variables, Variable("CUSTOM_TIKTOKEN_CACHE_DIR", empty=Empty.UNSET)),
    defaults=(
        *TIKTOKEN.defaults,
        Default("/tmp/data-gym-cache", _POSIX, Place.SYSTEM),
        Default("/var/tmp/data-gym-cache", _POSIX, Place.SYSTEM),
        Default("~/AppData/Local/Temp/data-gym-cache", _WINDOWS, Place.SYSTEM),
        Default("%SYSTEMROOT%/Temp/data-gym-cache", _WINDOWS, Place.SYSTEM),
    ),
)
"""Where there may be encodings, too. These are looked at and never cleared, since they may be another home's:
what litellm sets TIKTOKEN_CACHE_DIR to (1.110.2 litellm_core_utils/default_encoding.py), and the temporary
directories of programs that run without TMPDIR, TEMP and TMP, as services and cron jobs do (CPython
Lib/tempfile.py `_candidate_tempdir_list`)."""


def files_of(name: str) -> tuple[EncodingFile, ...]:
    """The files that an encoding, or a model's encoding, is read from; empty where the name is unknown."""
    encoding = MODELS.get(name)
    if encoding is None:
        matching = (found for prefix, found in MODEL_PREFIXES.items() if name.startswith(prefix))
        encoding = next(matching, name)
    return tuple(file for file in FILES if encoding in file.encodings)
