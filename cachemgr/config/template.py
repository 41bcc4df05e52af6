"""The text of a new project's `cachemgr.toml`."""

from collections.abc import Mapping

_HEAD = """\
# Where the caches of this project are, for cachemgr. Paths count from this directory.
# `cachemgr config show` prints every value and where it came from; `cachemgr env` leads the tools there.

# disposal = "quarantine"   # delete, quarantine or trash; without it, what an entry costs to rebuild decides
# retention_days = 7        # how long a quarantine is kept
"""
_ROOTS = """
[roots]
"""
_COMMENTED_ROOTS = """
# What is named here counts instead of what another configuration says.
# [roots]
"""
_HOMES = {
    "hf_home": "the Hugging Face hub, datasets, assets, modules and Xet chunks; never the token",
    "torch_home": "what torch.hub downloads",
}
_EXAMPLES = {"hf_home": ".cache/huggingface", "torch_home": ".cache/torch"}
_TAIL = """
# [roots.applications]      # the project's own caches, by name
# tmdb = "out/tmdb_cache"

# [[cache]]                 # one more cache; of a type that `cachemgr types` lists, its tool is led there
# name = "tiktoken"
# path = ".cache/tiktoken"

# [policies.nightly]        # rules for `cachemgr expire --policy nightly`, once this file is trusted
# targets = ["responses"]
# ttl = true
# max_size = "500MB"

# [[pins]]                  # what no rule takes
# target = "huggingface-hub"
# reason = "the demo needs it"
# until = 2099-12-31
"""


def text(homes: Mapping[str, str]) -> str:
    """With those homes named; every other setting is an example in a comment."""
    values = {name: f'{name} = "{homes.get(name, example)}"' for name, example in _EXAMPLES.items()}
    lines = [
        (value if name in homes else f"# {value}").ljust(34) + f"# {_HOMES[name]}\n"
        for name, value in values.items()
    ]
    return _HEAD + (_ROOTS if homes else _COMMENTED_ROOTS) + "".join(lines) + _TAIL
