"""Which variable puts which tool into its configured cache, on three systems."""

import os
import subprocess
import sys
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from cachemgr.catalogue import all_types
from cachemgr.domain.cache_type import CacheType
from cachemgr.domain.environment import Environment
from cachemgr.domain.inventory import Origin
from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.settings import HomeSetting, RootSetting, Settings
from cachemgr.domain.terms import Place
from cachemgr.environment.wanted import wanted
from cachemgr.scan.locate import locate

LINUX = Machine(Platform.LINUX, PurePosixPath("/home/ada"), {}, PurePosixPath("/work"))
MACOS = Machine(Platform.MACOS, PurePosixPath("/Users/ada"), {}, PurePosixPath("/work"))
WINDOWS = Machine(Platform.WINDOWS, PureWindowsPath(r"C:\Users\ada"), {}, PureWindowsPath(r"D:\work"))
MACHINES = pytest.mark.parametrize("machine", [LINUX, MACOS, WINDOWS], ids=lambda machine: machine.platform)
HERE = Origin("cachemgr.toml", "test", 3)


def on(machine: Machine, **env: str) -> Machine:
    return Machine(machine.platform, machine.home, env, machine.cwd)


def home(name: str, path: PurePath | str, **settings: object) -> HomeSetting:
    return HomeSetting(name, PurePosixPath(path), HERE, **settings)  # type: ignore[arg-type]


def root(kind: str, path: PurePath | str, **settings: object) -> RootSetting:
    return RootSetting(kind, PurePosixPath(path), HERE, **settings)  # type: ignore[arg-type]


def environment(machine: Machine, *settings: HomeSetting | RootSetting) -> Environment:
    homes = tuple(setting for setting in settings if isinstance(setting, HomeSetting))
    roots = tuple(setting for setting in settings if isinstance(setting, RootSetting))
    return wanted(all_types(), Settings(homes=homes, roots=roots), machine)


def values(made: Environment) -> dict[str, str]:
    return {one.name: str(one.value) for one in made.assignments}


def remarks(made: Environment) -> list[tuple[str, str]]:
    return [(remark.code, remark.subject) for remark in made.remarks]


def test_a_configured_home_becomes_the_variables_of_its_caches_and_never_one_that_moves_the_token() -> None:
    made = environment(LINUX, home("hf_home", "/p/.cache/hf"), home("torch_home", "/p/.cache/torch"))

    assert values(made) == {
        "HF_ASSETS_CACHE": "/p/.cache/hf/assets",
        "HF_DATASETS_CACHE": "/p/.cache/hf/datasets",
        "HF_HUB_CACHE": "/p/.cache/hf/hub",
        "HF_MODULES_CACHE": "/p/.cache/hf/modules",
        "HF_XET_CACHE": "/p/.cache/hf/xet",
        "TORCH_HOME": "/p/.cache/torch",
    }
    assert {one.origin for one in made.assignments} == {HERE}
    assert made.removals == ()
    assert made.remarks == ()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (root("tiktoken", "/c/tik"), {"TIKTOKEN_CACHE_DIR": "/c/tik"}),
        (root("pip", "/c/pip"), {"PIP_CACHE_DIR": "/c/pip"}),
        (root("uv", "/c/uv"), {"UV_CACHE_DIR": "/c/uv"}),
        (root("ollama", "/c/ollama"), {"OLLAMA_MODELS": "/c/ollama"}),
        (root("huggingface-hub", "/c/models"), {"HF_HUB_CACHE": "/c/models"}),
        (root("torch-hub", "/c/torch/hub"), {"TORCH_HOME": "/c/torch"}),
        (root("tmdb", "/c/tmdb"), {}),
        (root("responses", "/c/answers"), {}),
        (root("thumbnails", "/c/thumbnails"), {}),
    ],
    ids=lambda value: value.type if isinstance(value, RootSetting) else "",
)
def test_a_configured_cache_becomes_its_own_variable(setting: RootSetting, expected: dict[str, str]) -> None:
    made = environment(LINUX, setting)

    assert values(made) == expected
    assert made.remarks == ()


