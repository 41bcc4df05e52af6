"""The sample project: application caches, LLM responses, a legacy location and names that try something."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

from cachemgr.execute.sample_hub import LLAMA, LLAMA_WEIGHTS, MIB, Files, SampleHub
from cachemgr.execute.sample_writer import DAY, Writer, sha1, sha256

HARDWARE_CACHE = """\
{
  "cache": {
    "base_dir": ".cache",
    "torch_home": ".cache/torch",
    "hf_home": ".cache/huggingface",
    "mlx_home": ".cache/mlx",
    "application_caches": {
      "tmdb": "out/tmdb_cache",
      "musicbrainz": "out/musicbrainz_cache",
      "glossary": "glossary/cache"
    }
  }
}
"""
RESPONSES = """\
caching:
  enabled: true
  backend: file
  cache_dir: .questfoundry/cache
  ttl_seconds: 86400
  max_cache_size_mb: 500
  cleanup_interval_seconds: 3600
  per_provider:
    openai:
      ttl_seconds: 172800
    ollama:
      enabled: false
    gemini:
      ttl_seconds: 86400
"""
IGNORED = "models/\n.cache/\nshared/model-cache/\nout/tmdb_cache/\nout/musicbrainz_cache/\nglossary/cache/\n"
TIKTOKEN = (
    ("https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken", 1681126),
    ("https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken", 3613922),
)
"""Where tiktoken downloads an encoding, and its size (tiktoken_ext/openai_public.py)."""
ANSWERED_BY = (
    ("openai", "gpt-4o", 172800),
    ("gemini", "gemini-2.5-pro", 86400),
    ("anthropic", "claude-sonnet-4-5", 86400),
)
"""Provider, model, and how many seconds its responses are valid for."""


def write_project(writer: Writer, project: Path, now: datetime, shared: Path) -> None:
    """Everything below the project; its environment shares the file `shared` with uv's cache."""
    writer.file(project / "config" / "hardware_cache.json", HARDWARE_CACHE, age=180)
    writer.file(project / ".questfoundry" / "config.yml", RESPONSES, age=90)
    writer.file(project / ".gitignore", IGNORED, age=180)
    writer.file(project / "README.md", "# Films\n\nA sample project.\n", age=180)
    writer.name(project / ".venv" / "lib" / "markupsafe" / shared.name, shared, age=30)
    _models(writer, project)
    _applications(writer, project)
    _responses(writer, project / ".questfoundry" / "cache", now.timestamp())


def _models(writer: Writer, project: Path) -> None:
    hub = SampleHub(writer, project / ".cache" / "huggingface" / "hub")
    hub.tag(age=60)
    twin: Files = {"config.json": '{"model_type": "llama"}\n', "model.safetensors": LLAMA_WEIGHTS}
    hub.revision(LLAMA, sha1("llama, October"), twin, ("main",), age=60, used=55)
    checkpoints = project / ".cache" / "torch" / "hub" / "checkpoints"
    writer.file(checkpoints / "hdemucs_high_trained.pt", size=319 * MIB, age=66)
    for url, size in TIKTOKEN:
        writer.file(project / "dist" / "tiktoken-cache" / sha1(url), size=size, age=35)
    legacy = project / "shared" / "model-cache"
    writer.file(legacy / "faster-whisper-large-v2" / "model.bin", size=17 * MIB, age=214)
    writer.file(legacy / "faster-whisper-large-v2" / "vocabulary.txt", "<|endoftext|>\n", age=214)
    writer.file(legacy / "silero_vad.onnx", size=2 * MIB, age=301)


def _applications(writer: Writer, project: Path) -> None:
    films = (("Metropolis", 19), ("Stalker", 1398), ("Playtime", 10227), ("Persona", 797))
    for age, (title, number) in enumerate(films, start=1):
        answer = json.dumps({"id": number, "title": title, "overview": f"{title}. " * 300})
        writer.file(project / "out" / "tmdb_cache" / f"movie_{number}.json", answer, age=age * 5)
    for age, name in enumerate(("artist", "recording", "release", "work"), start=1):
        answer = json.dumps({"kind": name, "id": sha1(name)})
        writer.file(
            project / "out" / "musicbrainz_cache" / f"{name}_{sha1(name)[:8]}.json", answer, age=age * 9
        )
    terms = json.dumps({f"term {n}": f"translation {n}" for n in range(300)})
    writer.file(project / "glossary" / "cache" / "glossary.json", terms, age=12)
    hostile = project / "out" / "tmdb_cache"
    for attempt in _hostile():
        writer.file(hostile / attempt, "{}\n", age=4)


def _hostile() -> tuple[Path, ...]:
    """Names that are markup, escape sequences or no text at all. They are only names."""
    names = [Path("[@click=app.quit]x"), Path("[") / "]x", Path("[bold red]not bold[/].json")]
    if os.name != "nt":
        names += [Path("\x1b]0;x\x07"), Path("tab\there"), Path("gpj.\u202eexe")]
    if sys.platform == "linux":
        names.append(Path(os.fsdecode(b"caf\xe9.json")))
    return tuple(names)


def _responses(writer: Writer, cache: Path, now: float) -> None:
    for number in range(24):
        provider, model, seconds = ANSWERED_BY[number % 3]
        key = sha256(f"{provider} {model}: scene {number}")
        age = (number + 1) * 0.3
        if number % 4 == 3 and os.name != "nt":  # `:` in a name is a stream on Windows
            shard, name = "ca", f"cache:{key}"
        else:
            shard, name = key[:2], key
        written = round(now - age * DAY)
        record = {
            "timestamp": written,
            "ttl_seconds": seconds,
            "expires_at": written + seconds,
            "request_tokens": 150 + number,
            "response_tokens": 250 + 7 * number,
            "cost_usd": 0.0075,
            "provider": provider,
            "model": model,
        }
        answer = json.dumps({"text": f"The door of scene {number} opens. " * 120})
        writer.file(cache / shard / f"{name}.json", answer, age=age)
        writer.file(cache / shard / f"{name}.meta.json", json.dumps(record), age=age)
    writer.file(
        cache / sha256("torn")[:2] / f"{sha256('torn')}.json", '{"text": "no record beside it"}', age=8
    )
