"""WeCom's error codes, with the texts that come with them (path/90313, and recorded answers)."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from notebook_notify.sandbox.wire import random_text

if TYPE_CHECKING:
    from notebook_notify.sandbox.wire import Json

ERRMSG = {
    -1: "system error",
    40001: "invalid credential",
    40004: "invalid media type",
    40006: "invalid file size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40031: "invalid userid list",
    40032: "invalid userid list length",
    40035: "invalid parameter",
    40056: "invalid agentid",
    40058: "invalid Request Parameter",
    40063: "some parameters are empty",
    40123: "invalid image format",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41006: "media_id missing",
    41011: "agentid missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44001: "empty media data",
    44004: "empty content",
    45001: "media size out of limit",
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
    93000: "invalid webhook url",
    301002: "not allow operate another agent with this accesstoken.",
    301019: "invalid file md5",
}


def refusal(errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
    """Return the reply for an errcode, its text with the hint that the platform appends."""
    if errmsg is None:
        digits = random_text(24, string.digits)
        errmsg = (
            f"{ERRMSG.get(errcode, 'unknown error')}, hint: [{digits}], from ip: 127.0.0.1, "
            f"more info at https://open.work.weixin.qq.com/devtool/query?e={errcode}"
        )
    reply: Json = {"errcode": errcode, "errmsg": errmsg}
    return reply if sub_code is None else reply | {"sub_code": sub_code}


class RefusedError(Exception):
    """Ends the checks of a call with an errcode; `prefix` comes before its usual text."""

    def __init__(self, errcode: int, prefix: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.prefix = prefix
