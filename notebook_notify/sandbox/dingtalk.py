"""DingTalk (钉钉), the older host oapi.dingtalk.com: tokens, uploads, messages to a group chat.

Documents: open.dingtalk.com/document/development/obtain-orgapp-token (gettoken),
/send-group-messages (chat/send), /upload-media-files (media/upload), /message-types-and-data-format
(what stands in msg), /server-api-error-codes-1 (error codes). Errors come with HTTP 200; those of
the gateway in front of the API (the token's among them) come inside errcode 88.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from notebook_notify.sandbox.multipart import read_parts
from notebook_notify.sandbox.tokens import Tokens, TokenState
from notebook_notify.sandbox.uploads import MISSING, dingtalk_errcode
from notebook_notify.sandbox.wire import Answer, Call, Json, answer_json, random_text, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.inbox import Inbox
    from notebook_notify.sandbox.media import Media, MediaStore

MAX_CONTENT = 2048
"""Bytes of UTF-8 in a text (document send-group-messages)."""
MAX_MARKDOWN, MAX_TITLE = 5000, 64
"""Characters of title and text together, and of the title (the text of errcode 34016)."""

_ERRMSG = {
    -1: "系统繁忙",
    404: "请求的URI地址不存在",
    34001: "无效的会话id",
    34004: "无效的会话消息的类型",
    34008: "图片消息的内容为空",
    34010: "文件消息的内容为空",
    34014: "会话消息的json结构无效或不完整",
    34015: "发送群会话消息失败",
    34016: "会话消息的内容超长",
    40000: "access_token is blank",
    40004: "不合法的媒体文件类型",
    40005: "不合法的文件类型",
    40006: "不合法的文件大小",
    40007: "不合法的媒体文件id",
    40014: "不合法的access_token",
    40035: "缺少参数",
    40096: "不合法的appKey或appSecret",
    43001: "需要GET请求",
    43002: "需要POST请求",
    43004: "无效的HTTP HEADER Content-Type",
    43008: "参数需要multipart类型",
    44001: "多媒体文件为空",
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

    def __init__(
        self,
        inbox: Inbox,
        media: MediaStore,
        clock: Callable[[], float],
        token_lifetime: float,
    ) -> None:
        """Deliver into `inbox`, keep uploads in `media`; tokens live `token_lifetime` seconds."""
        lower = string.ascii_lowercase + string.digits
        self.app_key = "ding" + random_text(16, lower)
        self.app_secret = random_text(64)
        self.chat_id = "chat" + random_text(32, string.hexdigits[:16])
        self._inbox = inbox
        self._media = media
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

    def is_upload(self, path: str) -> bool:
        """Tell whether this path takes uploads."""
        return path == "/media/upload"

    def handle(self, call: Call) -> Answer:
        """Answer a call; also an unknown path is an errcode in HTTP 200."""
        try:
            match call.path:
                case "/gettoken":
                    return answer_json(self._gettoken(call))
                case "/chat/send":
                    return answer_json(self._chat_send(call))
                case "/media/upload":
                    return answer_json(self._upload(call))
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

    def _require_token(self, call: Call) -> None:
        """Refuse a call that is no POST, or has no valid token."""
        if call.method != "POST":
            raise _RefusedError(43002)
        token = call.query.get("access_token")
        if not token or not token.strip():
            raise _RefusedError(sub_code="40000")
        if isinstance(self._tokens.owner(token), TokenState):
            raise _RefusedError(sub_code="40014")

    def _upload(self, call: Call) -> Json:
        """Keep an upload; its type stands in the URL or in the form."""
        self._require_token(call)
        parts = read_parts(call.content_type, call.body)
        if parts is None:
            raise _RefusedError(43008)
        kind = call.query.get("type") or ""
        if not kind and "type" in parts:
            kind = parts["type"].content.decode(errors="replace")
        part = parts.get("media")
        errcode = dingtalk_errcode(kind, part)
        if part is None or errcode:
            raise _RefusedError(errcode, errmsg="缺少参数 media" if errcode == MISSING else None)
        media_id = "@lAD" + random_text(36, string.ascii_letters + string.digits + "-_")
        now = self._media.add(self.app_key, media_id, kind, part.filename or "", part.content)
        reply = {"errcode": 0, "errmsg": "ok", "media_id": media_id}
        return reply | {"created_at": int(now * 1000), "type": kind}

    def _chat_send(self, call: Call) -> Json:
        self._require_token(call)
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
        msgtype, payload = _payload(body.get("msg"))
        title, content, media = "", "", None
        match msgtype:
            case "text":
                content = _text(payload)
            case "markdown":
                title, content = _markdown(payload)
            case _:
                media = self._find(msgtype, payload)
        self._inbox.add("dingtalk", "dingtalk_chat", self.chat_id, msgtype, content, media, title)
        return {"errcode": 0, "errmsg": "ok", "messageId": "msg" + random_text(29)}

    def _find(self, msgtype: str, payload: Json) -> Media:
        """Return the upload that a message of an image or a file shows."""
        media_id = payload.get("media_id")
        if media_id is None or media_id == "":
            raise _RefusedError(34008 if msgtype == "image" else 34010)
        if not isinstance(media_id, str):
            raise _RefusedError(34014)
        media = self._media.find(self.app_key, media_id, msgtype)
        if media is None:
            raise _RefusedError(40007)
        return media


def _payload(msg: object) -> tuple[str, Json]:
    """Return a message's msgtype and what stands under it.

    The message stands under `msg`; the flat form of old SDKs is not in the document, so not here.
    """
    if not isinstance(msg, dict):
        raise _RefusedError(34014)
    msgtype = msg.get("msgtype")
    if not isinstance(msgtype, str) or msgtype not in {"text", "markdown", "image", "file"}:
        raise _RefusedError(34004)
    payload = msg.get(msgtype)
    if not isinstance(payload, dict):
        raise _RefusedError(34014)
    return msgtype, payload


def _text(payload: Json) -> str:
    content = _filled(payload, "content")
    if len(content.encode()) > MAX_CONTENT:
        raise _RefusedError(34016)
    return content


def _markdown(payload: Json) -> tuple[str, str]:
    """Return title and text."""
    title, text = _filled(payload, "title"), _filled(payload, "text")
    if len(title) > MAX_TITLE or len(title) + len(text) > MAX_MARKDOWN:
        raise _RefusedError(34016)
    return title, text


def _filled(payload: Json, name: str) -> str:
    """Return a text that must be there and not blank."""
    value = payload.get(name, "")
    if not isinstance(value, str):
        raise _RefusedError(34014)
    if not value.strip():
        raise _RefusedError(44004)
    return value
