"""MLX keeps its models in the Hugging Face hub; nothing upstream reads MLX_CACHE_DIR. A project that names an
`mlx_home` all the same keeps a hub of its own there."""

from cachemgr.catalogue.layouts.hub import BOUND, Hub
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.terms import Category, Knowledge, Rebuild

CACHES = (
    CacheType(
        id="mlx",
        title="MLX models",
        category=Category.MODELS,
        rebuild=Rebuild.DOWNLOADS,
        layout=Hub(),
        bound=BOUND,
        knowledge=Knowledge.PARTIAL,
        unread=("MLX_CACHE_DIR",),
        home_setting="mlx_home",
        sources=("mlx_lm 0.32.2 manage.py", "mlx_whisper 0.4.3 load_models.py"),
    ),
)
