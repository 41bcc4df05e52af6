"""What nothing expands is refused wherever a path can be said, by one rule."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from cachemgr.config.places import Base
from cachemgr.config.source import Source
from cachemgr.domain.cache_type import Variable
from cachemgr.domain.errors import ConfigError
from cachemgr.domain.machine import Machine, Platform
from cachemgr.domain.reading import read_variable
from cachemgr.responses import CacheConfig
from cachemgr.responses.config_variables import values

LEFT = ("~/x", "~", "~ada/x", "/a/$HOME/x", "/a/${HOME}/x", "/a/$D", "/a\n/$D")
WHOLE = ("/a/~/x", "/a/x~", "/a/$/x", "/a/$", "/a/100%/x", "/a/%/%x", "/a/$-x")


def in_a_file(text: str) -> bool:
    source = Source(Path("cachemgr.toml"), "cachemgr.toml", b"", "")
    return refuses(lambda: Base(Path("/p"), None).path(source, text, "roots", "hf_home"))


def in_the_section(text: str) -> bool:
    return refuses(lambda: CacheConfig.from_dict({"cache_dir": text}))


def in_a_variable_of_the_section(text: str) -> bool:
    return refuses(lambda: values({"CACHEMGR_CACHING__CACHE_DIR": text}))


def in_a_variable_of_a_tool(text: str) -> bool:
    return unexpanded(Machine(Platform.LINUX, PurePosixPath("/h"), {"D": text}, PurePosixPath("/w")))


def refuses(read: Callable[[], object]) -> bool:
    try:
        read()
    except ConfigError as error:
        return "expands" in str(error)
    return False


def unexpanded(machine: Machine) -> bool:
    reading = read_variable(Variable("D"), machine)
    assert reading is not None
    return [problem.code for problem in reading.problems] == ["unexpanded"]


READERS = (in_a_file, in_the_section, in_a_variable_of_the_section, in_a_variable_of_a_tool)


@pytest.mark.parametrize("refused", READERS, ids=lambda reader: reader.__name__)
def test_every_reader_of_paths_refuses_the_same(refused: Callable[[str], bool]) -> None:
    assert [text for text in (*LEFT, *WHOLE) if refused(text)] == list(LEFT)


@pytest.mark.parametrize("refused", READERS, ids=lambda reader: reader.__name__)
def test_a_configuration_may_come_to_windows_and_a_variable_is_where_it_is(
    refused: Callable[[str], bool],
) -> None:
    assert refused("/a/%TEMP%/x") is (refused is not in_a_variable_of_a_tool)
    windows = PureWindowsPath("C:/w")
    assert unexpanded(Machine(Platform.WINDOWS, windows, {"D": "C:\\a\\%TEMP%"}, windows))
