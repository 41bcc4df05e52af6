"""`cachemgr tiktoken warm` by tiktoken's own download, and everything that keeps it from working.

The server is a proxy on the loopback with its own certificate; what asks it is the real tiktoken.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cachemgr.catalogue.tiktoken import FILES
from tests.builders import tree
from tests.cli.conftest import ROOT, Program
from tests.cli.tls_proxy import Proxy, tls_proxy
from tests.encodings import CL100K, HELLO, NO_NETWORK, O200K, cl100k, loads, place
from tests.execute.other_user import needs_root
from tests.mounting import mounted

GPT2 = FILES[-1]
WARM = ("tiktoken", "warm", "gpt-4", "--dir", "cache")


@pytest.fixture
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with tls_proxy(tmp_path_factory.mktemp("proxy")) as running:
        yield running


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir()) if directory.exists() else []


def state(home: Path) -> set[str]:
    """What is left in our own state directory, but for the lock."""
    places = [home / ".local" / "state" / "cachemgr", home / "Library" / "Application Support" / "cachemgr"]
    return {name for place in places for name in names(place)} - {"writer.lock", "workers.lock"}


def test_what_tiktoken_downloads_is_verified_and_then_gets_its_name(
    process: Program, project: Path, home: Path, proxy: Proxy
) -> None:
    proxy.serve(CL100K.url, cl100k())
    place(project / "cache", b"wrong")

    said = process(*WARM, "cl100k_base", "text-embedding-ada-002", env=proxy.variables(trusted=True))

    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == f"TIKTOKEN_CACHE_DIR={project / 'cache'}"
    assert loads(project / "cache") == HELLO
    assert proxy.asked == ["/encodings/cl100k_base.tiktoken"]
    assert state(home) == set()


def test_a_file_that_is_there_is_not_fetched_again(process: Program, project: Path, proxy: Proxy) -> None:
    place(project / "cache")

    assert process(*WARM, env=proxy.variables(trusted=True)).code == 0
    assert proxy.asked == []


def test_a_certificate_that_nobody_vouches_for_is_said(
    process: Program, project: Path, home: Path, proxy: Proxy
) -> None:
    proxy.serve(CL100K.url, cl100k())

    said = process(*WARM, env=proxy.variables(trusted=False))

    assert said.code == 1
    assert said.err.startswith("cachemgr: cl100k_base: the server's certificate was not accepted (self")
    assert "REQUESTS_CA_BUNDLE" in said.err
    assert "Traceback" not in said.err
    assert "TIKTOKEN_CACHE_DIR=" not in said.out
    assert (names(project / "cache"), state(home)) == ([], set())


def test_what_is_not_the_published_file_is_thrown_away(
    process: Program, project: Path, home: Path, proxy: Proxy
) -> None:
    proxy.serve(CL100K.url, b"<html>please log in</html>")

    said = process(*WARM, env=proxy.variables(trusted=True))

    assert said.code == 1
    assert "cl100k_base: what came is not what was published" in said.err
    assert (names(project / "cache"), state(home)) == ([], set())


def test_a_tiktoken_that_checks_nothing_is_checked(process: Program, project: Path, tmp_path: Path) -> None:
    """Before 0.6 tiktoken knew no hashes."""
    keeps = f"open(os.path.join(os.environ['TIKTOKEN_CACHE_DIR'], '{CL100K.file}'), 'w').write('wrong')"
    tree(tmp_path / "old", {"tiktoken.py": f"import os\ndef get_encoding(name): {keeps}\n"})
    path = os.pathsep.join((str(ROOT), str(tmp_path / "old")))

    said = process(*WARM, env={"PYTHONPATH": path})

    assert said.code == 1
    assert "cl100k_base: what came is not what was published" in said.err
    assert names(project / "cache") == []


def test_an_answer_that_is_none_and_one_that_breaks_off_are_told_apart(
    process: Program, project: Path, proxy: Proxy
) -> None:
    proxy.serve(CL100K.url, cl100k()[:1000], claims=CL100K.size)
    proxy.serve(O200K.url, b"", status=403)

    said = process("tiktoken", "warm", "--dir", "cache", env=proxy.variables(trusted=True))

    assert said.code == 1
    assert "cl100k_base: the download broke off" in said.err
    assert "o200k_base: the server answered with an error (403)" in said.err
    assert names(project / "cache") == []


def test_one_encoding_that_fails_does_not_keep_the_others(
    process: Program, project: Path, proxy: Proxy
) -> None:
    proxy.serve(CL100K.url, cl100k())

    said = process("tiktoken", "warm", "gpt2", "gpt-4", "--dir", "cache", env=proxy.variables(trusted=True))

    assert said.code == 1
    assert "gpt2/vocab.bpe, gpt2/encoder.json: the server answered with an error (404)" in said.err
    assert len([path for path in proxy.asked if "gpt-2" in path]) == 1
    assert loads(project / "cache") == HELLO


def test_no_network_is_one_sentence_with_the_way_out(process: Program, project: Path) -> None:
    place(project / "cache")

    said = process("tiktoken", "warm", "gpt-4", "gpt-4o", "gpt2", "--dir", "cache", env=NO_NETWORK)

    assert said.code == 1
    files = "o200k_base, gpt2/vocab.bpe, gpt2/encoder.json"
    assert said.err.startswith(f"cachemgr: {files}: there is no network, or no way to the server (")
    assert said.err.count("\n") == 2
    assert "--from DIR" in said.err
    assert names(project / "cache") == [CL100K.file]


def test_a_python_without_tiktoken_is_one_sentence_and_touches_nothing(
    process: Program, project: Path, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    bare = tmp_path / "bare" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    said = process(*WARM, "--python", str(bare), env=NO_NETWORK)
    missing = process(*WARM, "--python", str(tmp_path / "python"))
    document = process(*WARM, "--python", str(bare), "--json", env=NO_NETWORK)

    assert (said.code, missing.code, document.code) == (2, 2, 2)
    assert "has no tiktoken; install it there" in said.err
    assert "--python" in said.err
    assert "cannot run tiktoken" in missing.err
    assert (said.err + missing.err).count("\n") == 2
    assert '"kind": "usage"' in document.out
    assert not (project / "cache").exists()


def test_nothing_that_lies_in_the_project_is_run(process: Program, project: Path, proxy: Proxy) -> None:
    proxy.serve(CL100K.url, cl100k())
    trap = "open('sprung', 'w').close(); raise SystemExit(9)"
    tree(project, {f"{name}.py": trap for name in ("tiktoken", "requests", "json", "sitecustomize")})
    program = "import sys; sys.path.remove(''); from cachemgr.__main__ import main; sys.exit(main())"

    done = subprocess.run(
        [sys.executable, "-c", program, *WARM],
        cwd=project,
        env={**os.environ, **proxy.variables(trusted=True), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert not (project / "sprung").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_download_that_is_stopped_leaves_nothing_behind(
    number: str, process: Program, project: Path, home: Path, proxy: Proxy
) -> None:
    proxy.hangs.set()
    warming = subprocess.Popen(
        [sys.executable, "-m", "cachemgr", "tiktoken", "warm", "--dir", "cache"],
        cwd=project,
        env={**os.environ, **proxy.variables(trusted=True), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not proxy.asked and time.monotonic() < until:
        time.sleep(0.05)
    warming.send_signal(getattr(signal, number))
    out, err = warming.communicate(timeout=30)

    assert proxy.asked == ["/encodings/cl100k_base.tiktoken"]
    assert names(project / "cache") == []
    assert "TIKTOKEN_CACHE_DIR=" not in out
    if number != "SIGKILL":
        assert warming.returncode == 130
        assert "stopped" in err
        assert state(home) == set()
    proxy.hangs.clear()
    proxy.over.set()
    proxy.serve(CL100K.url, cl100k())
    assert process(*WARM, env=proxy.variables(trusted=True)).code == 0
    assert loads(project / "cache") == HELLO
    assert state(home) == set()


def test_what_somebody_else_put_into_our_state_stays(
    process: Program, project: Path, tmp_path: Path, proxy: Proxy
) -> None:
    proxy.serve(CL100K.url, cl100k())
    left = "tiktoken-download-01234567-89ab-cdef-0123-456789abcdef"
    own = tree(
        tmp_path / "state",
        {"tiktoken-download": {"notes.txt": "mine"}, left: {CL100K.file: "half", "notes.txt": "mine"}},
    )

    variables = {**proxy.variables(trusted=True), "CACHEMGR_STATE_DIR": str(own)}
    assert process(*WARM, env=variables).code == 0

    assert names(own / "tiktoken-download") == ["notes.txt"]
    assert names(own / left) == ["notes.txt"]
    assert len([name for name in names(own) if name.startswith("tiktoken")]) == 2


@needs_root
def test_what_is_mounted_in_our_state_stays(
    process: Program, project: Path, tmp_path: Path, proxy: Proxy
) -> None:
    proxy.serve(CL100K.url, cl100k())
    left = "tiktoken-download-01234567-89ab-cdef-0123-456789abcdef"
    own = tree(tmp_path / "state", {left: {}})
    precious = tree(tmp_path / "precious", {CL100K.file: "mine"})

    variables = {**proxy.variables(trusted=True), "CACHEMGR_STATE_DIR": str(own)}
    with mounted(own / left, "--bind", str(precious)):
        assert process(*WARM, env=variables).code == 0

    assert names(precious) == [CL100K.file]
