"""DingTalk's new host api.dingtalk.com: its tokens, the application's robot, groups.

Documents: those named in `dingtalk_v1_errors`, and open.dingtalk.com/document/development/
robot-message-type (what stands in msgParam). Errors are HTTP 4xx with {code, message, requestid}.
Whether a token of one host is good on the other is not published: here it is not. The order of the
checks is not published, nor what the gateway answers to an unknown path under /v1.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from notebook_notify.sandbox.dingtalk_errors import refusal
from notebook_notify.sandbox.dingtalk_v1_errors import DENIED, V1Error, v1_refusal
from notebook_notify.sandbox.dingtalk_v1_messages import read_template
from notebook_notify.sandbox.rates import Rate
from notebook_notify.sandbox.tokens import Tokens, TokenState
from notebook_notify.sandbox.wire import (
    Answer,
    Call,
    Json,
    address_listed,
    answer_json,
    random_text,
    read_object,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.dingtalk_org import Chat, Organisation
    from notebook_notify.sandbox.inbox import Inbox
    from notebook_notify.sandbox.media import MediaStore

MAX_KEYS = 20
"""Messages in one recall."""
MAX_NAME = 20
"""Characters of a group's name."""
PER_SECOND = 20
"""Calls of one application to one path (document how-to-process-api-throttling)."""

TOKEN_PATH = "/v1.0/oauth2/accessToken"  # noqa: S105 - a path
_CONVERT = re.compile(r"/v1\.0/im/chat/([^/]+)/convertToOpenConversationId")
_PERMISSIONS = {
    "/v1.0/robot/groupMessages/send": "qyapi_robot_sendmsg",
    "/v1.0/robot/groupMessages/recall": "qyapi_robot_sendmsg",
    "/v1.0/im/group/create": "qyapi_chat_manage",
}


