"""openai-whisper's models. It writes straight to the final name, so a cut-off download looks complete."""

from cachemgr.catalogue.layouts.flat import Flat, Known
from cachemgr.domain.cache_type import CacheType, Default, Variable
from cachemgr.domain.terms import Category, Rebuild

_SIZES = ("tiny.en", "tiny", "base.en", "base", "small.en", "small", "medium.en", "medium")
_LARGE = (("large-v1", ()), ("large-v2", ()), ("large-v3", ("large",)), ("large-v3-turbo", ("turbo",)))

CACHES = (
    CacheType(
        id="openai-whisper",
        title="OpenAI Whisper",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Flat(
            tuple(Known(f"{size}.pt", size) for size in _SIZES)
            + tuple(Known(f"{size}.pt", size, aliases) for size, aliases in _LARGE)
        ),
        variables=(Variable("XDG_CACHE_HOME", "whisper"),),
        defaults=(Default("~/.cache/whisper"),),
        sources=("openai/whisper whisper/__init__.py @c0d2f62",),
    ),
)
