"""WeCom's error codes, with the texts that come with them.

Codes: developer.work.weixin.qq.com/document/path/90313. A text that nobody has recorded is written
here after the code's meaning; callers are told to go by the code.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from notebook_notify.sandbox.wire import random_text

if TYPE_CHECKING:
    from notebook_notify.sandbox.wire import Json

ERRMSG = {
    -1: "system error",
    6000: "data version conflict",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid file size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40031: "invalid userid list",
    40032: "invalid userid list length",
    40035: "invalid parameter",
    40050: "invalid chatid",
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
    42009: "suite_access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44001: "empty media data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45009: "api freq out of limit",
    45031: "unsafe secret",
    45033: "api concurrent out of limit",
    48002: "api forbidden",
    48005: "api no longer available",
    50002: "user not in the visible scope",
    50003: "agent disabled",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    81013: "user & party & tag all invalid",
    82001: "All touser & toparty & totag invalid",
    82002: "invalid party list length",
    82003: "invalid tag list length",
    85002: "forbidden words in message",
    86001: "invalid chatid",
    86003: "chatid not exist",
    86004: "invalid chat name",
    86005: "invalid chat owner",
    86006: "invalid chat member count",
    86007: "invalid chat member",
    86008: "you has no privilege to access this chat, which is created by other agent.",
    86101: "only the owner may do so",
    86201: "chatid missing",
    86202: "chat name missing",
    86203: "chat owner missing",
    86204: "chat members missing",
    86205: "chatid too long",
    86206: "chatid too large",
    86207: "owner not in userlist",
    86215: "chatid already exists",
    86216: "illegal chat member",
    86217: "sender not in the chat",
    93000: "invalid webhook url",
    93004: "robot disabled",
    93006: "invalid chatid",
    93008: "robot not in the chat",
    301002: "not allow operate another agent with this accesstoken.",
    301007: "corp dissolved or banned",
    301019: "invalid file md5",
    2000002: "invalid corpid",
}


def refusal(
    errcode: int,
    errmsg: str | None = None,
    sub_code: str | None = None,
    *,
    address: str = "127.0.0.1",
) -> Json:
    """Return the reply for an errcode, its text with the hint that the platform appends."""
    if errmsg is None:
        digits = random_text(24, string.digits)
        errmsg = (
            f"{ERRMSG.get(errcode, 'unknown error')}, hint: [{digits}], from ip: {address}, "
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
