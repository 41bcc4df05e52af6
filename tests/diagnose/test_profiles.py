"""A line of a shell profile, or of systemd's user environment, that leads a tool elsewhere is found."""

import os
from pathlib import Path

import pytest

from cachemgr.domain.inventory import Finding
from cachemgr.present.text import finding_sentence
from cachemgr.service import CacheManager
from tests.builders import Link, fingerprint, tree
from tests.managers import manager


@pytest.fixture
def service(home: Path, project: Path) -> CacheManager:
    return manager(home, project, homes={"hf_home": project / "hf"}, roots={"tiktoken": project / "tik"})


def found(service: CacheManager) -> list[Finding]:
    return [finding for finding in service.inventory().findings if finding.code == "profile-elsewhere"]


def test_each_file_that_leads_elsewhere_is_named_with_its_line(
    service: CacheManager, home: Path, project: Path
) -> None:
    tree(
        home,
        {
            ".bashrc": '# mine\nexport PATH="$PATH:/x"\nexport HF_HOME="$HOME/old"\n',
            ".config": {
                "fish": {"config.fish": "set -gx TIKTOKEN_CACHE_DIR /old/tik\n"},
                "environment.d": {"10-caches.conf": "HF_HUB_CACHE=/old/hub\n"},
            },
        },
    )
    before = fingerprint(home)

    bash, fish, systemd = found(service)

    assert finding_sentence(bash, home, project) == (
        f"{Path('~/.bashrc')}, line 3: HF_HOME puts huggingface-assets (and 4 more) elsewhere than "
        f"{Path('hf/assets')}"
    )
    assert (bash.path, bash.line, bash.fix) == (home / ".bashrc", 3, ("cachemgr", "env", "--shell", "bash"))
    assert (fish.setting, fish.line, fish.fix[-1]) == ("TIKTOKEN_CACHE_DIR", 1, "fish")
    assert (systemd.setting, systemd.type, systemd.detail) == ("HF_HUB_CACHE", "huggingface-hub", "0")
    assert fingerprint(home) == before


def test_lines_that_lead_to_the_configured_place_are_no_finding(
    service: CacheManager, home: Path, project: Path
) -> None:
    """The stronger variable of a tool covers the weaker one of the same file."""
    lines = service.variables.script(service.variables.environment(), service.variables.default_shell()).lines
    tree(home, {".profile": "export HF_HOME=/old\n" + "".join(f"{line}\n" for line in lines)})

    assert found(service) == []


def test_a_legacy_variable_in_a_profile_counts_too(service: CacheManager, home: Path, project: Path) -> None:
    tree(home, {".zshrc": f"export TRANSFORMERS_CACHE={project / 'hf'}\n"})

    (finding,) = found(service)

    assert (finding.type, finding.setting, finding.wanted) == (
        "transformers-legacy",
        "TRANSFORMERS_CACHE",
        project / "hf" / "hub",
    )


def test_without_a_configured_cache_no_profile_is_read(home: Path, project: Path) -> None:
    tree(home, {".bashrc": "export HF_HOME=/old\n"})

    assert found(manager(home, project)) == []


@pytest.mark.skipif(os.name == "nt", reason="links and FIFOs of POSIX")
def test_a_link_is_followed_within_the_home_only_and_nothing_waits(
    service: CacheManager, home: Path, tmp_path: Path
) -> None:
    line = "export HF_HOME=/old\n"
    tree(tmp_path, {"outside": line})
    tree(home, {"dotfiles": {"bashrc": line}, ".bashrc": Link("dotfiles/bashrc")})
    tree(home, {".profile": Link(str(tmp_path / "outside")), ".zshrc": Link(".zshrc"), ".zshenv": {}})
    os.mkfifo(home / ".zprofile")
    (home / ".bash_profile").write_bytes(line.encode() + b"#" * 300_000)

    assert [finding.path for finding in found(service)] == [home / ".bashrc"]
