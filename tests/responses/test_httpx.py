"""What the httpx transport writes down of a request and of its answer."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from cachemgr.responses import open_cache
from cachemgr.responses.adapters.httpx import CachemgrTransport
from tests.responses.test_adapters import ADDRESS, Api


def test_httpx_stores_no_key_that_an_address_has(tmp_path: Path) -> None:
    """As Gemini's have; prompts are stored as they are."""
    settings = {"cache_dir": str(tmp_path), "cleanup_interval_seconds": 0, "store_prompts": True}
    api = Api()
    with open_cache(settings) as cache:
        with httpx.Client(transport=CachemgrTransport(cache, httpx.MockTransport(api))) as client:
            for address in (ADDRESS + "?key=5ecret", ADDRESS.replace("://", "://me:5ecret@") + "?v=1#part"):
                for _ in range(2):
                    client.post(address, json={"model": "m"})
        assert api.asked == 2
        stored = [file.read_text(encoding="utf-8") for file in tmp_path.glob("??/*.json")]
        assert len(stored) == 4
        assert not any("5ecret" in text for text in stored)
        assert sum(ADDRESS in text for text in stored) == 2


@pytest.mark.parametrize("tokens", [None, -1, 10**20, "3"])
def test_httpx_believes_no_cost_that_cannot_be(tokens: Any, tmp_path: Path) -> None:
    api = Api(lambda: httpx.Response(200, json={"usage": {"prompt_tokens": tokens, "completion_tokens": 1}}))
    with open_cache({"cache_dir": str(tmp_path), "cleanup_interval_seconds": 0}) as cache:
        with httpx.Client(transport=CachemgrTransport(cache, httpx.MockTransport(api))) as client:
            for _ in range(2):
                client.post(ADDRESS, json={"model": "m"})
        assert api.asked == 1
        assert cache.status()[0].entries == 1
