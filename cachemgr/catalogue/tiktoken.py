"""tiktoken's encodings: files named by the SHA-1 of the URL they came from."""

from cachemgr.catalogue.layouts.flat import Flat, Known
from cachemgr.domain.cache_type import CacheType, Default, Empty, Variable
from cachemgr.domain.terms import Category, Place, Rebuild

ENCODINGS = (
    Known("9b5ad71b2ce5302211f9c61530b329a4922fc6a4", "cl100k_base"),
    Known("fb374d419588a4632f3f557e76b4b70aebbca790", "o200k_base", ("o200k_harmony",)),
    Known("ec7223a39ce59f226a68acc30dc1af2788490e15", "p50k_base", ("p50k_edit",)),
    Known("0ea1e91bbb3a60f729a8dc8f777fd2fc07cd8df4", "r50k_base"),
    Known("6d1cbeee0f20b3d9449abfede4726ed8212e3aee", "gpt2/vocab.bpe"),
    Known("6c7ea1a7e38e3a7f062df639a5b80947f075ffe6", "gpt2/encoder.json"),
)

CACHES = (
    CacheType(
        id="tiktoken",
        title="tiktoken encodings",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Flat(ENCODINGS, partial=r"\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp"),
        variables=(
            Variable("TIKTOKEN_CACHE_DIR", empty=Empty.DISABLES),
            Variable("DATA_GYM_CACHE_DIR", empty=Empty.DISABLES),
        ),
        defaults=(Default("$TEMP/data-gym-cache", place=Place.SYSTEM),),
        project=("dist/tiktoken-cache", "dist/tiktoken-cache-temp"),
        sources=("tiktoken 0.14.0 load.py, tiktoken_ext/openai_public.py",),
    ),
)
