"""Hugging Face: the hub and what lies beside it in HF_HOME.

HF_HOME itself is never a cache: it holds `token` and `stored_tokens`.
"""

from cachemgr.catalogue.layouts.children import Children, Pick
from cachemgr.catalogue.layouts.hub import BOUND, Hub
from cachemgr.catalogue.layouts.hub_whole import WHOLE
from cachemgr.domain.cache_type import CacheType, Default, Expand, Variable
from cachemgr.domain.terms import Category, Rebuild
from cachemgr.domain.unit import Kind

_TREE = (Kind.DIRECTORY,)


def _from_home(below: str, expands: Expand = Expand.ALL) -> tuple[Variable, ...]:
    return (
        Variable("HF_HOME", below, expands=expands),
        Variable("XDG_CACHE_HOME", f"huggingface/{below}", expands=expands),
    )


def _default(below: str) -> tuple[Default, ...]:
    return (Default(f"~/.cache/huggingface/{below}"),)


CACHES = (
    CacheType(
        id="huggingface-hub",
        title="Hugging Face hub",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Hub(),
        bound=BOUND,
        whole=WHOLE,
        variables=(
            Variable("HF_HUB_CACHE", expands=Expand.ALL),
            Variable("HUGGINGFACE_HUB_CACHE", expands=Expand.ALL),
            *_from_home("hub"),
        ),
        defaults=_default("hub"),
        project=(".cache/huggingface/hub",),
        home_setting="hf_home",
        home_below="hub",
        way_back=("hf", "download"),
        sources=(
            "huggingface_hub 2.4.0 constants.py, file_download.py, utils/_cache_manager.py",
            "huggingface_hub 0.36.0 constants.py",
        ),
    ),
    CacheType(
        id="huggingface-xet",
        title="Hugging Face Xet chunks",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        # `staging` holds uploads that are under way, so it is no entry.
        layout=Children(
            (
                Pick("*-*/chunk-cache", _TREE),
                Pick("*-*/shard-cache", _TREE),
                Pick("memory", _TREE, telling=False),
                Pick("logs/xet*.log", (Kind.FILE,)),
            )
        ),
        variables=(Variable("HF_XET_CACHE"), *_from_home("xet")),
        defaults=_default("xet"),
        project=(".cache/huggingface/xet",),
        home_setting="hf_home",
        home_below="xet",
        sources=(
            "huggingface_hub 2.4.0 constants.py",
            "xet-core xet_runtime/src/core/cache_dir.rs, xet_data/src/processing/configurations.rs",
        ),
    ),
    CacheType(
        id="huggingface-datasets",
        title="Hugging Face datasets",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Children(
            (
                Pick("downloads", _TREE, telling=False),
                Pick("*/*/[0-9]*.[0-9]*.[0-9]*", _TREE),
            )
        ),
        variables=(Variable("HF_DATASETS_CACHE"), *_from_home("datasets", Expand.HOME)),
        defaults=_default("datasets"),
        project=(".cache/huggingface/datasets",),
        home_setting="hf_home",
        home_below="datasets",
        sources=("datasets 5.2.0 config.py, builder.py, utils/file_utils.py, arrow_dataset.py",),
    ),
    CacheType(
        id="huggingface-assets",
        title="Hugging Face assets",
        category=Category.MODELS,
        # Libraries keep what they generated here, too.
        rebuild=Rebuild.COSTS,
        layout=Children((Pick("*/*", _TREE, telling=False),)),
        variables=(
            Variable("HF_ASSETS_CACHE", expands=Expand.ALL),
            Variable("HUGGINGFACE_ASSETS_CACHE", expands=Expand.ALL),
            *_from_home("assets"),
        ),
        defaults=_default("assets"),
        project=(".cache/huggingface/assets",),
        home_setting="hf_home",
        home_below="assets",
        sources=("huggingface_hub 2.4.0 constants.py, utils/_cache_assets.py",),
    ),
    CacheType(
        id="huggingface-modules",
        title="Hugging Face remote code",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Children(
            (
                Pick("transformers_modules", _TREE),
                Pick("diffusers_modules", _TREE),
                Pick("datasets_modules", _TREE),
            )
        ),
        variables=(Variable("HF_MODULES_CACHE"), *_from_home("modules")),
        defaults=_default("modules"),
        project=(".cache/huggingface/modules",),
        home_setting="hf_home",
        home_below="modules",
        third_party=True,
        sources=(
            "transformers 5.23.0 utils/hub.py",
            "diffusers 0.42.1 utils/constants.py",
            "datasets 5.2.0 config.py",
        ),
    ),
)
