"""The lines for each shell give the exact path when the real shell reads them: hundreds at once, made by
hypothesis out of everything that means something to some shell."""

import os
import sys
from pathlib import PurePosixPath
from unicodedata import category

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cachemgr.domain.display import display_name
from cachemgr.domain.environment import Shell
from cachemgr.domain.errors import UsageError
from cachemgr.environment.shells import script
from tests.environment import readers
from tests.environment.assignments import environment

posix = pytest.mark.skipif(sys.platform == "win32", reason="these shells and their bytes are of POSIX")
REAL = [
    pytest.param(
        shell, marks=pytest.mark.skipif(bool(readers.missing(shell)), reason=readers.missing(shell) or "-")
    )
    for shell in (Shell.BASH, Shell.ZSH, Shell.FISH, Shell.SH)
]
HARD = [
    "/a b/c",
    "/it's/''/'",
    '/"quoted"/"',
    "/$HOME/${HOME}/$(id)/`id`",
    "/a;b&c|d<e>f(g)h",
    "/back\\slash/\\\\/\\",
    "/ü/日本/🎬/é",
    "/%PATH%/%%/%h/100%",
    "/!x/!!/^caret^^",
    "/#hash/ #x",
    "/*?[a]{b,c}~",
    " /leads and ends with spaces ",
    "/‘curly’‚‛“”",
    "/-x=--y",
    "/\N{NO-BREAK SPACE}x\N{LINE SEPARATOR}y\x85z\N{RIGHT-TO-LEFT OVERRIDE}",
]
HIDDEN = ["/x\u202e\u200dy\U000e0041", "/\ufeff\u2028\u3164"]
CONTROLS = [
    "/line\nfeed\n",
    "/tab\there",
    "/\x1b]0;x\x07",
    "/\x7f\r\x01f\x010",
    "/\x9b31mx\x85",
    "/x\u202e\u200dy\U000e0041",
    "\n",
    "/\nexport EVIL=1",
]
NO_TEXT = [os.fsdecode(b"/caf\xe9"), os.fsdecode(b"/\xff\xfe\x80f0")] if sys.platform == "linux" else []
ESCAPING = (Shell.BASH, Shell.ZSH, Shell.SH, Shell.FISH)
SPICE = "'\"$`\\;&|<>(){}[]*?!#%^~= \té日🎬‘’"
PIECES = st.one_of(
    st.sampled_from(SPICE),
    st.sampled_from(["''", "\\'", "\\\\", "${x}", "%x%", "%%", "\\n", "'\\''", "\\x41", "%25", "&rem "]),
    st.characters(codec="utf-8", exclude_characters="\0"),
)


def paths(pieces: st.SearchStrategy[str] = PIECES) -> st.SearchStrategy[list[str]]:
    """Many values for one process of the shell."""
    value = st.lists(pieces, min_size=1, max_size=12).map("".join)
    return st.lists(value, min_size=40, max_size=60)


def written(shell: Shell, values: list[str]) -> str:
    made = script(environment(values), shell)
    return "".join(line + made.end for line in made.lines)


def wanted(values: list[str]) -> readers.Variables:
    """As bytes, with `//` and a `/` at the end folded as in every path."""
    return {f"V{number}": os.fsencode(PurePosixPath(value)) for number, value in enumerate(values)}


def differing(found: readers.Variables, values: list[str]) -> list[object]:
    """The first value that did not arrive as it was; none when all is well."""
    expected = wanted(values)
    names = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
    return [(expected.get(name), found.get(name)) for name in names[:1]]


def told(variables: readers.Variables) -> readers.Variables:
    return {name: value for name, value in variables.items() if name[:1] == "V" or name == "EVIL"}


few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Each value stands alone, so that `differing` shows the first bad one; to shrink fifty takes minutes.
    phases=[Phase.generate],
)


@posix
@pytest.mark.parametrize("shell", REAL)
def test_a_real_shell_gets_the_exact_path(shell: Shell) -> None:
    values = HARD + HIDDEN + CONTROLS + NO_TEXT

    assert not differing(told(readers.by_shell(shell, written(shell, values))), values)


@posix
@pytest.mark.parametrize("shell", REAL)
def test_a_real_shell_gets_any_path(shell: Shell) -> None:
    @few
    @given(paths(PIECES | st.sampled_from([*CONTROLS, *NO_TEXT])))
    def check(values: list[str]) -> None:
        assert not differing(told(readers.by_shell(shell, written(shell, values))), values)

    check()


