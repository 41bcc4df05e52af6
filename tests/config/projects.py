"""Projects with the configuration files that existing projects have."""

import json
from pathlib import Path

from cachemgr.config import load
from cachemgr.config.trust import trust
from cachemgr.domain.machine import Machine
from cachemgr.domain.settings import Settings

HARDWARE = {
    "base_dir": ".cache",
    "torch_home": ".cache/torch",
    "hf_home": ".cache/huggingface",
    "mlx_home": ".cache/mlx",
    "application_caches": {
        "tmdb": "out/tmdb_cache",
        "musicbrainz": "out/musicbrainz_cache",
        "glossary": "glossary/cache",
    },
}
CACHING = """\
# .questfoundry/config.yml
caching:
  enabled: true
  backend: file
  cache_dir: .questfoundry/cache
  ttl_seconds: 86400
  max_cache_size_mb: 500
  cleanup_interval_seconds: 3600

  # Per-provider overrides
  per_provider:
    openai:
      ttl_seconds: 172800  # 48 hours
    ollama:
      enabled: false  # Don't cache local LLM responses
    gemini:
      ttl_seconds: 86400
"""


class Ground:
    """A home, a project in it and a user's configuration directory."""

    def __init__(self, top: Path) -> None:
        self.home = top / "home"
        self.project = self.home / "films"
        self.user_dir = self.home / ".config" / "cachemgr"
        self.project.mkdir(parents=True)
        self.env: dict[str, str] = {}

    @property
    def machine(self) -> Machine:
        here = Machine.current()
        return Machine(here.platform, self.home, self.env, self.project)

    def own(self, text: str | bytes) -> None:
        _write(self.project / "cachemgr.toml", text)

    def users(self, text: str | bytes) -> None:
        _write(self.user_dir / "cachemgr.toml", text)

    def hardware(self, section: object = HARDWARE, **others: object) -> None:
        self.hardware_text(json.dumps({"gpu": {"name": "x"}, "cache": section, **others}, indent=2))

    def hardware_text(self, text: str | bytes) -> None:
        _write(self.project / "config/hardware_cache.json", text)

    def caching(self, text: str | bytes = CACHING) -> None:
        _write(self.project / ".questfoundry/config.yml", text)

    def trust(self, project: Path | None = None) -> tuple[Path, ...]:
        """Agree to the configuration of a project, this one unless another is named, as it is now."""
        project = project or self.project
        shown = load(self.machine, project=project, config_file=None, user_dir=self.user_dir)
        return trust(project, shown.of_project, self.user_dir)

    def load(self, *, project: bool = True, config_file: Path | None = None) -> Settings:
        return load(
            self.machine,
            project=self.project if project else None,
            config_file=config_file,
            user_dir=self.user_dir,
        )


def _write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
