"""Clients by others: ``python peers.py NAME PORT`` sends one message for each line that it reads.

It answers each line with the milliseconds that the send took. The platforms' host names lead to
the port, and no other name is resolved.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saved import TEXT
from tls_server import HOSTS

if TYPE_CHECKING:
    from collections.abc import Callable

#: So many messages by one client: two of them sleep before the 21st within a minute.
MOST = 15
_resolve = socket.getaddrinfo
SECRET = "s" * 43


def apprise() -> Callable[[], bool]:
    """Its ``wecombot://``, without the 5.5 s that it pauses between two messages."""
    import apprise

    sender = apprise.Apprise()
    assert sender.add("wecombot://00000000-0000-0000-0000-000000000000")
    sender[0].request_rate_per_sec = 0
    return lambda: bool(sender.notify(body=TEXT))


def dingtalkchatbot() -> Callable[[], bool]:
    """A robot without a signature."""
    from dingtalkchatbot.chatbot import DingtalkChatbot

    bot = DingtalkChatbot("https://oapi.dingtalk.com/robot/send?access_token=" + "0" * 64)
    return lambda: bot.send_text(TEXT)["errcode"] == 0


def corpwechatbot() -> Callable[[], bool]:
    """A message of an application; it keeps its token in a file, here in the working folder."""
    import corpwechatbot.app

    corpwechatbot.app.TOKEN_PATH = Path("token.json")
    sender = corpwechatbot.app.AppMsgSender("ww0123456789abcdef", SECRET, "1000002")
    return lambda: sender.send_text(TEXT, touser=["lisi"])["errcode"] == 0


def wechatpy() -> Callable[[], bool]:
    """A message to a WeCom chat, as ours."""
    from wechatpy.enterprise import WeChatClient

    client = WeChatClient("ww0123456789abcdef", SECRET)
    return lambda: client.appchat.send_text("wrchat0001", TEXT)["errcode"] == 0


def dingtalk() -> Callable[[], bool]:
    """dingtalk-sdk: a message to a chat."""
    from dingtalk.client import AppKeyClient

    client = AppKeyClient("dingcorp", "dingkey", SECRET)
    message = {"msgtype": "text", "text": {"content": TEXT}}
    data = {"chatid": "chat1", "msg": message}
    return lambda: client.post("/chat/send", data)["errcode"] == 0


def knockknock() -> Callable[[], bool]:
    """One decorated call, which sends two messages; it looks at no answer."""
    from knockknock import wechat_sender

    @wechat_sender(webhook_url="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0")
    def job() -> None:
        """Nothing, quickly."""

    return lambda: job() is None


def _lead_to(port: int) -> None:
    def getaddrinfo(host: Any, wanted: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in HOSTS or wanted not in (443, "443", "https"):
            raise socket.gaierror(f"none of the platforms': {name}")
        return _resolve("127.0.0.1", port, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo


def main(name: str, port: int) -> None:
    """Send until the end of standard input."""
    # What a client prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _lead_to(port)
    for number, _ in enumerate(sys.stdin):
        if number % MOST == 0:
            send = globals()[name]()
            assert send()  # warm
        began = time.perf_counter()
        assert send()
        answers.write(f"{(time.perf_counter() - began) * 1000}\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
