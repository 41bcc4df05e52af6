"""Caches of applications: a project's own answers, and what a configuration names.

Nothing is known about their insides, so they are cleared only where a configuration registers them.
"""

from cachemgr.catalogue.layouts.children import Children
from cachemgr.catalogue.layouts.records import Records
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.layout import Layout
from cachemgr.domain.terms import Category, Knowledge, Rebuild

_SEED = "the cache section of config/hardware_cache.json"


def _application(name: str, title: str, *, project: str, layout: Layout | None = None) -> CacheType:
    return CacheType(
        id=name,
        title=title,
        category=Category.APPS,
        rebuild=Rebuild.COSTS,
        layout=layout or Children(),
        knowledge=Knowledge.UNVERIFIED,
        project=(project,),
        sources=(_SEED,),
    )


CACHES = (
    _application("tmdb", "TMDB metadata", project="out/tmdb_cache", layout=Records()),
    _application("musicbrainz", "MusicBrainz metadata", project="out/musicbrainz_cache", layout=Records()),
    _application("glossary", "Glossary", project="glossary/cache"),
    CacheType(
        id="custom",
        title="Cache named in a configuration",
        category=Category.APPS,
        rebuild=Rebuild.COSTS,
        layout=Children(),
        knowledge=Knowledge.UNVERIFIED,
    ),
    CacheType(
        id="model-cache",
        title="Legacy model cache",
        category=Category.MODELS,
        rebuild=Rebuild.COSTS,
        layout=Children(),
        knowledge=Knowledge.UNVERIFIED,
        legacy_project=("shared/model-cache",),
        convention="hardware_cache",
        replaced_by="huggingface-hub",
        sources=(_SEED,),
    ),
    CacheType(
        id="models-dir",
        title="models directory",
        category=Category.MODELS,
        # Weights here are as often placed by hand or trained as downloaded.
        rebuild=Rebuild.UNIQUE,
        layout=Children(),
        knowledge=Knowledge.UNVERIFIED,
        project=("models",),
    ),
)
