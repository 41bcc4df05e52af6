"""Where each tool's cache may be: what `locate` says for three systems."""

from pathlib import PurePath, PurePosixPath, PureWindowsPath

import pytest

from cachemgr.catalogue import all_types
from cachemgr.domain.inventory import Origin
from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.settings import HomeSetting, RootSetting, Settings
from cachemgr.domain.terms import Place, Rebuild
from cachemgr.scan.candidate import Candidate
from cachemgr.scan.locate import locate

LINUX = Machine(Platform.LINUX, PurePosixPath("/home/ada"), {}, PurePosixPath("/work"))
MACOS = Machine(Platform.MACOS, PurePosixPath("/Users/ada"), {}, PurePosixPath("/work"))
WINDOWS = Machine(Platform.WINDOWS, PureWindowsPath(r"C:\Users\ada"), {}, PureWindowsPath(r"D:\work"))
HERE = Origin("cachemgr.toml", "roots.hf_home", 3)


def on(machine: Machine, **env: str) -> Machine:
    return Machine(machine.platform, machine.home, env, machine.cwd)


def found(
    machine: Machine, kind: str, settings: Settings | None = None, project: PurePath | None = None
) -> list[Candidate]:
    candidates = locate(all_types(), machine, settings or Settings(), project)
    return [candidate for candidate in candidates if candidate.type.id == kind]


def written(machine: Machine, kind: str) -> tuple[str | None, str]:
    """Where the tool writes now, and the code of what is wrong with that."""
    first = next(candidate for candidate in found(machine, kind) if candidate.active)
    code = first.problems[0].code if first.problems else ""
    return (str(first.path) if first.path is not None else None), code


@pytest.mark.parametrize(
    ("machine", "kind", "path"),
    [
        (LINUX, "huggingface-hub", "/home/ada/.cache/huggingface/hub"),
        (MACOS, "huggingface-hub", "/Users/ada/.cache/huggingface/hub"),
        (WINDOWS, "huggingface-hub", r"C:\Users\ada\.cache\huggingface\hub"),
        (LINUX, "torch-hub", "/home/ada/.cache/torch/hub"),
        (WINDOWS, "torch-hub", r"C:\Users\ada\.cache\torch\hub"),
        (LINUX, "tiktoken", "/tmp/data-gym-cache"),
        (on(MACOS, TMPDIR="/var/folders/x/T"), "tiktoken", "/var/folders/x/T/data-gym-cache"),
        (on(WINDOWS, TEMP=r"C:\T"), "tiktoken", r"C:\T\data-gym-cache"),
        (WINDOWS, "tiktoken", r"C:\Users\ada\AppData\Local\Temp\data-gym-cache"),
        (LINUX, "openai-whisper", "/home/ada/.cache/whisper"),
        (LINUX, "ollama", "/home/ada/.ollama/models"),
        (WINDOWS, "ollama", r"C:\Users\ada\.ollama\models"),
        (LINUX, "pip", "/home/ada/.cache/pip"),
        (MACOS, "pip", "/Users/ada/Library/Caches/pip"),
        (on(WINDOWS, LOCALAPPDATA=r"E:\Local"), "pip", r"E:\Local\pip\Cache"),
        (WINDOWS, "pip", r"C:\Users\ada\AppData\Local\pip\Cache"),
        (LINUX, "uv", "/home/ada/.cache/uv"),
        (MACOS, "uv", "/Users/ada/Library/Caches/uv"),
        (on(WINDOWS, LOCALAPPDATA=r"E:\Local"), "uv", r"E:\Local\uv\cache"),
    ],
)
def test_without_a_variable_a_tool_writes_to_its_default(machine: Machine, kind: str, path: str) -> None:
    assert written(machine, kind) == (path, "")


