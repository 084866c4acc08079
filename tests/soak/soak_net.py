"""What is between the kernels of the soak and the platform: a wire to cut, and faults by chance."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from typing import TYPE_CHECKING

from notebook_notify.sandbox.faults import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Coroutine

#: Faults after which the platform has answered, so that nothing is unknown.
ANSWERED = frozenset({"errcode", "code", "expired", "partial"})


class Chance(Faults):
    """Of all requests to the platform a share meets a fault, each kind as often as another."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.met: Counter[str] = Counter()
        #: requests that may send, and faults that left these without the platform's answer.
        self.requests = self.unanswered = 0
        self._counting = threading.Lock()

    def take(self, path: str, *, token_request: bool) -> Fault | None:
        """The fault of this request, if it meets one."""
        with self._counting:
            self.requests += not token_request
            if random.random() >= self.share:
                return None
            kinds = _V1 if path.startswith("/v1.0/") else _FAULTS
            fault = random.choice(
                [x for x in kinds if x.matches(path, token_request=token_request)]
            )
            self.met[fault.kind] += 1
            self.unanswered += not token_request and fault.kind not in ANSWERED
            return fault


_COMMON = (
    Fault("expired"),
    Fault("partial"),
    Fault("hang", seconds=0.3),
    Fault("deliver_hang", seconds=0.3),
    Fault("reset_before"),
    Fault("reset"),
    Fault("half"),
    Fault("errcode_string"),
    Fault("html"),
    Fault("html", status=502),
    Fault("no_errcode"),
    Fault("array"),
    Fault("empty_404"),
)
_BUSY = Fault("errcode", errcode=-1)
_FAULTS = (*_COMMON, _BUSY, _BUSY)
_BUSY_V1 = Fault("code", code="system.busy", status=503)
_V1 = (*_COMMON, _BUSY_V1, _BUSY_V1)


class _Link:
    """One connection of a kernel's; *flying* while a request is out and no answer is in."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers = writers
        self.flying = False

    def abort(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


class Network:
    """Passes bytes on to the sandbox on *port*, from a thread; can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.up = False
        #: requests that were out when it was cut, and those whose sender did not wait.
        self.cut_off = self.given_up = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.mend()

    def mend(self) -> None:
        """Take connections, on the port of before."""
        self._do(self._mend())

    def cut(self) -> None:
        """Refuse connections, and break all that there are."""
        self._do(self._cut())

    def close(self) -> None:
        """Cut it for good, and end its thread."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _do(self, job: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(job, self._loop).result(10)

    async def _mend(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self.up = True

    async def _cut(self) -> None:
        self.up = False
        if self._server is not None:
            self._server.close()
        links, self._links = self._links, set()
        self.cut_off += sum(link.flying for link in links)
        for link in links:
            link.flying = False
            link.abort()
        await asyncio.sleep(0.05)  # their ends are seen to

    async def _serve(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            there, out = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            back.transport.abort()
            return
        link = _Link(back, out)
        if not self.up:  # it was cut meanwhile
            link.abort()
            return
        self._links.add(link)
        await asyncio.gather(
            self._passed(here, out, link, up=True), self._passed(there, back, link, up=False)
        )
        self._links.discard(link)

    async def _passed(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, link: _Link, *, up: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 16):
                link.flying = up
                sink.write(data)
                await sink.drain()
        if up:
            self.given_up += link.flying
        link.flying = False
        sink.close()
