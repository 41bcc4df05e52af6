"""A Hugging Face hub on this machine's own loopback, for huggingface_hub's own downloads to talk to."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.builders import commit, git_etag

COMMIT = commit("served")


class HubServer(ThreadingHTTPServer):
    """One repository's files; a body stops in the middle until `go` is set."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files = files
        self.halfway, self.go = threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: HubServer

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        content = self.server.files.get(self.path.partition("?")[0].rpartition("/")[2])
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{git_etag(content)}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            half = len(content) // 2
            self.wfile.write(content[:half])
            self.wfile.flush()
            self.server.halfway.set()
            self.server.go.wait(60)
            self.wfile.write(content[half:])


DOWNLOAD = "import sys; from huggingface_hub import hf_hub_download; print(hf_hub_download(*sys.argv[1:3]))"


@contextmanager
def downloading(hub: Path, repo: str, name: str, content: bytes) -> Iterator["Download"]:
    """huggingface_hub in a process of its own, in the middle of downloading a file into a cache."""
    server = HubServer({name: content})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    env = {**os.environ, "HF_ENDPOINT": server.address, "HF_HUB_CACHE": str(hub), "NO_PROXY": "127.0.0.1"}
    argv = [sys.executable, "-c", DOWNLOAD, repo, name]
    try:
        with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            try:
                download = Download(child, server)
                download.wait_for(hub)
                yield download
            finally:
                server.go.set()
                child.kill()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Download:
    def __init__(self, child: "subprocess.Popen[bytes]", server: HubServer) -> None:
        self.child = child
        self.server = server

    @property
    def pid(self) -> int:
        return self.child.pid

    def wait_for(self, hub: Path) -> None:
        """Until it is in the middle of the file."""
        for _ in range(600):
            # What came so far waits in its memory until it is 10 MB.
            if self.server.halfway.is_set() and any(hub.glob("*/blobs/*.incomplete")):
                return
            assert self.child.poll() is None, self.child.communicate()[1].decode()
            threading.Event().wait(0.1)
        raise AssertionError("the download did not begin")

    def finish(self) -> Path:
        """Let the rest come; where the file is."""
        self.server.go.set()
        out, err = self.child.communicate(timeout=60)
        assert self.child.returncode == 0, err.decode()
        return Path(out.decode().strip())

    def kill(self) -> None:
        self.child.kill()
        self.child.communicate()
