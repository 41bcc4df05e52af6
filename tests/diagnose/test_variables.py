"""A tool that would write elsewhere than configured is found, with what lies there and the way to mend it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cachemgr.domain.inventory import Finding
from cachemgr.domain.terms import Severity
from cachemgr.present.text import finding_sentence
from cachemgr.service import CacheManager
from tests.builders import tree
from tests.managers import manager
from tests.oracles import du

CODES = {"variable-elsewhere", "variable-unset", "second-copy", "unread-variable"}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An HF_HOME of before, with a model and a dataset."""
    return tree(
        tmp_path / "old",
        {
            "hub": {"models--a--b": {"blobs": {"c" * 40: b"x" * 40_000}, "refs": {}, "snapshots": {}}},
            "datasets": {"downloads": {"d": b"y" * 5000}},
            "token": "secret",
        },
    )


def configured(home: Path, project: Path, env: Mapping[str, str] | None = None) -> CacheManager:
    homes = {"hf_home": project / "hf", "torch_home": project / "torch"}
    return manager(home, project, env=env, homes=homes)


def about(service: CacheManager) -> dict[tuple[str, str], Finding]:
    """The findings about variables by code and variable."""
    found = [finding for finding in service.inventory().findings if finding.code in CODES]
    return {(finding.code, finding.setting): finding for finding in found}


def test_one_variable_that_leads_many_tools_elsewhere_is_one_finding_with_all_that_lies_there(
    home: Path, project: Path, old: Path
) -> None:
    env = {"HF_HOME": str(old), "TORCH_HOME": str(project / "torch")}

    (finding,) = about(configured(home, project, env)).values()

    assert (finding.code, finding.setting, finding.severity) == (
        "variable-elsewhere",
        "HF_HOME",
        Severity.WARNING,
    )
    assert finding.size == du(old / "hub") + du(old / "datasets")
    assert (finding.path, finding.wanted) == (old / "hub", project / "hf" / "hub")
    assert finding.fix == ("cachemgr", "env")
    assert finding_sentence(finding, home, project) == (
        f"HF_HOME puts huggingface-hub (and 4 more) in {old / 'hub'} rather than {Path('hf/hub')}"
    )


def test_where_no_variable_follows_a_setting_the_default_place_is_named(home: Path, project: Path) -> None:
    torch = tree(home / ".cache/torch", {"hub": {"checkpoints": {"m.pth": b"x" * 9000}}})

    found = about(configured(home, project))

    held, empty = found["variable-unset", "TORCH_HOME"], found["variable-unset", "HF_ASSETS_CACHE"]
    assert len(found) == 2
    assert (held.size, held.path, held.severity) == (du(torch / "hub"), torch / "hub", Severity.WARNING)
    assert (empty.size, empty.severity, empty.detail) == (None, Severity.INFO, "4")
    assert held.cache == "torch-hub@home"
    assert finding_sentence(held, home, project).startswith(
        "TORCH_HOME is not set here, so torch-hub is in ~"
    )


def test_of_several_tools_the_one_with_the_most_is_named(home: Path, project: Path) -> None:
    tree(home / ".cache/huggingface", {"datasets": {"downloads": {"d": b"y" * 50_000}}, "hub": {"x": {}}})

    found = about(configured(home, project))

    assert found["variable-unset", "HF_DATASETS_CACHE"].type == "huggingface-datasets"


def test_under_the_variables_of_env_nothing_is_astray(home: Path, project: Path, old: Path) -> None:
    env = {"HF_HOME": str(old), "TRANSFORMERS_CACHE": str(project / "hf"), "HOME": str(home)}
    before = configured(home, project, env)
    assert about(before)

    after = configured(home, project, before.variables.environment().over(env))

    assert about(after) == {}


def test_another_name_of_the_configured_place_is_no_other_place(home: Path, project: Path) -> None:
    tree(project, {"torch": {"hub": {"checkpoints": {"m.pth": b"x"}}}})
    (project / "way").symlink_to(project / "torch")
    env = {"TORCH_HOME": str(project / "way"), "HF_HUB_CACHE": "/elsewhere"}

    found = about(configured(home, project, env))

    assert [variable for _, variable in found if variable.startswith("TORCH")] == []


def test_a_setting_that_makes_no_sense_has_its_own_finding(home: Path, project: Path) -> None:
    found = about(configured(home, project, {"TORCH_HOME": ""}))

    assert [variable for _, variable in found if variable.startswith("TORCH")] == []


def test_without_a_configuration_nothing_is_elsewhere(home: Path, project: Path, old: Path) -> None:
    assert about(manager(home, project, env={"HF_HOME": str(old)})) == {}


def test_transformers_cache_at_hf_home_is_a_second_copy(home: Path, project: Path) -> None:
    """What set-ups like the one in the document export: models beside the hub, and again in it."""
    hf = tree(
        project / "hf", {"models--a--b": {"blobs": {"c" * 40: b"x" * 40_000}, "refs": {"main": "d" * 40}}}
    )
    tree(hf, {"models--a--b": {"snapshots": {"d" * 40: {}}}, "hub": {"models--a--b": {"blobs": {}}}})
    env = {"HF_HOME": str(hf), "TRANSFORMERS_CACHE": str(hf), "TORCH_HOME": str(project / "torch")}

    (finding,) = about(configured(home, project, env)).values()

    assert (finding.code, finding.setting) == ("second-copy", "TRANSFORMERS_CACHE")
    assert (finding.path, finding.wanted) == (hf, hf / "hub")
    assert finding.size is not None
    assert finding.size >= 40_000
    assert finding.fix == ("cachemgr", "env")


@pytest.mark.parametrize("variable", ["TRANSFORMERS_CACHE", "PYTORCH_PRETRAINED_BERT_CACHE"])
def test_a_second_copy_is_noticed_without_a_configuration_too(
    variable: str, home: Path, project: Path, tmp_path: Path
) -> None:
    env = {"HF_HOME": str(tmp_path), variable: str(tmp_path)}

    (finding,) = about(manager(home, project, env=env)).values()

    assert (finding.code, finding.wanted, finding.fix) == ("second-copy", tmp_path / "hub", ())
    same = {"HF_HOME": str(tmp_path), variable: str(tmp_path / "hub")}
    assert about(manager(home, project, env=same)) == {}


def test_with_a_configuration_the_copy_is_second_to_the_configured_one(home: Path, project: Path) -> None:
    """Where the hub is now is where the legacy variable leads, too; where it should be is not."""
    env = {"TRANSFORMERS_CACHE": str(home / ".cache" / "huggingface" / "hub")}

    found = about(configured(home, project, env))

    assert found["second-copy", "TRANSFORMERS_CACHE"].wanted == project / "hf" / "hub"


def test_a_variable_that_nothing_reads_is_said_to_be_one(home: Path, project: Path) -> None:
    env = {"MLX_CACHE_DIR": "/x", "TORCH_MODEL_ZOO": "", "TORCH_HUB": "/y"}

    found = about(manager(home, project, env=env))

    assert set(found) == {("unread-variable", "MLX_CACHE_DIR"), ("unread-variable", "TORCH_HUB")}
    said = finding_sentence(found["unread-variable", "MLX_CACHE_DIR"])
    assert said == "MLX_CACHE_DIR is set, but no tool reads it: it moves no cache"