@posix
@pytest.mark.parametrize("shell", REAL)
def test_the_locale_of_the_shell_does_not_matter(shell: Shell) -> None:
    values = HARD + HIDDEN + CONTROLS + NO_TEXT
    program = {Shell.SH: "dash"}.get(shell, shell.value)

    for locale in ("C", "C.UTF-8"):
        found = readers.evaluated(program, written(shell, values), {"LC_ALL": locale})
        assert not differing(told(found), values)


@posix
@pytest.mark.skipif(bool(readers.missing(Shell.ZSH)), reason="zsh is not installed")
def test_zsh_reads_two_quotes_in_a_row_alike_with_its_option_for_them() -> None:
    text = "setopt RC_QUOTES\n" + written(Shell.ZSH, HARD)

    assert not differing(told(readers.by_shell(Shell.ZSH, text)), HARD)


@posix
@pytest.mark.parametrize("shell", [*ESCAPING, Shell.POWERSHELL, Shell.SYSTEMD])
def test_a_line_is_one_line_and_no_terminal_is_moved_by_it(shell: Shell) -> None:
    """Nor does fish's `eval (…)`, a log or a person see anything but one assignment after the other."""
    values = HARD + HIDDEN + CONTROLS + (NO_TEXT if shell in ESCAPING else [])
    lines = written(shell, values).removesuffix("\n").split("\n")

    assert len(lines) == len(values)
    assert [line for line in lines if display_name(line) != line] == []


@few
@given(paths())
def test_cmd_gets_any_path_that_windows_has(values: list[str]) -> None:
    values = ["".join(c for c in value if c != '"' and category(c) != "Cc") or "x" for value in values]

    assert not differing(readers.by_cmd(written(Shell.CMD, values)), values)


@few
@given(paths(PIECES | st.sampled_from(CONTROLS)))
def test_powershell_gets_any_path(values: list[str]) -> None:
    assert not differing(readers.by_powershell(written(Shell.POWERSHELL, values)), values)


@few
@given(paths())
def test_a_dotenv_file_gives_python_dotenv_any_path(values: list[str]) -> None:
    values = ["".join(c for c in value if category(c) != "Cc") or "x" for value in values]
    values = [value.replace("${", "$ {") for value in values]

    assert not differing(readers.by_dotenv(written(Shell.DOTENV, values)), values)


def test_plain_paths_in_a_dotenv_file_are_plain_for_every_reader() -> None:
    lines = written(Shell.DOTENV, ["/home/ada/.cache/hf", "C:\\Users\\ada b\\hf", "/it's"]).splitlines()

    assert lines == ["V0=/home/ada/.cache/hf", "V1='C:\\Users\\ada b\\hf'", 'V2="/it\'s"']


@posix
def test_systemd_itself_gets_the_exact_path() -> None:
    if reason := readers.systemd_works():
        pytest.skip(reason)
    values = HARD + HIDDEN + CONTROLS

    assert not differing(told(readers.by_systemd(written(Shell.SYSTEMD, values))), values)

    @settings(few, max_examples=3)
    @given(paths(PIECES | st.sampled_from(CONTROLS)))
    def check(values: list[str]) -> None:
        assert not differing(told(readers.by_systemd(written(Shell.SYSTEMD, values))), values)

    check()


@pytest.mark.parametrize(
    ("shell", "value", "says"),
    [
        (Shell.CMD, '/a"b', 'V0 is /a"b, and cmd cannot hold quotation marks; name another shell'),
        (Shell.CMD, "/a\nb", "V0 is /a\\x0ab, and cmd cannot hold control characters; name another shell"),
        (Shell.CMD, "/a\x9bb", "V0 is /a\\x9bb, and cmd cannot hold control characters; name another shell"),
        (Shell.CMD, "x" * 9000, "V0 is longer than a line of cmd can be; name another shell"),
        (Shell.DOTENV, "/a\nb", "V0 is /a\\x0ab, and a .env file cannot hold control characters; name a"),
        (Shell.DOTENV, "/${HOME}", "V0 is /${HOME}, and a .env file cannot hold `${`; name a shell"),
        (Shell.CMD, "/\udce9", "V0 is /\\xe9, which is not UTF-8, and cmd holds only text; name another"),
        (Shell.DOTENV, "/\udce9", "V0 is /\\xe9, which is not UTF-8, and a .env file holds only text;"),
        (Shell.POWERSHELL, "/\udce9", "V0 is /\\xe9, which is not UTF-8, and PowerShell holds only text;"),
        (Shell.SYSTEMD, "/\udce9", "V0 is /\\xe9, which is not UTF-8, and systemd holds only text; name"),
    ],
)
def test_what_a_dialect_cannot_hold_is_one_sentence(shell: Shell, value: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        script(environment([value]), shell)

    assert str(refused.value).startswith(says)
    assert str(refused.value).endswith("with --shell")