@pytest.mark.parametrize(
    ("machine", "kind", "path", "problem"),
    [
        # set
        (on(LINUX, HF_HOME="/big/hf"), "huggingface-hub", "/big/hf/hub", ""),
        (on(LINUX, HF_HUB_CACHE="/big/hub", HF_HOME="/big/hf"), "huggingface-hub", "/big/hub", ""),
        (on(LINUX, HUGGINGFACE_HUB_CACHE="/old", HF_HUB_CACHE="/new"), "huggingface-hub", "/new", ""),
        (on(LINUX, HUGGINGFACE_HUB_CACHE="/old", HF_HOME="/h"), "huggingface-hub", "/old", ""),
        (on(LINUX, HF_HUB_CACHE="/big/hub"), "huggingface-xet", "/home/ada/.cache/huggingface/xet", ""),
        (on(WINDOWS, HF_HOME=r"E:\hf"), "huggingface-hub", r"E:\hf\hub", ""),
        (on(MACOS, TORCH_HOME="/v/torch"), "torch-hub", "/v/torch/hub", ""),
        (on(LINUX, TIKTOKEN_CACHE_DIR="/t", DATA_GYM_CACHE_DIR="/d"), "tiktoken", "/t", ""),
        (on(LINUX, DATA_GYM_CACHE_DIR="/d"), "tiktoken", "/d", ""),
        (on(LINUX, XDG_CACHE_HOME="/x"), "huggingface-hub", "/x/huggingface/hub", ""),
        (on(LINUX, XDG_CACHE_HOME="/x"), "torch-hub", "/x/torch/hub", ""),
        (on(LINUX, XDG_CACHE_HOME="/x"), "openai-whisper", "/x/whisper", ""),
        (on(LINUX, XDG_CACHE_HOME="/x"), "pip", "/x/pip", ""),
        (on(MACOS, XDG_CACHE_HOME="/x"), "pip", "/x/pip", ""),
        (on(WINDOWS, XDG_CACHE_HOME=r"E:\x"), "pip", r"C:\Users\ada\AppData\Local\pip\Cache", ""),
        (on(WINDOWS, XDG_CACHE_HOME=r"E:\x"), "huggingface-hub", r"E:\x\huggingface\hub", ""),
        (on(LINUX, OLLAMA_MODELS=' "/o" '), "ollama", "/o", ""),
        (on(LINUX, TRANSFORMERS_CACHE="/t"), "transformers-legacy", "/t", ""),
        # empty: a path for some, nothing for others, off for tiktoken
        (on(LINUX, HF_HOME=""), "huggingface-hub", "/work/hub", "empty"),
        (on(WINDOWS, HF_HOME=""), "huggingface-hub", r"D:\work\hub", "empty"),
        (on(LINUX, HF_HUB_CACHE=""), "huggingface-hub", "/work", "empty"),
        (on(LINUX, TORCH_HOME=""), "torch-hub", "/work/hub", "empty"),
        (on(LINUX, XDG_CACHE_HOME=""), "openai-whisper", "/work/whisper", "empty"),
        (on(LINUX, XDG_CACHE_HOME=""), "torch-hub", "/work/torch/hub", "empty"),
        (on(LINUX, XDG_CACHE_HOME=""), "pip", "/home/ada/.cache/pip", ""),
        (on(LINUX, PIP_CACHE_DIR=""), "pip", "/home/ada/.cache/pip", ""),
        (on(LINUX, OLLAMA_MODELS=""), "ollama", "/home/ada/.ollama/models", ""),
        (on(LINUX, TIKTOKEN_CACHE_DIR="", DATA_GYM_CACHE_DIR="/d"), "tiktoken", None, "disabled"),
        # ~ and $
        (on(LINUX, HF_HOME="~/hf"), "huggingface-hub", "/home/ada/hf/hub", ""),
        (on(LINUX, HF_HOME="~/hf"), "huggingface-datasets", "/home/ada/hf/datasets", ""),
        (on(LINUX, HF_HOME="$D/hf", D="/d"), "huggingface-hub", "/d/hf/hub", ""),
        (on(LINUX, HF_HOME="$D/hf", D="/d"), "huggingface-datasets", "/work/$D/hf/datasets", "unexpanded"),
        (on(LINUX, HF_HOME="/a/$NONE"), "huggingface-hub", "/a/$NONE/hub", "unexpanded"),
        (on(LINUX, HF_DATASETS_CACHE="~/ds"), "huggingface-datasets", "/work/~/ds", "unexpanded"),
        (on(LINUX, TORCH_HOME="~/t"), "torch-hub", "/home/ada/t/hub", ""),
        (on(LINUX, TORCH_HOME="$D/t", D="/d"), "torch-hub", "/work/$D/t/hub", "unexpanded"),
        (on(LINUX, TIKTOKEN_CACHE_DIR="~/t"), "tiktoken", "/work/~/t", "unexpanded"),
        (on(LINUX, XDG_CACHE_HOME="~/x"), "openai-whisper", "/work/~/x/whisper", "unexpanded"),
        (on(LINUX, XDG_CACHE_HOME="~/x"), "pip", "/home/ada/.cache/pip", ""),
        (on(LINUX, UV_CACHE_DIR="~/u"), "uv", "/work/~/u", "unexpanded"),
        (on(WINDOWS, HF_HOME=r"~\hf"), "huggingface-hub", r"C:\Users\ada\hf\hub", ""),
        (on(WINDOWS, HF_HOME="%D%\\hf", D="E:"), "huggingface-hub", r"E:\hf\hub", ""),
        # Names have no case there: `os.environ` has capitals, and finds them however they are written.
        (on(WINDOWS, HF_HOME="%Data%\\hf", DATA="E:"), "huggingface-hub", r"E:\hf\hub", ""),
        (on(WINDOWS, HF_HOME="${Data}\\hf", DATA="E:"), "huggingface-hub", r"E:\hf\hub", ""),
        (on(LINUX, HF_HOME="/$Data/hf", DATA="x"), "huggingface-hub", "/$Data/hf/hub", "unexpanded"),
        (on(WINDOWS, TIKTOKEN_CACHE_DIR=r"%D%\t", D="E:"), "tiktoken", r"D:\work\%D%\t", "unexpanded"),
        # relative
        (on(LINUX, HF_HOME="hf"), "huggingface-hub", "/work/hf/hub", "relative"),
        (on(LINUX, TORCH_HOME="../t"), "torch-hub", "/work/../t/hub", "relative"),
        (on(LINUX, TIKTOKEN_CACHE_DIR="t"), "tiktoken", "/work/t", "relative"),
        (on(WINDOWS, TORCH_HOME="t"), "torch-hub", r"D:\work\t\hub", "relative"),
        (on(LINUX, XDG_CACHE_HOME="x"), "uv", "/home/ada/.cache/uv", ""),
        (on(LINUX, XDG_CACHE_HOME="x"), "torch-hub", "/work/x/torch/hub", "relative"),
        # home, and what contains it
        (on(LINUX, HF_HOME="~"), "huggingface-hub", "/home/ada/hub", "home"),
        (on(LINUX, HF_HUB_CACHE="$HOME", HOME="/home/ada"), "huggingface-hub", "/home/ada", "home"),
        (on(LINUX, HF_HOME="/home/ada/x/.."), "huggingface-hub", "/home/ada/x/../hub", "home"),
        (on(LINUX, TORCH_HOME="/home/ada"), "torch-hub", "/home/ada/hub", "home"),
        (on(LINUX, TIKTOKEN_CACHE_DIR="/home"), "tiktoken", "/home", "home"),
        (on(LINUX, TIKTOKEN_CACHE_DIR="/"), "tiktoken", "/", "home"),
        (on(WINDOWS, HF_HOME=r"c:\USERS\ada"), "huggingface-hub", r"c:\USERS\ada\hub", "home"),
        (on(MACOS, XDG_CACHE_HOME="/Users/ada"), "torch-hub", "/Users/ada/torch/hub", "home"),
    ],
)
def test_a_variable_counts_by_the_rule_of_the_tool_that_reads_it(
    machine: Machine, kind: str, path: str | None, problem: str
) -> None:
    assert written(machine, kind) == (path, problem)


