"""Answers of language models that were paid for, kept as pairs of a value and its metadata."""

from cachemgr.catalogue.layouts.pairs import Pairs
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.terms import Category, Rebuild
from cachemgr.responses.format import PACKED

CACHES = (
    CacheType(
        id="responses",
        title="LLM responses",
        category=Category.RESPONSES,
        rebuild=Rebuild.COSTS,
        layout=Pairs(),
        project=(".questfoundry/cache",),
        convention="questfoundry",
        packed=(PACKED, ("cachemgr", "responses", "expire")),
        sources=("the design of the response cache: keys, two files an entry, metadata fields",),
    ),
)
