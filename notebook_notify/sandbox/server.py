"""The sandbox in this process: two platforms, one inbox, one port on loopback."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from notebook_notify.sandbox.dingtalk import DingTalk
from notebook_notify.sandbox.dingtalk_org import Organisation
from notebook_notify.sandbox.dingtalk_robot import DingTalkRobot
from notebook_notify.sandbox.dingtalk_v1 import DingTalkV1
from notebook_notify.sandbox.faults import Faults
from notebook_notify.sandbox.handler import Server
from notebook_notify.sandbox.inbox import Inbox
from notebook_notify.sandbox.media import MediaStore
from notebook_notify.sandbox.wecom import WeCom
from notebook_notify.sandbox.wecom_robot import WeComRobot

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from notebook_notify.sandbox.wire import Json, Platform


class Sandbox:
    """WeCom and DingTalk on 127.0.0.1, with credentials of their real form made for this one."""

    def __init__(
        self,
        port: int = 0,
        *,
        token_lifetime: float = 7200,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare a sandbox; `start` opens the port.

        Args:
            port: the port on 127.0.0.1; 0 takes any free one.
            token_lifetime: seconds until a token expires; 7200 on both platforms.
            clock: seconds since the epoch, for tokens, uploads, repeats and messages' time.
        """
        self._port = port
        self._address = ""
        self._inbox = Inbox(clock)
        self.media = MediaStore(clock)
        self.wecom = WeCom(self._inbox, self.media, clock, token_lifetime)
        self.dingtalk = Organisation()
        shared = (self.dingtalk, self._inbox, self.media, clock, token_lifetime)
        self._oapi = DingTalk(*shared)
        self._v1 = DingTalkV1(*shared)
        self.wecom_robot = WeComRobot(self._inbox, self.media, clock)
        self.dingtalk_robot = DingTalkRobot(self._inbox, clock)
        self.faults = Faults()
        self.stopping = threading.Event()
        self._stats = {"connections": 0, "requests": 0, "token_requests": 0, "uploads": 0}
        self._stats_lock = threading.Lock()
        self._server: Server | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._server else 'not started'}>"

    def start(self) -> Self:
        """Open the port and answer from a daemon thread; OSError if the port is taken."""
        if self._server is None:
            self.stopping.clear()
            self._server = Server(self, self._port)
            self._address = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def stop(self) -> None:
        """Close the port and the kept connections; the inbox stays."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def url(self) -> str:
        """The address, without a slash at the end.

        Raises:
            RuntimeError: it is not running.
        """
        if self._server is None:
            raise RuntimeError("the sandbox is not running: call start()")
        return self._address

    @property
    def targets(self) -> dict[str, Json]:
        """Ready targets by name: each with its channel and the channel's fields."""
        platforms = (self.wecom, self._oapi, self.wecom_robot, self.dingtalk_robot, self._v1)
        return {name: one for each in platforms for name, one in each.targets(self.url).items()}

    @property
    def inbox(self) -> list[Json]:
        """The delivered messages, oldest first."""
        return self._inbox.messages(self._address)

    @property
    def stats(self) -> dict[str, int]:
        """What the platforms have seen: connections, requests; token_requests, uploads of these."""
        with self._stats_lock:
            return dict(self._stats)

    def media_bytes(self, media: Json) -> bytes | None:
        """Return the bytes of a message's `media`, or None if they were dropped."""
        return self.media.content(media["url"])

    def clear(self) -> None:
        """Empty the inbox."""
        self._inbox.clear()

    def expire_tokens(self) -> None:
        """Expire every token that was handed out."""
        self.wecom.expire_tokens()
        self._oapi.expire_tokens()
        self._v1.expire_tokens()

    def fail_next(
        self,
        kind: str | None = None,
        *,
        errcode: int | None = None,
        errmsg: str | None = None,
        sub_code: str | int | None = None,
        code: str | None = None,
        path: str | None = None,
        count: int = 1,
        seconds: float | None = None,
        status: int | None = None,
        body: str | None = None,
    ) -> None:
        """Let the next matching platform request fail; the module `faults` lists the kinds.

        Args:
            kind: the fault; without it, `errcode` or `sub_code` means "errcode", `code` means
                "code", `status` or `body` means "html".
            errcode: the errcode to answer; the platform's own text is added.
            errmsg: the errmsg to answer, in place of that text.
            sub_code: DingTalk's code inside errcode 88.
            code: the code of DingTalk's new host, such as "send.too.fast".
            path: only requests whose path contains this, such as "send" or "upload".
            count: how many requests fail.
            seconds: how long to hang, or the time between two bytes of a drip.
            status: the HTTP status of "html" or "code".
            body: the body of "html", or the `invaliduser` of "partial".

        Raises:
            ValueError: the fields make no fault.
        """
        self.faults.add(
            kind,
            errcode=errcode,
            errmsg=errmsg,
            sub_code=sub_code,
            code=code,
            path=path,
            count=count,
            seconds=seconds,
            status=status,
            body=body,
        )

    def platform(self, path: str) -> Platform:
        """Return the platform, or its robots, that a path belongs to."""
        if path.startswith("/cgi-bin/webhook/"):
            return self.wecom_robot
        if path.startswith("/robot/"):
            return self.dingtalk_robot
        if path.startswith("/v1.0/"):
            return self._v1
        return self.wecom if path.startswith("/cgi-bin/") else self._oapi

    def count(self, *, new_connection: bool, token_request: bool, upload: bool) -> None:
        """Count one platform request."""
        with self._stats_lock:
            self._stats["connections"] += new_connection
            self._stats["requests"] += 1
            self._stats["token_requests"] += token_request
            self._stats["uploads"] += upload
