"""What `torch.hub` downloads. `trusted_list` beside it records whom the user trusts, and is no entry."""

from cachemgr.catalogue.layouts.children import Children, Pick
from cachemgr.domain.cache_type import CacheType, Default, Expand, Variable
from cachemgr.domain.terms import Category, Rebuild
from cachemgr.domain.unit import Kind

_FILE = (Kind.FILE,)
_WEIGHTS = ("pth", "pt", "th", "bin", "ckpt", "safetensors", "tar", "zip", "npz", "onnx")

CACHES = (
    CacheType(
        id="torch-hub",
        title="PyTorch Hub",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Children(
            (
                *(Pick(f"checkpoints/*.{suffix}", _FILE) for suffix in _WEIGHTS),
                Pick("checkpoints/*." + "[0-9a-f]" * 32 + ".partial", _FILE, partial=True),
                Pick("checkpoints/tmp" + "[0-9a-z_]" * 8, _FILE, telling=False, partial=True),
                Pick("*_*_*", (Kind.DIRECTORY,), holds="hubconf.py"),
                Pick("*.zip", _FILE, telling=False, partial=True),
            )
        ),
        variables=(
            Variable("TORCH_HOME", "hub", expands=Expand.HOME),
            Variable("XDG_CACHE_HOME", "torch/hub", expands=Expand.HOME),
        ),
        # Of these two, torch.hub says that they are deprecated, and uses neither.
        unread=("TORCH_HUB", "TORCH_MODEL_ZOO"),
        defaults=(Default("~/.cache/torch/hub"),),
        project=(".cache/torch/hub",),
        home_setting="torch_home",
        home_below="hub",
        third_party=True,
        sources=("pytorch torch/hub.py",),
    ),
)
