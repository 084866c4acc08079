"""DingTalk (钉钉), the older host oapi.dingtalk.com: tokens and messages to a group chat.

Documents: open.dingtalk.com/document/development/obtain-orgapp-token (gettoken),
/send-group-messages (chat/send), /server-api-error-codes-1 (error codes). Errors come with HTTP
200; those of the gateway in front of the API (the token's among them) come inside errcode 88.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from notebook_notify.sandbox.tokens import Tokens, TokenState
from notebook_notify.sandbox.wire import Answer, Call, Json, answer_json, random_text, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.inbox import Inbox

MAX_CONTENT = 2048
"""Bytes of UTF-8 in a message (document send-group-messages)."""

_ERRMSG = {
    -1: "系统繁忙",
    404: "请求的URI地址不存在",
    34001: "无效的会话id",
    34004: "无效的会话消息的类型",
    34014: "会话消息的json结构无效或不完整",
    34015: "发送群会话消息失败",
    34016: "会话消息的内容超长",
    40000: "access_token is blank",
    40014: "不合法的access_token",
    40035: "缺少参数",
    40096: "不合法的appKey或appSecret",
    43001: "需要GET请求",
    43002: "需要POST请求",
    43004: "无效的HTTP HEADER Content-Type",
    44002: "POST的数据包为空",
    44004: "文本消息内容为空",
    45009: "接口调用超过限制",
    47001: "解析JSON内容错误",
    48002: "Api禁用",
    49000: "缺少chatid",
    60011: "没有调用该接口的权限",
    60020: "访问ip不在白名单之中,request ip=127.0.0.1",
    90018: "您的服务器调用钉钉开放平台当前接口的请求触发限流",
}


class _RefusedError(Exception):
    """Ends the checks of a call: with an errcode, or with 88 around a sub_code."""

    def __init__(
        self, errcode: int = 88, *, errmsg: str | None = None, sub_code: str | None = None
    ) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.errmsg = errmsg
        self.sub_code = sub_code


class DingTalk:
    """One organisation with one application and its group chat."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float], token_lifetime: float) -> None:
        """Deliver into `inbox`; tokens live `token_lifetime` seconds of `clock`."""
        lower = string.ascii_lowercase + string.digits
        self.app_key = "ding" + random_text(16, lower)
        self.app_secret = random_text(64)
        self.chat_id = "chat" + random_text(32, string.hexdigits[:16])
        self._inbox = inbox
        make_token = lambda: random_text(32, string.hexdigits[:16])  # noqa: E731
        self._tokens = Tokens(make_token, token_lifetime, clock, renew=True)

    def targets(self, url: str) -> dict[str, Json]:
        """Return the ready target of the group chat."""
        target = {
            "channel": "dingtalk_chat",
            "app_key": self.app_key,
            "app_secret": self.app_secret,
            "chat_id": self.chat_id,
            "base_url": url,
        }
        return {"sandbox-dingtalk_chat": target}

    def is_token_request(self, path: str) -> bool:
        """Tell whether this path hands out tokens."""
        return path == "/gettoken"

    def handle(self, call: Call) -> Answer:
        """Answer a call; also an unknown path is an errcode in HTTP 200."""
        try:
            match call.path:
                case "/gettoken":
                    return answer_json(self._gettoken(call))
                case "/chat/send":
                    return answer_json(self._chat_send(call))
        except _RefusedError as refused:
            return answer_json(self.refusal(refused.errcode, refused.errmsg, refused.sub_code))
        return answer_json(self.refusal(404))

    def refusal(self, errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
        """Return the reply for an errcode, or for 88 around a sub_code, which is a string."""
        if sub_code is None:
            return {"errcode": errcode, "errmsg": errmsg or _ERRMSG.get(errcode, "未知错误")}
        sub_msg = errmsg or _ERRMSG.get(int(sub_code) if sub_code.isdecimal() else 0, "未知错误")
        return {
            "errcode": errcode,
            "sub_code": sub_code,
            "sub_msg": sub_msg,
            "errmsg": f"ding talk error[subcode={sub_code},submsg={sub_msg}]",
        }

    def revoke(self, call: Call) -> Json:
        """Expire the token that the call carries and say so."""
        self._tokens.expire(call.query.get("access_token", ""))
        return self.refusal(88, sub_code="40014")

    def expire_tokens(self) -> None:
        """Expire every token."""
        self._tokens.expire()

    def _gettoken(self, call: Call) -> Json:
        if call.method != "GET":
            raise _RefusedError(43001)
        app_key = call.query.get("appkey")
        app_secret = call.query.get("appsecret")
        if not app_key:
            raise _RefusedError(40035, errmsg="缺少参数 corpid or appkey")
        if not app_secret:
            raise _RefusedError(40035, errmsg="缺少参数 corpsecret or appsecret")
        if (app_key, app_secret) != (self.app_key, self.app_secret):
            raise _RefusedError(40096)
        token, seconds = self._tokens.issue(app_secret)
        return {"errcode": 0, "access_token": token, "errmsg": "ok", "expires_in": seconds}

    def _chat_send(self, call: Call) -> Json:
        if call.method != "POST":
            raise _RefusedError(43002)
        token = call.query.get("access_token")
        if not token or not token.strip():
            raise _RefusedError(sub_code="40000")
        if isinstance(self._tokens.owner(token), TokenState):
            raise _RefusedError(sub_code="40014")
        if call.content_type.partition(";")[0].strip().lower() != "application/json":
            raise _RefusedError(43004)
        if not call.body:
            raise _RefusedError(44002)
        body = read_object(call.body)
        if body is None:
            raise _RefusedError(47001)
        if body.get("chatid") is None:
            raise _RefusedError(49000)
        if body["chatid"] != self.chat_id:
            raise _RefusedError(34001)
        msgtype, content = _message(body.get("msg"))
        self._inbox.add("dingtalk", "dingtalk_chat", self.chat_id, msgtype, content)
        return {"errcode": 0, "errmsg": "ok", "messageId": "msg" + random_text(29)}


def _message(msg: object) -> tuple[str, str]:
    """Return msgtype and text of a text or markdown message.

    The message stands under `msg`; the flat form of old SDKs is not in the document, so not here.
    """
    if not isinstance(msg, dict):
        raise _RefusedError(34014)
    msgtype = msg.get("msgtype")
    if msgtype not in ("text", "markdown"):
        raise _RefusedError(34004)
    payload = msg.get(msgtype)
    if not isinstance(payload, dict):
        raise _RefusedError(34014)
    content = payload.get("content" if msgtype == "text" else "text", "")
    if not isinstance(content, str):
        raise _RefusedError(34014)
    if not content.strip():
        raise _RefusedError(44004)
    if len(content.encode()) > MAX_CONTENT:
        raise _RefusedError(34016)
    return msgtype, content
