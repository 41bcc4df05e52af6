"""Ollama's models. The desktop application's own setting beats the variable, and is not read here."""

from cachemgr.catalogue.layouts.manifests import Manifests
from cachemgr.domain.cache_type import CacheType, Default, Empty, Variable
from cachemgr.domain.machine import Platform
from cachemgr.domain.terms import Category, Place, Rebuild

CACHES = (
    CacheType(
        id="ollama",
        title="Ollama models",
        category=Category.MODELS,
        # Nothing on disk surely tells a pulled model from one that was made here, which cannot be had again:
        # so an unqualified clear sets it aside instead of deleting it.
        rebuild=Rebuild.COSTS,
        layout=Manifests(),
        variables=(Variable("OLLAMA_MODELS", empty=Empty.UNSET, unquotes=True),),
        defaults=(
            Default("~/.ollama/models"),
            # The installer's systemd service runs as a user of its own.
            Default("/usr/share/ollama/.ollama/models", platforms=(Platform.LINUX,), place=Place.SYSTEM),
        ),
        way_back=("ollama", "pull"),
        sources=(
            "ollama envconfig/config.go, manifest/paths.go, server/images.go, server/download.go @fb30760",
            "ollama scripts/install.sh",
        ),
    ),
)