def test_what_an_overridden_rule_left_behind_is_looked_at_but_not_called_active() -> None:
    candidates = found(on(LINUX, HF_HUB_CACHE="/a", HF_HOME="/b"), "huggingface-hub")

    assert [(str(candidate.path), candidate.active) for candidate in candidates] == [
        ("/a", True),
        ("/b/hub", False),
        ("/home/ada/.cache/huggingface/hub", False),
    ]


def test_a_uv_cache_that_exists_on_macos_beats_xdg_but_not_its_own_variable() -> None:
    xdg = [str(c.path) for c in found(on(MACOS, XDG_CACHE_HOME="/x"), "uv") if c.active]
    own = [str(c.path) for c in found(on(MACOS, XDG_CACHE_HOME="/x", UV_CACHE_DIR="/u"), "uv") if c.active]

    assert xdg == ["/Users/ada/Library/Caches/uv", "/x/uv"]
    assert own == ["/u"]


def test_a_home_of_a_tool_is_accounted_for_whole_only_where_nothing_is_wrong_with_it() -> None:
    good = found(on(LINUX, HF_HOME="/big/hf"), "huggingface-hub")[0]
    bad = found(on(LINUX, HF_HOME="~"), "huggingface-hub")[0]
    shared = found(on(LINUX, XDG_CACHE_HOME="/x"), "huggingface-hub")[0]

    assert good.home == PurePosixPath("/big/hf")
    assert bad.home is None
    assert shared.home is None


