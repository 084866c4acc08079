"""DingTalk (钉钉), the older host oapi.dingtalk.com: tokens, uploads, messages, set-up.

Documents: open.dingtalk.com/document/development/obtain-orgapp-token (gettoken),
/send-group-messages (chat/send), /upload-media-files (media/upload), /server-api-error-codes-1
(error codes); `dingtalk_contacts` and `dingtalk_notices` name theirs. Errors come with HTTP 200;
those of the gateway in front of the API (token, address and permission) come inside errcode 88.
"""

from __future__ import annotations

import string
from functools import partial
from typing import TYPE_CHECKING

from notebook_notify.sandbox import dingtalk_contacts as contacts
from notebook_notify.sandbox.dingtalk_errors import RefusedError, read_json, refusal
from notebook_notify.sandbox.dingtalk_messages import read_msg
from notebook_notify.sandbox.dingtalk_notices import Notices
from notebook_notify.sandbox.multipart import read_parts
from notebook_notify.sandbox.tokens import Tokens, TokenState
from notebook_notify.sandbox.uploads import MISSING, dingtalk_errcode
from notebook_notify.sandbox.wire import (
    Answer,
    Call,
    Json,
    address_listed,
    answer_json,
    random_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.dingtalk_org import Organisation
    from notebook_notify.sandbox.inbox import Inbox
    from notebook_notify.sandbox.media import MediaStore

_CONTACTS = {
    "/topapi/v2/department/listsub": contacts.list_sub,
    "/topapi/v2/department/listsubid": contacts.list_sub_id,
    "/topapi/v2/user/list": contacts.list_users,
    "/topapi/user/listid": contacts.list_user_ids,
    "/topapi/v2/user/get": contacts.get_user,
    "/topapi/v2/user/getbymobile": contacts.get_by_mobile,
    "/department/list": contacts.old_departments,
    "/user/getDeptMember": contacts.old_members,
    "/chat/create": contacts.create_chat,
    "/chat/get": contacts.get_chat,
}
_PERMISSIONS = {
    "/topapi/v2/department/listsub": "qyapi_get_department_list",
    "/topapi/v2/department/listsubid": "qyapi_get_department_list",
    "/topapi/v2/user/list": "qyapi_get_department_member",
    "/topapi/user/listid": "qyapi_get_member",
    "/topapi/v2/user/get": "qyapi_get_member",
    "/topapi/v2/user/getbymobile": "qyapi_get_member_by_mobile",
    "/department/list": "qyapi_get_department_list",
    "/user/getDeptMember": "qyapi_get_department_member",
    "/chat/get": "qyapi_chat_read",
    "/topapi/message/corpconversation/asyncsend_v2": "qyapi_base",
    "/topapi/message/corpconversation/getsendresult": "qyapi_base",
}
_CLOSED = frozenset({"/chat/create", "/chat/send"})
"""What no new application is let in to."""
_GET = frozenset({"/gettoken", "/department/list", "/user/getDeptMember", "/chat/get"})


class DingTalk:
    """The older host of an organisation."""

    def __init__(
        self,
        org: Organisation,
        inbox: Inbox,
        media: MediaStore,
        clock: Callable[[], float],
        token_lifetime: float,
    ) -> None:
        """Deliver into `inbox`, keep uploads in `media`; tokens live `token_lifetime` seconds."""
        self._org = org
        self._inbox = inbox
        self._media = media
        notices = Notices(org, inbox, media, clock)
        self._answers: dict[str, Callable[[Call], Json]] = {
            **{path: partial(answer, org) for path, answer in _CONTACTS.items()},
            "/gettoken": self._gettoken,
            "/chat/send": self._chat_send,
            "/media/upload": self._upload,
            "/topapi/message/corpconversation/asyncsend_v2": notices.send,
            "/topapi/message/corpconversation/getsendresult": notices.result,
        }
        make_token = lambda: random_text(32, string.hexdigits[:16])  # noqa: E731
        self._tokens = Tokens(make_token, token_lifetime, clock, renew=True)

    def targets(self, url: str) -> dict[str, Json]:
        """Return the ready targets: the group chat, and the notices to two people."""
        app = {"app_key": self._org.app_key, "app_secret": self._org.app_secret}
        chat = {"channel": "dingtalk_chat", **app, "chat_id": self._org.chat_id, "base_url": url}
        notice = {
            "channel": "dingtalk_notice",
            **app,
            "agent_id": self._org.agent_id,
            "users": [user.userid for user in self._org.users[:2]],
            "base_url": url,
        }
        return {"sandbox-dingtalk_chat": chat, "sandbox-dingtalk_notice": notice}

    def is_token_request(self, path: str) -> bool:
        """Tell whether this path hands out tokens."""
        return path == "/gettoken"

    def is_upload(self, path: str) -> bool:
        """Tell whether this path takes uploads."""
        return path == "/media/upload"

    def handle(self, call: Call) -> Answer:
        """Answer a call; also an unknown path is an errcode in HTTP 200."""
        try:
            return answer_json(self._reply(call))
        except RefusedError as refused:
            return answer_json(refusal(refused.errcode, refused.errmsg, refused.sub_code))

    def refusal(self, errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
        """Return the reply for an errcode, or for 88 around a sub_code, which is a string."""
        return refusal(errcode, errmsg, sub_code)

    def revoke(self, call: Call) -> Answer:
        """Expire the token that the call carries and say so."""
        self._tokens.expire(call.query.get("access_token", ""))
        return answer_json(refusal(88, sub_code="40014"))

    def expire_tokens(self) -> None:
        """Expire every token."""
        self._tokens.expire()

    def _reply(self, call: Call) -> Json:
        answer = self._answers.get(call.path)
        if answer is None:
            raise RefusedError(404)
        method = "GET" if call.path in _GET else "POST"
        if call.method != method:
            raise RefusedError(43001 if method == "GET" else 43002)
        if not self.is_token_request(call.path):
            self._require_token(call)
        return answer(call)

    def _gettoken(self, call: Call) -> Json:
        app_key = call.query.get("appkey")
        app_secret = call.query.get("appsecret")
        if not app_key:
            raise RefusedError(40035, errmsg="缺少参数 corpid or appkey")
        if not app_secret:
            raise RefusedError(40035, errmsg="缺少参数 corpsecret or appsecret")
        if (app_key, app_secret) != (self._org.app_key, self._org.app_secret):
            raise RefusedError(40096)
        token, seconds = self._tokens.issue(app_secret)
        return {"errcode": 0, "access_token": token, "errmsg": "ok", "expires_in": seconds}

    def _require_token(self, call: Call) -> None:
        """Refuse a call without a valid token, from elsewhere, or without the permission."""
        token = call.query.get("access_token")
        if not token or not token.strip():
            raise RefusedError(sub_code="40000")
        if isinstance(self._tokens.owner(token), TokenState):
            raise RefusedError(sub_code="40014")
        if not address_listed(call.address, self._org.trusted_ips):
            told = f"访问ip不在白名单之中,request ip={call.address} appKey({self._org.app_key})"
            raise RefusedError(sub_code="60020", errmsg=told)
        if call.path in _CLOSED and not self._org.legacy_chat_open:
            raise RefusedError(48002)
        permission = _PERMISSIONS.get(call.path)
        if permission is not None and permission not in self._org.permissions:
            raise RefusedError(sub_code="60011", errmsg=f"没有调用该接口的权限[{permission}]")

    def _upload(self, call: Call) -> Json:
        """Keep an upload; its type stands in the URL or in the form."""
        parts = read_parts(call.content_type, call.body)
        if parts is None:
            raise RefusedError(43008)
        kind = call.query.get("type") or ""
        if not kind and "type" in parts:
            kind = parts["type"].content.decode(errors="replace")
        part = parts.get("media")
        errcode = dingtalk_errcode(kind, part)
        if part is None or errcode:
            raise RefusedError(errcode, errmsg="缺少参数 media" if errcode == MISSING else None)
        media_id = "@lAD" + random_text(36, string.ascii_letters + string.digits + "-_")
        now = self._media.add(self._org.app_key, media_id, kind, part.filename or "", part.content)
        reply = {"errcode": 0, "errmsg": "ok", "media_id": media_id}
        return reply | {"created_at": int(now * 1000), "type": kind}

    def _chat_send(self, call: Call) -> Json:
        body = read_json(call)
        chat_id = body.get("chatid")
        if chat_id is None:
            raise RefusedError(49000)
        chat = self._org.find_chat(chat_id)
        if chat is None or chat.chat_id != chat_id:
            raise RefusedError(34001)
        if chat.disbanded:
            raise RefusedError(34013)
        read = read_msg(body.get("msg"), self._media, self._org.app_key)
        self._inbox.add(
            "dingtalk", "dingtalk_chat", chat_id, read.msgtype, read.content, read.media, read.title
        )
        return {"errcode": 0, "errmsg": "ok", "messageId": "msg" + random_text(29)}
