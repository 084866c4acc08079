"""Clients by others against the sandbox, which they take for the platforms: by name, over TLS."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from notebook_notify.sandbox import Sandbox

_HERE = Path(__file__).parent
_HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "api.dingtalk.com")


class Front:
    """Relays what comes by TLS to a plain port; `port` is its own, `names` what callers asked for.

    On an event loop of its own: one thread reads and writes a TLS connection, as OpenSSL needs.
    """

    def __init__(self, certificate, behind: int) -> None:
        """Present a trustme certificate; pass on to `behind`, a port on 127.0.0.1."""
        self.names: list[str] = []
        self._behind = behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)
        self._context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        starting = asyncio.start_server(self._relay, "127.0.0.1", 0, ssl=self._context)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(timeout=10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _relay(self, reader, writer) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        try:
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        finally:
            for one in (writer, inner_writer):
                one.close()
            for one in (writer, inner_writer):
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await one.wait_closed()


async def _copy(reader, writer) -> None:
    """Pass on until either side has gone, then end the other."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Judge:
    """The process of one client: call it with a function of the test file, and its keywords."""

    def __init__(self, process: subprocess.Popen, log: Path) -> None:
        self._process = process
        self._log = log

    def __call__(self, function, **arguments):
        """Run the function there; return what it returns, which must be JSON."""
        call = {"function": function.__name__, "arguments": arguments}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the client's process has ended:\n{self._log.read_text()[-3000:]}"
        answer = json.loads(line)
        assert answer["strays"] == [], "the client reached for another host"
        assert "error" not in answer, answer["error"]
        return answer["value"]


@pytest.fixture(scope="module")
def shared():
    """One sandbox for a file."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def sandbox(shared):
    """The file's sandbox, its inbox empty."""
    shared.clear()
    return shared


@pytest.fixture(scope="module")
def authority():
    """Vouch for the front, to the clients alone."""
    return trustme.CA()


@pytest.fixture(scope="module")
def front(shared, authority):
    """The platforms' host names, on loopback."""
    with Front(authority.issue_cert(*_HOSTS), urlsplit(shared.url).port) as front:
        yield front


@pytest.fixture(scope="module")
def judge(request, front, authority, tmp_path_factory):
    """The process of the client that the test file names in CLIENT, a module."""
    if importlib.util.find_spec(request.module.CLIENT) is None:
        missing = f"{request.module.CLIENT} is not installed: pip install -e .[test]"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("client")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    # Clients keep tokens and settings at home, and read proxies from the environment.
    own = {"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(folder / "ca.pem"))
    log = folder / "stderr.txt"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, str(_HERE / "guard.py"), str(front.port), str(request.path)],
            env=own | trust,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        )
    with process:
        try:
            yield Judge(process, log)
            process.stdin.close()
            assert process.wait(timeout=10) == 0, f"it ended badly:\n{log.read_text()[-3000:]}"
        finally:
            process.kill()
