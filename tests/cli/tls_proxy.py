"""A proxy on the loopback that answers in the place of every server, with a certificate of its own: what a
company's proxy does, and a way to let tiktoken's real download run without a network."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from cachemgr.catalogue.tiktoken import HOST

Answer = tuple[int, bytes, int]
"""Status, body, and the length that the head claims."""


@dataclass
class Proxy:
    """What it answers by path, what it was asked, and how a client gets here."""

    port: int
    certificate: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)
    """Set: it takes requests and never answers."""
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, url: str, body: bytes, status: int = 200, claims: int | None = None) -> None:
        self.answers[url.removeprefix(f"https://{HOST}")] = (
            status, body, len(body) if claims is None else claims,
        )  # fmt: skip

    def variables(self, *, trusted: bool) -> Mapping[str, str]:
        """The environment of a client that goes through it; trusting its certificate, or not."""
        names = ("HTTPS_PROXY", "https_proxy")
        proxies = dict.fromkeys(names, f"http://127.0.0.1:{self.port}") | {"NO_PROXY": "", "no_proxy": ""}
        return {**proxies, "REQUESTS_CA_BUNDLE": str(self.certificate)} if trusted else proxies


@contextmanager
def tls_proxy(directory: Path) -> Iterator[Proxy]:
    """Skips where there is no `openssl` to make a certificate."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=proxy",
         "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 here you are\r\n\r\n")
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as inner:
                head = inner.recv(65536).decode("latin-1")
                path = head.split()[1]
                proxy.asked.append(path)
                if proxy.hangs.is_set():
                    proxy.over.wait(60)
                    return
                status, body, claims = proxy.answers.get(path, (404, b"", 0))
                inner.sendall(f"HTTP/1.1 {status} word\r\nContent-Length: {claims}\r\n\r\n".encode() + body)

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy = Proxy(server.server_address[1], certificate)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.over.set()
            server.shutdown()
            thread.join()