class DingTalkV1:
    """The new host of an organisation."""

    def __init__(
        self,
        org: Organisation,
        inbox: Inbox,
        media: MediaStore,
        clock: Callable[[], float],
        token_lifetime: float,
    ) -> None:
        """Deliver into `inbox`, find uploads in `media`; tokens live `token_lifetime` seconds."""
        self.rate = Rate(clock, most=PER_SECOND, seconds=1)
        self._org = org
        self._inbox = inbox
        self._media = media
        self._tokens = Tokens(lambda: random_text(32), token_lifetime, clock, renew=True)
        self._sent: dict[str, tuple[str, Json]] = {}

    def targets(self, url: str) -> dict[str, Json]:
        """Return the ready target of the robot in its group."""
        target = {
            "channel": "dingtalk_app_robot",
            "app_key": self._org.app_key,
            "app_secret": self._org.app_secret,
            "robot_code": self._org.robot_code,
            "open_conversation_id": self._org.chat.open_id,
            "base_url": url,
        }
        return {"sandbox-dingtalk_app_robot": target}

    def is_token_request(self, path: str) -> bool:
        """Tell whether this path hands out tokens."""
        return path == TOKEN_PATH

    def is_upload(self, path: str) -> bool:  # noqa: ARG002 - the platforms' protocol
        """Tell whether this path takes uploads: those go to the older host."""
        return False

    def handle(self, call: Call) -> Answer:
        """Answer a call; a refusal has its own HTTP status."""
        try:
            return answer_json(self._reply(call))
        except V1Error as refused:
            return v1_refusal(refused.code, refused.message)

    def refusal(self, errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
        """Return the reply for an errcode, which this host gives for a path outside /v1.0 only."""
        return refusal(errcode, errmsg, sub_code)

    def revoke(self, call: Call) -> Answer:
        """Expire the token that the call carries and say so."""
        self._tokens.expire(call.token)
        return v1_refusal("InvalidAuthentication")

    def expire_tokens(self) -> None:
        """Expire every token."""
        self._tokens.expire()

    def _reply(self, call: Call) -> Json:
        convert = _CONVERT.fullmatch(call.path)
        known = call.path == TOKEN_PATH or call.path in _PERMISSIONS or convert
        if not known or call.method != "POST":
            raise V1Error("InvalidAction.NotFound")
        if call.path == TOKEN_PATH:
            return self._access_token(call)
        self._check(call, _PERMISSIONS.get(call.path, "qyapi_chat_read"))
        if convert:
            return self._convert(convert[1])
        body = _body(call)
        match call.path.rpartition("/")[2]:
            case "send":
                return self._send(body)
            case "recall":
                return self._recall(body)
        return self._create(body)

    def _access_token(self, call: Call) -> Json:
        body = _body(call)
        for name in ("appKey", "appSecret"):
            if not body.get(name):
                raise V1Error(f"Missing{name}", f"{name} is mandatory for this action.")
        if (body["appKey"], body["appSecret"]) != (self._org.app_key, self._org.app_secret):
            raise V1Error("invalidClientIdOrSecret")
        token, seconds = self._tokens.issue(self._org.app_secret)
        return {"accessToken": token, "expireIn": seconds}

    def _check(self, call: Call, permission: str) -> None:
        """Refuse a call without a valid token, from elsewhere, not permitted, or too many."""
        if not call.token:
            raise V1Error("AuthenticationFailed.MissingParameter")
        if isinstance(self._tokens.owner(call.token), TokenState):
            raise V1Error("InvalidAuthentication")
        if not address_listed(call.address, self._org.trusted_ips):
            told = f"访问ip不在白名单之中，request ip={call.address}"
            raise V1Error(DENIED + "IpNotInWhiteList", told)
        if permission not in self._org.permissions:
            told = f"应用尚未开通所需的权限：[{permission}]"
            raise V1Error(DENIED + "AccessTokenPermissionDenied", told)
        if not self.rate.take(call.path):
            raise V1Error(DENIED + "QpsLimitForAppkeyAndApi")

    def _send(self, body: Json) -> Json:
        self._require_robot(body, "invalidParameter.robotCode.missing")
        chat = self._chat(body)
        if not chat.robot:
            raise V1Error("resource.not.found")
        read = read_template(body, self._media, self._org.app_key)
        message = self._inbox.add(
            "dingtalk",
            "dingtalk_app_robot",
            chat.open_id,
            read.msgtype,
            read.content,
            read.media,
            title=read.title,
        )
        key = random_text(44) + "="
        self._sent[key] = chat.open_id, message
        return {"processQueryKey": key}

    def _recall(self, body: Json) -> Json:
        """Take messages back; each key that is none of this group's is named with a reason."""
        self._require_robot(body, "miss.chatbotId")
        chat = self._chat(body)
        keys = body.get("processQueryKeys")
        if not keys or not isinstance(keys, list):
            raise V1Error("invalidParameter.processQueryKey.missing")
        if len(keys) > MAX_KEYS:
            raise V1Error("invalidParameter.processQueryKeys.overMax")
        done, failed = [], {}
        for key in map(str, keys):
            open_id, message = self._sent.get(key, ("", {}))
            if open_id != chat.open_id:
                failed[key] = "invalid.processQueryKey"
            else:
                self._inbox.recall(message)
                done.append(key)
        return {"successResult": done, "failedResult": failed}

    def _require_robot(self, body: Json, missing: str) -> None:
        """Refuse a robot that cannot speak for this application; `missing` is the code for none."""
        code = body.get("robotCode")
        if not isinstance(code, str) or not code:
            raise V1Error(missing)
        if code == self._org.other_robot_code:
            raise V1Error("invalidParameter.robotCode.auth")
        if code != self._org.robot_code or not self._org.robot_published:
            raise V1Error("invalidParameter.robotCode.notExsit")

    def _chat(self, body: Json) -> Chat:
        """Return the group that a body names by its new id."""
        open_id = body.get("openConversationId")
        if open_id is None or open_id == "":
            raise V1Error("miss.openConversationId")
        chat = self._org.find_chat(open_id)
        if chat is None or chat.open_id != open_id:
            raise V1Error("invalid.openConversationId")
        if chat.disbanded:
            raise V1Error("group.disbanded")
        return chat

    def _convert(self, chat_id: str) -> Json:
        chat = self._org.find_chat(chat_id)
        if chat is None or chat.chat_id != chat_id:
            raise V1Error("invalideChatId")
        return {"openConversationId": chat.open_id}

    def _create(self, body: Json) -> Json:
        """Make an internal group; the robot is not in it until somebody adds it."""
        name, owner, users = body.get("name"), body.get("owner"), body.get("useridlist")
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise V1Error("parameter.invalid", "输入参数错误 name")
        if not isinstance(owner, str) or not owner:
            raise V1Error("parameter.invalid", "输入参数错误 owner")
        if not users or not isinstance(users, list):
            raise V1Error("parameter.invalid", "输入参数错误 useridlist")
        if body.get("ownerType", "emp") not in {"emp", "ext"}:
            raise V1Error("parameter.invalid", "输入参数错误 ownerType")
        if body.get("conversationTag", 2) != 2:  # noqa: PLR2004 - an internal group
            raise V1Error("permession.checkFailed")
        if not self._org.knows(owner):
            raise V1Error("permession.checkFailed", "群主不在应用可见性内")
        if owner not in users or not all(self._org.knows(user) for user in users):
            raise V1Error("parameter.invalid", "输入参数错误 useridlist")
        chat = self._org.create_chat(name, owner, users)
        return {"conversationTag": 2, "openConversationId": chat.open_id, "chatid": chat.chat_id}


def _body(call: Call) -> Json:
    """Return the body; a form counts as none."""
    kind = call.content_type.partition(";")[0].strip().lower()
    if kind != "application/json" or not call.body:
        raise V1Error("Missingbody")
    body = read_object(call.body)
    if body is None:
        raise V1Error("invalidParameter.msgBody.invalid")
    return body
