"""Answers of models and servers that other libraries keep: in one SQLite database, or beside one.

Most of these libraries write where they are told, so that only a configuration (`[[root]]`) knows the place.
What lies in a project without a directory of its own is a finding: `diagnose/databases.py`.
"""

from cachemgr.catalogue.layouts.databases import Databases
from cachemgr.catalogue.layouts.diskcache import DiskCache
from cachemgr.catalogue.layouts.http_files import HttpFiles
from cachemgr.domain.cache_type import CacheType, Loose
from cachemgr.domain.records import Schema
from cachemgr.domain.terms import Category, Rebuild

_PLAIN = "SELECT count(*), coalesce(sum({bytes}), 0), NULL, NULL FROM {table}"
_WITH_END = """
    SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(gone), 0), coalesce(sum(bytes * gone), 0)
    FROM (SELECT {bytes} AS bytes, {gone} AS gone FROM {table})
"""


def _bytes(*columns: str) -> str:
    return " + ".join(f"coalesce(length(CAST({column} AS BLOB)), 0)" for column in columns)


LANGCHAIN = Schema(
    "LangChain",
    (("full_llm_cache", ("prompt", "llm", "idx", "response")),),
    _PLAIN.format(bytes=_bytes("prompt", "llm", "response"), table="full_llm_cache"),
)
LANGCHAIN_MD5 = Schema(
    "LangChain",
    (("full_md5_llm_cache", ("id", "prompt_md5", "llm", "idx", "prompt", "response")),),
    _PLAIN.format(bytes=_bytes("id", "prompt_md5", "prompt", "llm", "response"), table="full_md5_llm_cache"),
)
GPTCACHE = Schema(
    "GPTCache",
    (
        ("gptcache_question", ("id", "question", "embedding_data", "deleted")),
        ("gptcache_answer", ("question_id", "answer")),
    ),
    # It has no time to live; what its eviction gave up is marked first, and deleted later.
    _WITH_END.format(
        bytes=_bytes("question", "embedding_data") + " + coalesce(answers, 0)",
        gone="deleted IS -1",
        table="gptcache_question LEFT JOIN (SELECT question_id, sum("  # noqa: S608
        + _bytes("answer")
        + ") AS answers FROM gptcache_answer GROUP BY question_id) ON question_id = id",
    ),
)
REQUESTS_CACHE = Schema(
    "requests-cache",
    (("responses", ("key", "value", "expires")), ("redirects", ("key", "value"))),
    _WITH_END.format(
        bytes=_bytes("key", "value"),
        gone="typeof(expires) IN ('integer', 'real') AND expires <= :now",
        table="responses",
    ),
)
_DISKCACHE = "diskcache 5.6.3 core.py, fanout.py"

CACHES = (
    CacheType(
        id="langchain",
        title="LangChain answers",
        category=Category.RESPONSES,
        rebuild=Rebuild.COSTS,
        layout=Databases((LANGCHAIN, LANGCHAIN_MD5)),
        loose=(Loose(".langchain.db", (LANGCHAIN, LANGCHAIN_MD5)),),
        sources=("langchain-community 0.4.2 cache.py (FullLLMCache, FullMd5LLMCache)",),
    ),
    CacheType(
        id="gptcache",
        title="GPTCache answers",
        category=Category.RESPONSES,
        rebuild=Rebuild.COSTS,
        layout=Databases((GPTCACHE,), beside=("faiss.index", "usearch.index", "hnswlib.index")),
        project=("gptcache_data", "api_cache"),
        loose=(Loose("sqlite.db", (GPTCACHE,)),),
        shy=True,
        sources=("gptcache 0.1.44 manager/scalar_data/sql_storage.py, manager/factory.py, adapter/api.py",),
    ),
    CacheType(
        id="requests-cache",
        title="requests-cache responses",
        category=Category.RESPONSES,
        rebuild=Rebuild.DOWNLOADS,
        layout=HttpFiles(Databases((REQUESTS_CACHE,))),
        project=("http_cache",),
        loose=tuple(
            Loose(f"{place}http_cache.sqlite", (REQUESTS_CACHE,))
            for place in ("", "~/.cache/", "~/Library/Caches/", "%LOCALAPPDATA%/")
        ),
        shy=True,
        sources=("requests-cache 1.3.3 backends/sqlite.py, backends/filesystem.py",),
    ),
    CacheType(
        id="diskcache",
        title="diskcache directory",
        category=Category.RESPONSES,
        rebuild=Rebuild.COSTS,
        layout=DiskCache(),
        sources=(_DISKCACHE,),
    ),
    CacheType(
        id="litellm",
        title="LiteLLM answers",
        category=Category.RESPONSES,
        rebuild=Rebuild.COSTS,
        layout=DiskCache(),
        project=(".litellm_cache",),
        shy=True,
        sources=("litellm 1.109.1 caching/caching.py: its disk cache is no more", _DISKCACHE),
    ),
    CacheType(
        id="instructor",
        title="instructor answers",
        category=Category.RESPONSES,
        rebuild=Rebuild.COSTS,
        layout=DiskCache(),
        project=(".instructor_cache",),
        shy=True,
        sources=("instructor 1.17.0 cache/__init__.py (DiskCache)", _DISKCACHE),
    ),
)
