"""What an adapter is made of, looked at when it is made rather than at the first question."""

from cachemgr.responses.cache import Cache


def taken(cache: object, hint: str = "") -> Cache:
    """Raises TypeError where it is no Cache."""
    if isinstance(cache, Cache):
        return cache
    raise TypeError(f"made of a Cache, as `open_cache()` gives it; not of {type(cache).__name__}{hint}")