@MACHINES
@pytest.mark.parametrize("kind", all_types(), ids=lambda kind: kind.id)
def test_under_its_variables_a_tool_is_found_where_it_was_configured(
    kind: CacheType, machine: Machine
) -> None:
    """The way back through `locate`, whatever else is set."""
    place = machine.cwd / "caches" / kind.id / (kind.variables[0].below if kind.variables else "x")
    settings = Settings(roots=(RootSetting(kind.id, place, HERE),))
    shared = {"XDG_CACHE_HOME": str(machine.cwd / "xdg"), "HF_HOME": str(machine.cwd / "old")}
    there = Machine(machine.platform, machine.home, shared, machine.cwd)

    made = wanted(all_types(), settings, there)

    if not made.assignments:
        own = [variable for variable in kind.variables if not variable.shared]
        assert kind.replaced_by or not own
        return
    moved = Machine(machine.platform, machine.home, made.over(shared), machine.cwd)
    found = [one for one in locate(all_types(), moved, Settings(), None) if one.type.id == kind.id]
    assert [one.path for one in found if one.active] == [place]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (home("mlx_home", "/c/mlx"), ("unheard", "mlx_home")),
        (root("openai-whisper", "/c/whisper"), ("no-variable", "openai-whisper")),
        (root("torch-hub", "/c/torch"), ("no-variable", "torch-hub")),
        (home("hf_home", "/elsewhere", trusted=False), ("untrusted", "hf_home")),
        (home("hf_home", "/home/ada"), ("home", "hf_home")),
        (root("pip", "/home"), ("home", "pip")),
    ],
    ids=lambda value: str(getattr(value, "path", "")),
)
def test_what_no_variable_can_do_is_said(setting: HomeSetting | RootSetting, said: tuple[str, str]) -> None:
    made = environment(LINUX, setting)

    assert values(made) == {}
    assert remarks(made) == [said]


def test_the_strongest_file_decides_and_of_one_file_the_cache_itself() -> None:
    project = home("hf_home", "/project")
    users = root("huggingface-hub", "/users", place=Place.CUSTOM, layer=1)
    same = root("huggingface-hub", "/same")

    assert values(environment(LINUX, project, users))["HF_HUB_CACHE"] == "/project/hub"
    assert values(environment(LINUX, project, users, same))["HF_HUB_CACHE"] == "/same"
    doubted = home("hf_home", "/doubted", trusted=False)
    assert values(environment(LINUX, doubted, users))["HF_HUB_CACHE"] == "/users"


@pytest.mark.parametrize(
    ("env", "removed"),
    [
        ({"TRANSFORMERS_CACHE": "/p/hf"}, ("TRANSFORMERS_CACHE",)),
        ({"TRANSFORMERS_CACHE": ""}, ("TRANSFORMERS_CACHE",)),
        (
            {"TRANSFORMERS_CACHE": "/x", "PYTORCH_TRANSFORMERS_CACHE": "/p/hf/hub"},
            ("TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE"),
        ),
        ({"TRANSFORMERS_CACHE": "/p/hf/hub", "PYTORCH_TRANSFORMERS_CACHE": "/x"}, ()),
        ({"HF_HOME": "/old", "MLX_CACHE_DIR": "/x"}, ()),
    ],
)
def test_a_legacy_variable_that_leads_to_a_second_copy_goes(
    env: dict[str, str], removed: tuple[str, ...]
) -> None:
    """TRANSFORMERS_CACHE at the configured home is what earlier set-ups of such projects exported."""
    made = environment(on(LINUX, **env), home("hf_home", "/p/hf"))

    assert made.removals == removed
    assert "TRANSFORMERS_CACHE" not in values(made)
    over = made.over(env)
    assert not [name for name in removed if name in over]
    assert over["HF_HUB_CACHE"] == "/p/hf/hub"
    assert environment(on(LINUX, **env)).removals == ()


@pytest.mark.parametrize(
    ("setting", "env", "said"),
    [
        (root("huggingface-hub", "/p/$D/hub"), {"D": "x"}, [("expands", "HF_HUB_CACHE")]),
        (root("huggingface-hub", "/p/$D/hub"), {}, []),
        (root("tiktoken", "/p/$D/tik"), {"D": "x"}, []),
        (root("ollama", "/p/models "), {}, [("expands", "OLLAMA_MODELS")]),
    ],
)
def test_a_value_that_its_tool_would_change_is_said(
    setting: RootSetting, env: dict[str, str], said: list[tuple[str, str]]
) -> None:
    made = environment(on(LINUX, **env), setting)

    assert remarks(made) == said
    assert list(values(made).values()) == [str(setting.path)]


ORACLE = """
import os, pip._internal.commands
from huggingface_hub import constants as c
options, _ = pip._internal.commands.create_command("cache").parse_args(["dir"])
print(c.HF_HUB_CACHE, c.HF_XET_CACHE, c.HF_ASSETS_CACHE, c.HF_TOKEN_PATH, options.cache_dir, sep="\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the paths below are of POSIX")
def test_the_tools_themselves_follow_and_the_token_stays(tmp_path: Path) -> None:
    old = {"HOME": str(tmp_path), "PATH": os.defpath, "HF_HOME": str(tmp_path / "old")}
    machine = Machine(Platform.LINUX, tmp_path, old, tmp_path)
    made = environment(machine, home("hf_home", tmp_path / "new"), root("pip", tmp_path / "pip"))

    done = subprocess.run(
        [sys.executable, "-c", ORACLE], env=made.over(old), capture_output=True, text=True, check=True
    )

    new = tmp_path / "new"
    assert done.stdout.split("\n")[:-1] == [
        *(str(new / name) for name in ("hub", "xet", "assets")),
        str(tmp_path / "old" / "token"),
        str(tmp_path / "pip"),
    ]
