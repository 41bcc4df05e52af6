"""The variables of transformers 4 and earlier. huggingface_hub and transformers 5 do not read them, so that a
machine that still sets them has two copies."""

from cachemgr.catalogue.layouts.hub import BOUND, Hub
from cachemgr.catalogue.layouts.hub_whole import WHOLE
from cachemgr.domain.cache_type import CacheType, Variable
from cachemgr.domain.terms import Category, Rebuild

CACHES = (
    CacheType(
        id="transformers-legacy",
        title="transformers 4 cache",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Hub(),
        bound=BOUND,
        whole=WHOLE,
        # Without one of these it is the hub's own directory, which is the hub's.
        variables=(
            Variable("TRANSFORMERS_CACHE"),
            Variable("PYTORCH_TRANSFORMERS_CACHE"),
            Variable("PYTORCH_PRETRAINED_BERT_CACHE"),
        ),
        # A project that sets TRANSFORMERS_CACHE to its HF_HOME has a second copy of each model there,
        # beside the hub; without one, HF_HOME is no cache at all.
        home_setting="hf_home",
        shy=True,
        replaced_by="huggingface-hub",
        sources=("transformers 4.57.1 utils/hub.py", "transformers 5.23.0 utils/hub.py"),
    ),
)