def test_places_say_which_kind_of_rule_found_a_cache() -> None:
    project = PurePosixPath("/work/films")

    candidates = locate(all_types(), on(LINUX, TORCH_HOME="/t"), Settings(), project)

    places = {str(candidate.path): candidate.place for candidate in candidates}
    assert places["/t/hub"] is Place.ENV
    assert places["/home/ada/.cache/torch/hub"] is Place.HOME
    assert places["/work/films/.cache/torch/hub"] is Place.PROJECT
    assert places["/work/films/shared/model-cache"] is Place.LEGACY
    assert places["/tmp/data-gym-cache"] is Place.SYSTEM
    assert places["/usr/share/ollama/.ollama/models"] is Place.SYSTEM


def test_a_configured_home_leads_to_each_cache_in_it_and_beats_the_variables() -> None:
    home = HomeSetting("hf_home", PurePosixPath("/work/films/hf"), HERE)
    settings = Settings(homes=(home,))

    hub = found(on(LINUX, HF_HOME="/big/hf"), "huggingface-hub", settings)
    datasets = found(LINUX, "huggingface-datasets", settings)

    assert str(hub[0].path) == "/work/films/hf/hub"
    assert (hub[0].place, hub[0].origin, hub[0].configured) == (Place.PROJECT, HERE, True)
    assert hub[0].registered
    assert not hub[0].active, "a configuration says where it should be, HF_HOME where it is"
    assert hub[1].active
    assert hub[0].home == home.path
    assert str(datasets[0].path) == "/work/films/hf/datasets"


def test_a_variable_that_agrees_with_the_configuration_makes_one_active_candidate() -> None:
    settings = Settings(homes=(HomeSetting("hf_home", PurePosixPath("/work/hf"), HERE),))

    hub = found(on(LINUX, HF_HOME="/work/hf"), "huggingface-hub", settings)

    here = [candidate for candidate in hub if str(candidate.path) == "/work/hf/hub"]
    assert [(c.place, c.active, c.registered) for c in here] == [(Place.PROJECT, True, True)]


def test_a_place_that_the_user_has_not_agreed_to_is_a_problem_and_not_registered() -> None:
    home = HomeSetting("hf_home", PurePosixPath("/mnt/hf"), HERE, trusted=False)
    root = RootSetting("tmdb", PurePosixPath("/mnt/tmdb"), HERE, trusted=False)
    settings = Settings(homes=(home,), roots=(root,))

    for kind in ("huggingface-hub", "tmdb"):
        first = found(LINUX, kind, settings)[0]
        assert [problem.code for problem in first.problems] == ["untrusted"]
        assert first.configured
        assert not first.registered
        assert first.home is None


def test_a_configured_home_directory_is_refused_by_its_text() -> None:
    settings = Settings(homes=(HomeSetting("hf_home", PurePosixPath("/home/ada"), HERE),))

    first = found(LINUX, "huggingface-hub", settings)[0]

    assert [problem.code for problem in first.problems] == ["home"]


def test_a_name_that_the_catalogue_does_not_know_makes_a_cache_of_that_name() -> None:
    root = RootSetting(
        "renders", PurePosixPath("/work/r"), HERE, Place.CUSTOM, title="Renders", rebuild=Rebuild.REBUILDS
    )

    (candidate,) = found(LINUX, "renders", Settings(roots=(root,)))

    assert candidate.type.title == "Renders"
    assert candidate.type.rebuild is Rebuild.REBUILDS
    assert (candidate.place, candidate.registered, candidate.active) == (Place.CUSTOM, True, True)


def test_a_known_name_keeps_what_the_catalogue_knows_about_it() -> None:
    root = RootSetting("pip", PurePosixPath("/work/pip"), HERE, Place.CUSTOM, title="Mine")

    first = found(LINUX, "pip", Settings(roots=(root,)))[0]

    assert (first.type.title, first.place) == ("pip", Place.CUSTOM)


@pytest.mark.parametrize(("conventions", "registered"), [((), False), (("hardware_cache",), True)])
def test_the_legacy_model_cache_is_registered_where_the_project_follows_the_convention(
    conventions: tuple[str, ...], registered: bool
) -> None:
    settings = Settings(conventions=frozenset(conventions))

    (candidate,) = found(LINUX, "model-cache", settings, PurePosixPath("/work/films"))

    assert (candidate.place, candidate.registered) == (Place.LEGACY, registered)


def test_mlx_is_looked_for_only_where_a_project_names_a_home_for_it() -> None:
    settings = Settings(homes=(HomeSetting("mlx_home", PurePosixPath("/work/p/.cache/mlx"), HERE),))

    assert found(LINUX, "mlx", project=PurePosixPath("/work/p")) == []
    assert [str(c.path) for c in found(LINUX, "mlx", settings)] == ["/work/p/.cache/mlx"]
