"""What a line of a profile gives a variable: what stands there literally, and otherwise nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cachemgr.environment.profiles import exports
from tests.builders import Link, Node, tree

NAMES = frozenset(("HF_HOME", "TORCH_HOME"))


def told(home: Path, name: str, text: str | bytes) -> dict[str, str]:
    node: Node = text
    tree(home, {name: node})
    found = {export.name: export.value for export in exports(home, NAMES)}
    (home / name).unlink()
    return found


POSIX: list[tuple[str, dict[str, str]]] = [
    ("export HF_HOME=/a", {"HF_HOME": "/a"}),
    ("  export HF_HOME='/a b' # why", {"HF_HOME": "/a b"}),
    ('export HF_HOME="/a b";', {"HF_HOME": "/a b"}),
    ('export HF_HOME="$HOME/a b"', {"HF_HOME": "{home}/a b"}),
    ("export HF_HOME=${{HOME}}/a TORCH_HOME=~/t", {"HF_HOME": "{home}/a", "TORCH_HOME": "{home}/t"}),
    ("export HF_HOME='$HOME/a'", {"HF_HOME": "$HOME/a"}),
    ("export HF_HOME=/a'b c'\"d\"e", {"HF_HOME": "/ab cde"}),
    ("export HF_HOME=", {"HF_HOME": ""}),
    ("export HF_HOME=/a; export TORCH_HOME=/b", {"HF_HOME": "/a", "TORCH_HOME": "/b"}),
    ("export HF_HOME=/a\nexport HF_HOME=/b", {"HF_HOME": "/b"}),
    ("# export HF_HOME=/a", {}),
    ("echo export HF_HOME=/a", {}),
    ("HF_HOME=/a", {}),
    ("export OTHER=/a", {}),
    ("export HF_HOME=/a && true", {"HF_HOME": "/a"}),
]
UNKNOWN: list[str] = [
    "export HF_HOME=$X/a",
    'export HF_HOME="$X/a"',
    'export HF_HOME="$HOMES/a"',
    "export HF_HOME=$HOMES/a",
    "export HF_HOME=/a#b",
    "export HF_HOME=$(cat x)",
    "export HF_HOME=`cat x`",
    'export HF_HOME="/a\\"b"',
    "export HF_HOME=/a\\ b",
    "export HF_HOME=/a*",
    "export HF_HOME='/a",
    "export HF_HOME=~other/a",
    "unset HF_HOME",
    "HF_HOME=$X",
]


@pytest.mark.parametrize(("text", "expected"), POSIX)
def test_a_literal_export_is_told(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    expected = {name: value.format(home=tmp_path) for name, value in expected.items()}

    assert told(tmp_path, ".bashrc", f"{text.format()}\n") == expected


@pytest.mark.skipif(sys.platform == "win32", reason="asks bash")
@pytest.mark.parametrize(("text", "expected"), POSIX)
def test_bash_says_the_same(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    script = f'{text.format()}\nprintf "%s\\n" "${{HF_HOME-none}}" "${{TORCH_HOME-none}}"'
    argv = ["bash", "--norc", "-c", f"unset HF_HOME TORCH_HOME\n{script}"]
    done = subprocess.run(argv, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=True)

    said = dict(zip(("HF_HOME", "TORCH_HOME"), done.stdout.splitlines()[-2:], strict=True))
    expected = {name: value.format(home=tmp_path) for name, value in expected.items()}
    if text != "HF_HOME=/a":  # it has a value, and no child sees it
        assert {name: value for name, value in said.items() if value != "none"} == expected


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_would_have_to_be_computed_is_not_told_and_hides_what_stood_before(
    text: str, tmp_path: Path
) -> None:
    assert told(tmp_path, ".profile", f"export HF_HOME=/before\n{text}\n") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set -gx HF_HOME /a", {"HF_HOME": "/a"}),
        ("set -x -g HF_HOME '/a b'", {"HF_HOME": "/a b"}),
        ("set --export --global HF_HOME ~/a", {"HF_HOME": "{home}/a"}),
        ('set -Ux HF_HOME "$HOME/a"; set -gx TORCH_HOME /t', {"HF_HOME": "{home}/a", "TORCH_HOME": "/t"}),
        ("export HF_HOME=/a", {"HF_HOME": "/a"}),
        ("set -gx HF_HOME /a\nset -e HF_HOME", {}),
        ("set -g HF_HOME /a", {}),
        ("set -gx HF_HOME /a /b", {}),
        ("set -gx HF_HOME", {}),
        ("set -gx HF_HOME (pwd)/a", {}),
        ("set -gx HF_HOME 'a\\'b'", {}),
        ("set", {}),
    ],
)
def test_fish_sets_variables_in_its_own_way(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    expected = {name: value.format(home=tmp_path) for name, value in expected.items()}

    assert told(tmp_path, ".config/fish/config.fish", f"{text}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HF_HOME=/a", {"HF_HOME": "/a"}),
        ('HF_HOME="/a b"', {"HF_HOME": "/a b"}),
        ("HF_HOME=${HOME}/a", {"HF_HOME": "{home}/a"}),
        ("# HF_HOME=/a", {}),
        ("HF_HOME=/a b", {}),
        ("HF_HOME=${XDG_DATA_HOME:-/x}/a", {}),
        ("export HF_HOME=/a", {}),
    ],
)
def test_an_environment_file_of_systemd_has_no_commands(
    text: str, expected: dict[str, str], tmp_path: Path
) -> None:
    expected = {name: value.format(home=tmp_path) for name, value in expected.items()}

    assert told(tmp_path, ".config/environment.d/a.conf", f"{text}\n") == expected
    assert told(tmp_path, ".config/environment.d/a.txt", f"{text}\n") == {}


def test_a_file_that_is_no_text_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    assert told(tmp_path, ".bashrc", b"\xff\xfe\0\nexport HF_HOME=/a\n") == {"HF_HOME": "/a"}


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_a_link_is_followed_within_the_home_alone(home: Path, tmp_path: Path) -> None:
    tree(tmp_path / "outside", {"rc": "export HF_HOME=/theirs\n"})
    tree(home, {"dotfiles/rc": "export HF_HOME=/mine\n", ".bashrc": Link("dotfiles/rc")})
    (home / ".zshrc").symlink_to(tmp_path / "outside/rc")

    assert [export.value for export in exports(home, NAMES)] == ["/mine"]
