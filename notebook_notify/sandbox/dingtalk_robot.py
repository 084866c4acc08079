"""DingTalk's custom robots: a webhook with a token, and whichever checks its group has chosen.

Documents: open.dingtalk.com/document/development/custom-robots-send-group-messages (the call),
/customize-robot-security-settings (sign, keywords, addresses), /robot-message-type (the body).
The codes 130101, 300005 and 460101 and the limit on the body were seen in answers; the documents
have 410100 and 400101 for the first two. The order of the checks is not published.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import string
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_notify.sandbox.rates import Rate
from notebook_notify.sandbox.wire import Answer, Call, Json, answer_json, random_text, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.inbox import Inbox

MAX_BODY = 20000
"""Bytes of a request's body (recorded answers)."""
MAX_SKEW = 3600
"""Seconds between the timestamp and the server's time."""
MAX_KEYWORDS = 10
MAX_MENTIONS = 50
PER_MINUTE, PAUSE = 20, 600
"""Messages of one robot in a minute, and seconds for which one more shuts it."""
KEYWORD = "值班"
"""Of the second robot in the targets."""

_ERRMSG = {
    -1: "系统繁忙",
    40035: "缺少参数",
    43002: "需要POST请求",
    43004: "无效的HTTP HEADER Content-Type",
    44002: "POST的数据包为空",
    44004: "文本消息内容为空",
    47001: "解析JSON内容错误",
    101002: "message too long",
    130101: "send too fast, exceed 20 times per minute",
    300001: "token is not exist",
    300005: "token is not exist",
    400013: "群已被解散",
    400101: "access_token不存在",
    400102: "机器人已停用",
    400105: "unsupported msgtype",
    400106: "机器人不存在",
    410100: "发送速度太快而限流",
    430101: "含有不安全的外链",
    430102: "含有不合适的文本",
    430103: "含有不合适的图片",
    430104: "含有不合适的内容",
    460101: "message too long, exceed 20000 bytes",
    660026: "sending too many messages per minute",
}


class _RefusedError(Exception):
    """Ends the checks of a call."""

    def __init__(self, errcode: int, errmsg: str | None = None) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.errmsg = errmsg


@dataclass(frozen=True, slots=True)
class _Robot:
    """A robot's name in the inbox and its checks; each that is set must be passed."""

    name: str
    secret: str
    keywords: tuple[str, ...]
    networks: tuple[ipaddress.IPv4Network, ...]


@dataclass(frozen=True, slots=True)
class _Message:
    """What is delivered; `words` is the text that a keyword is looked for in."""

    content: str
    title: str
    words: str


