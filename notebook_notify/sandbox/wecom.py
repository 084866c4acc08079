"""WeCom (企业微信): tokens, messages to an app's group chat, and messages of an app to people.

Documents: developer.work.weixin.qq.com/document/path/91039 (gettoken), 90248 (appchat/send), 90236
(message/send), 90313 (error codes). That a token is checked before everything else, and a missing
secret before a missing corp id, was observed; the order of the other checks is not published.
"""

from __future__ import annotations

import json
import re
import string
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_notify.sandbox.tokens import Tokens, TokenState
from notebook_notify.sandbox.wire import (
    Answer,
    Call,
    Json,
    answer_json,
    random_text,
    read_object,
    utf8_cut,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.inbox import Inbox

MAX_CONTENT = 2048
"""Bytes of UTF-8 in text.content and markdown.content (path/90236, path/90248)."""
MAX_USERS, MAX_PARTIES, MAX_TAGS = 1000, 100, 100
"""Recipients in one message/send (path/90236)."""
DUPLICATE_DEFAULT, DUPLICATE_MAX = 1800, 14400
"""Seconds of duplicate_check_interval (path/90236)."""

MEMBERS = ("zhangwei", "lisi", "zhaomin")
UNLICENSED = ("wangwu",)
PARTIES = ("1", "2")
TAGS = ("1",)

_ERRMSG = {
    -1: "system error",
    40001: "invalid credential",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40031: "invalid userid list",
    40032: "invalid userid list length",
    40035: "invalid parameter",
    40056: "invalid agentid",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41011: "agentid missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44004: "empty content",
    45002: "content size out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    48002: "api forbidden",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    81013: "user & party & tag all invalid",
    82001: "All touser & toparty & totag invalid",
    82002: "invalid party list length",
    82003: "invalid tag list length",
    86001: "invalid chatid",
    86003: "chatid not exist",
    86008: "you has no privilege to access this chat, which is created by other agent.",
    86201: "chatid missing",
    301002: "not allow operate another agent with this accesstoken.",
}


class _RefusedError(Exception):
    """Ends the checks of a call with an errcode; `prefix` comes before its usual text."""

    def __init__(self, errcode: int, prefix: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.prefix = prefix


@dataclass(frozen=True, slots=True)
class App:
    """A self-built application and the one chat that it has created."""

    agent_id: int
    corp_secret: str = field(default_factory=lambda: random_text(43))
    chat_id: str = field(default_factory=lambda: "wr" + random_text(30))


class WeCom:
    """One corp with two applications: `app` is in the targets, `other_app` is somebody else's."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float], token_lifetime: float) -> None:
        """Deliver into `inbox`; tokens live `token_lifetime` seconds of `clock`."""
        self.corp_id = "ww" + random_text(16, string.hexdigits[:16])
        self.app = App(1000002)
        self.other_app = App(1000003)
        self._apps = {app.corp_secret: app for app in (self.app, self.other_app)}
        self._inbox = inbox
        self._clock = clock
        self._tokens = Tokens(lambda: random_text(214), token_lifetime, clock, renew=False)
        self._delivered_at: dict[tuple[int, str], float] = {}
        self._lock = threading.Lock()

    def targets(self, url: str) -> dict[str, Json]:
        """Return the two ready targets of `app`."""
        shared = {"corp_id": self.corp_id, "corp_secret": self.app.corp_secret, "base_url": url}
        chat = {"channel": "wecom_chat", **shared, "chat_id": self.app.chat_id}
        people = {
            "channel": "wecom_app",
            **shared,
            "agent_id": self.app.agent_id,
            "users": list(MEMBERS[:2]),
        }
        return {"sandbox-wecom_chat": chat, "sandbox-wecom_app": people}

    def is_token_request(self, path: str) -> bool:
        """Tell whether this path hands out tokens."""
        return path == "/cgi-bin/gettoken"

    def handle(self, call: Call) -> Answer:
        """Answer a call; errors come with HTTP 200, an unknown path is an empty HTTP 404."""
        try:
            match call.path:
                case "/cgi-bin/gettoken":
                    _require_method(call, "GET", 43001)
                    return answer_json(self._gettoken(call))
                case "/cgi-bin/appchat/send":
                    _require_method(call, "POST", 43002)
                    return answer_json(self._appchat_send(call))
                case "/cgi-bin/message/send":
                    _require_method(call, "POST", 43002)
                    return answer_json(self._message_send(call))
        except _RefusedError as refused:
            reply = self.refusal(refused.errcode)
            return answer_json(reply | {"errmsg": refused.prefix + reply["errmsg"]})
        return Answer(b"", 404, "text/plain")

    def refusal(self, errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
        """Return the reply for an errcode, its text with the hint that the platform appends."""
        if errmsg is None:
            digits = random_text(24, string.digits)
            errmsg = (
                f"{_ERRMSG.get(errcode, 'unknown error')}, hint: [{digits}], from ip: 127.0.0.1, "
                f"more info at https://open.work.weixin.qq.com/devtool/query?e={errcode}"
            )
        reply: Json = {"errcode": errcode, "errmsg": errmsg}
        return reply if sub_code is None else reply | {"sub_code": sub_code}

    def revoke(self, call: Call) -> Json:
        """Expire the token that the call carries and say so."""
        self._tokens.expire(call.query.get("access_token", ""))
        return self.refusal(42001)

    def expire_tokens(self) -> None:
        """Expire every token."""
        self._tokens.expire()

    def _gettoken(self, call: Call) -> Json:
        secret = call.query.get("corpsecret")
        corp_id = call.query.get("corpid")
        if not secret:
            raise _RefusedError(41004)
        if not corp_id:
            raise _RefusedError(41002)
        if corp_id != self.corp_id:
            raise _RefusedError(40013)
        if secret not in self._apps:
            raise _RefusedError(40001)
        token, seconds = self._tokens.issue(secret)
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": seconds}

    def _open(self, call: Call) -> tuple[App, Json]:
        """Return the caller's application and the body, which is read only after the token."""
        token = call.query.get("access_token")
        if not token:
            raise _RefusedError(41001)
        match self._tokens.owner(token):
            case TokenState.UNKNOWN:
                raise _RefusedError(40014)
            case TokenState.EXPIRED:
                raise _RefusedError(42001)
            case str(secret):
                body = read_object(call.body)
                if body is None:
                    raise _RefusedError(40035, "Warning: wrong json format. ")
                return self._apps[secret], body

    def _appchat_send(self, call: Call) -> Json:
        app, body = self._open(call)
        chat_id = body.get("chatid")
        if chat_id is None:
            raise _RefusedError(86201)
        if not isinstance(chat_id, str) or not re.fullmatch("[0-9a-zA-Z]{1,32}", chat_id):
            raise _RefusedError(86001)
        if all(chat_id != known.chat_id for known in self._apps.values()):
            raise _RefusedError(86003)
        if chat_id != app.chat_id:
            raise _RefusedError(86008)
        content = _content(body)
        if len(content.encode()) > MAX_CONTENT:
            raise _RefusedError(45002)
        _require_flag(body, "safe")
        self._inbox.add("wecom", "wecom_chat", chat_id, body["msgtype"], content)
        return {"errcode": 0, "errmsg": "ok"}

    def _message_send(self, call: Call) -> Json:
        app, body = self._open(call)
        recipients = _Recipients.read(body)
        content = self._app_message(app, body)
        if not recipients.valid:
            raise _RefusedError(81013)
        if not self._is_duplicate(app, body):
            self._inbox.add("wecom", "wecom_app", recipients.valid, body["msgtype"], content)
        return {"errcode": 0, "errmsg": "ok", **recipients.refused, "msgid": random_text(64)}

    def _app_message(self, app: App, body: Json) -> str:
        """Check agentid, msgtype, content and flags; return the content as it is delivered."""
        agent_id = body.get("agentid")
        if agent_id is None:
            raise _RefusedError(41011)
        # type(): a bool is an int to isinstance, and the platform wants a number
        if type(agent_id) is not int or all(agent_id != a.agent_id for a in self._apps.values()):
            raise _RefusedError(40056)
        if agent_id != app.agent_id:
            raise _RefusedError(301002)
        content = _content(body)
        if body["msgtype"] == "text":
            content = utf8_cut(content, MAX_CONTENT)
        elif len(content.encode()) > MAX_CONTENT:
            raise _RefusedError(45002)
        _require_flag(body, "safe")
        _require_flag(body, "enable_duplicate_check")
        return content

    def _is_duplicate(self, app: App, body: Json) -> bool:
        """Tell whether a request that asks for the check repeats one within its interval."""
        interval = body.get("duplicate_check_interval", DUPLICATE_DEFAULT)
        if type(interval) is not int or not 0 < interval <= DUPLICATE_MAX:
            raise _RefusedError(40035)
        if body.get("enable_duplicate_check", 0) == 0:
            return False
        key = app.agent_id, json.dumps(body, sort_keys=True)
        with self._lock:
            now = self._clock()
            if now - self._delivered_at.get(key, float("-inf")) < interval:
                return True
            self._delivered_at[key] = now
            return False


@dataclass(frozen=True, slots=True)
class _Recipients:
    """Who gets a message (joined by a vertical bar), and who cannot, by reply field."""

    valid: str
    refused: Json

    @classmethod
    def read(cls, body: Json) -> _Recipients:
        users = _names(body, "touser", MAX_USERS, 40032)
        parties = _names(body, "toparty", MAX_PARTIES, 82002)
        tags = _names(body, "totag", MAX_TAGS, 82003)
        if not users and not parties and not tags:
            raise _RefusedError(82001)
        if users == ["@all"]:
            return cls("@all", {})
        lower = [user.lower() for user in users]
        valid = [user for user in lower if user in MEMBERS]
        valid += [f"party:{party}" for party in parties if party in PARTIES]
        valid += [f"tag:{tag}" for tag in tags if tag in TAGS]
        refused = {
            "invaliduser": "|".join(u for u in lower if u not in MEMBERS + UNLICENSED),
            "unlicenseduser": "|".join(u for u in lower if u in UNLICENSED),
            "invalidparty": "|".join(p for p in parties if p not in PARTIES),
            "invalidtag": "|".join(t for t in tags if t not in TAGS),
        }
        return cls("|".join(valid), {name: ids for name, ids in refused.items() if ids})


def _names(body: Json, field_name: str, most: int, too_many: int) -> list[str]:
    """Return the ids of a recipient field, which are joined by vertical bars."""
    value = body.get(field_name, "")
    if not isinstance(value, str):
        raise _RefusedError(40031 if field_name == "touser" else 40035)
    names = [name for name in value.split("|") if name]
    if len(names) > most:
        raise _RefusedError(too_many)
    return names


def _content(body: Json) -> str:
    """Return the content of a text or markdown message."""
    msgtype = body.get("msgtype")
    if msgtype not in ("text", "markdown"):
        raise _RefusedError(40008)
    payload = body.get(msgtype)
    content = payload.get("content") if isinstance(payload, dict) else None
    if content is None or content == "":
        raise _RefusedError(44004)
    if not isinstance(content, str):
        raise _RefusedError(40035)
    if not content.strip():
        raise _RefusedError(44004)
    return content


def _require_flag(body: Json, name: str) -> None:
    """Refuse a flag that is neither 0 nor 1."""
    value = body.get(name, 0)
    if type(value) is not int or value not in {0, 1}:
        raise _RefusedError(40035)


def _require_method(call: Call, method: str, errcode: int) -> None:
    if call.method != method:
        raise _RefusedError(errcode)