class DingTalkRobot:
    """The robots of one organisation: the two in the targets, and those that `add` makes."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float]) -> None:
        """Deliver into `inbox`; signatures and messages are timed by `clock`, in seconds."""
        self.rate = Rate(clock, most=PER_MINUTE, seconds=60, pause=PAUSE)
        self._inbox = inbox
        self._clock = clock
        self._robots: dict[str, _Robot] = {}
        self._seen: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self.secret = "SEC" + random_text(64, string.hexdigits[:16])
        self.token = self.add("sandbox-dingtalk_robot", secret=self.secret)
        self.keyword_token = self.add("sandbox-dingtalk_robot-keyword", keywords=[KEYWORD])

    def add(
        self,
        name: str,
        *,
        secret: str = "",
        keywords: list[str] | None = None,
        addresses: list[str] | None = None,
    ) -> str:
        """Make one more robot and return its token.

        Args:
            name: what the inbox calls it.
            secret: what its callers sign with.
            keywords: a message must hold one of these, ten at most.
            addresses: IPv4 addresses and networks (`203.0.113.0/24`) that may call.

        Raises:
            ValueError: more than ten keywords, or an address is none.
        """
        if len(keywords or ()) > MAX_KEYWORDS:
            raise ValueError(f"at most {MAX_KEYWORDS} keywords")
        networks = tuple(ipaddress.IPv4Network(one) for one in addresses or ())
        token = random_text(64, string.hexdigits[:16])
        self._robots[token] = _Robot(name, secret, tuple(keywords or ()), networks)
        return token

    def targets(self, url: str) -> dict[str, Json]:
        """Return the ready targets: one robot with a secret, one with a keyword."""
        signed = {"webhook": self.token, "secret": self.secret}
        worded = {"webhook": self.keyword_token, "keyword": KEYWORD}
        fields = {"sandbox-dingtalk_robot": signed, "sandbox-dingtalk_robot-keyword": worded}
        return {
            name: {"channel": "dingtalk_robot", **own, "base_url": url}
            for name, own in fields.items()
        }

    def is_token_request(self, path: str) -> bool:  # noqa: ARG002 - the platforms' protocol
        """Tell whether this path hands out tokens: a webhook's token is given once and for all."""
        return False

    def is_upload(self, path: str) -> bool:  # noqa: ARG002 - the platforms' protocol
        """Tell whether this path takes uploads: a custom robot takes none."""
        return False

    def handle(self, call: Call) -> Answer:
        """Answer a call; also an unknown path is an errcode in HTTP 200."""
        if call.path != "/robot/send":
            return answer_json(self.refusal(404, "请求的URI地址不存在"))
        try:
            return answer_json(self._send(call))
        except _RefusedError as refused:
            return answer_json(self.refusal(refused.errcode, refused.errmsg))

    def refusal(self, errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
        """Return the reply for an errcode, with its usual text unless one is given."""
        reply: Json = {"errcode": errcode, "errmsg": errmsg or _ERRMSG.get(errcode, "未知错误")}
        return reply if sub_code is None else reply | {"sub_code": sub_code}

    def revoke(self, call: Call) -> Answer:  # noqa: ARG002 - the platforms' protocol
        """Answer as for a robot that was taken out of its group; the token stays good."""
        return answer_json(self.refusal(300005))

    def _send(self, call: Call) -> Json:
        if call.method != "POST":
            raise _RefusedError(43002)
        token = call.query.get("access_token", "")
        if not token:
            raise _RefusedError(40035, "缺少参数 access_token")
        robot = self._robots.get(token)
        if robot is None:
            raise _RefusedError(300005)
        self._check_caller(robot, call)
        body = _open(call)
        msgtype, payload = _payload(body)
        message = _READERS[msgtype](payload)
        mentions = () if msgtype in {"link", "feedCard"} else _mentions(body.get("at"))
        if robot.keywords and not any(word in message.words for word in robot.keywords):
            raise _RefusedError(310000, "keywords not in content")
        if not self.rate.take(token):
            raise _RefusedError(130101)
        if not self._is_repeat(token, body.get("msgUuid")):
            self._inbox.add(
                "dingtalk",
                "dingtalk_robot",
                robot.name,
                msgtype,
                message.content,
                None,
                message.title,
                mentions,
            )
        return {"errcode": 0, "errmsg": "ok"}

    def _check_caller(self, robot: _Robot, call: Call) -> None:
        """Refuse a caller by his address, his clock or his signature, all of it in the URL."""
        if robot.networks:
            address = ipaddress.ip_address(call.address)
            if not any(address in network for network in robot.networks):
                raise _RefusedError(310000, f"ip {call.address} not in whitelist")
        if not robot.secret:
            return
        timestamp, sign = call.query.get("timestamp", ""), call.query.get("sign", "")
        if not timestamp or not sign:
            raise _RefusedError(310000, "sign not match")
        if not re.fullmatch("[0-9]{1,18}", timestamp):
            raise _RefusedError(310000, "invalid timestamp")
        if abs(self._clock() - int(timestamp) / 1000) > MAX_SKEW:
            raise _RefusedError(310000, "invalid timestamp")
        signed = f"{timestamp}\n{robot.secret}".encode()
        digest = hmac.new(robot.secret.encode(), signed, hashlib.sha256).digest()
        if not hmac.compare_digest(base64.b64encode(digest), sign.encode()):
            raise _RefusedError(310000, "sign not match")

    def _is_repeat(self, token: str, value: object) -> bool:
        """Tell whether a message's msgUuid was seen before from this robot."""
        if not isinstance(value, str) or not value:
            return False
        with self._lock:
            repeat = (token, value) in self._seen
            self._seen.add((token, value))
        return repeat


def _open(call: Call) -> Json:
    """Return the body."""
    if call.content_type.partition(";")[0].strip().lower() != "application/json":
        raise _RefusedError(43004)
    if not call.body:
        raise _RefusedError(44002)
    if len(call.body) > MAX_BODY:
        raise _RefusedError(460101)
    body = read_object(call.body)
    if body is None:
        raise _RefusedError(47001)
    return body


def _payload(body: Json) -> tuple[str, Json]:
    """Return the msgtype and what stands under it."""
    msgtype = body.get("msgtype")
    if msgtype is None:
        raise _RefusedError(40035, "缺少参数 msgtype")
    if not isinstance(msgtype, str) or msgtype not in _READERS:
        raise _RefusedError(400105)
    payload = body.get(msgtype)
    if not isinstance(payload, dict):
        raise _RefusedError(40035, f"缺少参数 {msgtype}")
    return msgtype, payload


def _text(payload: Json) -> _Message:
    content = payload.get("content")
    if not isinstance(content, str) or not content.strip():
        raise _RefusedError(44004)
    return _Message(content, "", content)


def _markdown(payload: Json) -> _Message:
    title, text = _need(payload, "title"), _need(payload, "text")
    return _Message(text, title, f"{title}\n{text}")


def _link(payload: Json) -> _Message:
    title, text = _need(payload, "title"), _need(payload, "text")
    return _Message(f"{title}\n{text}\n{_need(payload, 'messageUrl')}", title, f"{title}\n{text}")


def _action_card(payload: Json) -> _Message:
    """Return a card, its buttons as Markdown's links: one for the whole, or several."""
    title, text = _need(payload, "title"), _need(payload, "text")
    buttons = payload.get("btns")
    if isinstance(buttons, list) and buttons:
        links = [
            f"[{_need(one, 'title')}]({_need(one, 'actionURL')})" for one in map(_dict, buttons)
        ]
    else:
        links = [f"[{_need(payload, 'singleTitle')}]({_need(payload, 'singleURL')})"]
    return _Message("\n\n".join([text, *links]), title, f"{title}\n{text}")


def _feed_card(payload: Json) -> _Message:
    links = payload.get("links")
    if not isinstance(links, list) or not links:
        raise _RefusedError(40035, "缺少参数 links")
    titles = [_need(_dict(link), "title") for link in links]
    lines = [
        f"{title}\n{_need(link, 'messageURL')}" for title, link in zip(titles, links, strict=True)
    ]
    for link in links:
        _need(link, "picURL")
    return _Message("\n".join(lines), "", "\n".join(titles))


_READERS: dict[str, Callable[[Json], _Message]] = {
    "text": _text,
    "markdown": _markdown,
    "link": _link,
    "actionCard": _action_card,
    "feedCard": _feed_card,
}


def _mentions(at: object) -> tuple[str, ...]:
    """Return whom a message calls: mobile numbers and user ids, and "all" for the whole group."""
    if at is None:
        return ()
    fields = _dict(at)
    names: list[str] = []
    for field in ("atMobiles", "atUserIds"):
        some = fields.get(field) or []
        if not isinstance(some, list) or not all(isinstance(one, str) for one in some):
            raise _RefusedError(40035, f"参数错误 {field}")
        names += some
    if len(names) > MAX_MENTIONS:
        raise _RefusedError(40035, "参数错误 at")
    if fields.get("isAtAll") in (True, "true"):
        names.append("all")
    return tuple(dict.fromkeys(names))


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _need(payload: Json, name: str) -> str:
    """Return a text that must be there and not blank."""
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _RefusedError(40035, f"缺少参数 {name}")
    return value
