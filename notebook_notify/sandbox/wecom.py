"""WeCom (企业微信): tokens, uploads, messages to an app's group chat and of an app to people.

Documents: developer.work.weixin.qq.com/document/path/91039 (gettoken), 90248 (appchat/send), 90236
(message/send), 90227 (agent/get), 94867 (message/recall), 90253 (media/upload), 90313 (error
codes). That a token is checked before everything else, a missing secret before a missing corp id,
and the caller's address only after the token, was observed; the order of the other checks is not
published.
"""

from __future__ import annotations

import json
import string
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_notify.sandbox import wecom_chats
from notebook_notify.sandbox.multipart import read_parts
from notebook_notify.sandbox.tokens import Tokens, TokenState
from notebook_notify.sandbox.uploads import wecom_errcode
from notebook_notify.sandbox.wecom_corp import MEMBERS, App, Chats, Recipients
from notebook_notify.sandbox.wecom_errors import RefusedError, refusal
from notebook_notify.sandbox.wire import (
    Answer,
    Call,
    Json,
    address_listed,
    answer_json,
    random_text,
    read_object,
    utf8_cut,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.inbox import Inbox
    from notebook_notify.sandbox.media import Media, MediaStore

MAX_CONTENT = 2048
"""Bytes of UTF-8 in text.content and markdown.content (path/90236, path/90248)."""
DUPLICATE_DEFAULT, DUPLICATE_MAX = 1800, 14400
"""Seconds of duplicate_check_interval (path/90236)."""
RECALL_WITHIN = 24 * 3600
"""Seconds after a message/send in which it can be recalled (path/94867)."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What message/send delivered; nothing if it was a repeat."""

    agent_id: int
    time: float
    message: Json | None


class WeCom:
    """One corp with two applications: `app` is in the targets, `other_app` is somebody else's."""

    def __init__(
        self,
        inbox: Inbox,
        media: MediaStore,
        clock: Callable[[], float],
        token_lifetime: float,
    ) -> None:
        """Deliver into `inbox`, keep uploads in `media`; tokens live `token_lifetime` seconds."""
        self.corp_id = "ww" + random_text(16, string.hexdigits[:16])
        self.app = App(1000002)
        self.other_app = App(1000003)
        self.trusted_ips: list[str] | None = None
        """Callers' addresses that pass (企业可信IP); None: all."""
        self._apps = {app.corp_secret: app for app in (self.app, self.other_app)}
        self._chats = Chats((self.app, self.other_app))
        self._inbox = inbox
        self._media = media
        self._clock = clock
        self._tokens = Tokens(lambda: random_text(214), token_lifetime, clock, renew=False)
        self._delivered_at: dict[tuple[int, str], float] = {}
        self._sent: dict[str, _Sent] = {}
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

    def is_upload(self, path: str) -> bool:
        """Tell whether this path takes uploads."""
        return path == "/cgi-bin/media/upload"

    def handle(self, call: Call) -> Answer:
        """Answer a call; errors come with HTTP 200, an unknown path is an empty HTTP 404."""
        post = {
            "/cgi-bin/appchat/create": self._appchat_create,
            "/cgi-bin/appchat/send": self._appchat_send,
            "/cgi-bin/appchat/update": self._appchat_update,
            "/cgi-bin/media/upload": self._upload,
            "/cgi-bin/message/recall": self._recall,
            "/cgi-bin/message/send": self._message_send,
        }
        get = {
            "/cgi-bin/agent/get": self._agent_get,
            "/cgi-bin/appchat/get": self._appchat_get,
            "/cgi-bin/gettoken": self._gettoken,
        }
        answer = (post | get).get(call.path)
        if answer is None:
            return Answer(b"", 404, "text/plain")
        try:
            if call.path in post:
                _require_method(call, "POST", 43002)
            else:
                _require_method(call, "GET", 43001)
            return answer_json(answer(call))
        except RefusedError as refused:
            reply = refusal(refused.errcode, address=call.address)
            return answer_json(reply | {"errmsg": refused.prefix + reply["errmsg"]})

    def refusal(self, errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
        """Return the reply for an errcode, its text with the hint that the platform appends."""
        return refusal(errcode, errmsg, sub_code)

    def revoke(self, call: Call) -> Answer:
        """Expire the token that the call carries and say so."""
        self._tokens.expire(call.query.get("access_token", ""))
        return answer_json(self.refusal(42001))

    def expire_tokens(self) -> None:
        """Expire every token."""
        self._tokens.expire()

    def _gettoken(self, call: Call) -> Json:
        secret = call.query.get("corpsecret")
        corp_id = call.query.get("corpid")
        if not secret:
            raise RefusedError(41004)
        if not corp_id:
            raise RefusedError(41002)
        if corp_id != self.corp_id:
            raise RefusedError(40013)
        if secret not in self._apps:
            raise RefusedError(40001)
        token, seconds = self._tokens.issue(secret)
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": seconds}

    def _caller(self, call: Call) -> App:
        """Return the application that the token belongs to, if the caller's address may call."""
        token = call.query.get("access_token")
        if not token:
            raise RefusedError(41001)
        match self._tokens.owner(token):
            case TokenState.UNKNOWN:
                raise RefusedError(40014)
            case TokenState.EXPIRED:
                raise RefusedError(42001)
            case str(secret):
                if not address_listed(call.address, self.trusted_ips):
                    raise RefusedError(60020)
                return self._apps[secret]

    def _open(self, call: Call) -> tuple[App, Json]:
        """Return the caller's application and the body, which is read only after the token."""
        app = self._caller(call)
        body = read_object(call.body)
        if body is None:
            raise RefusedError(40035, "Warning: wrong json format. ")
        return app, body

    def _upload(self, call: Call) -> Json:
        """Keep an upload, for the messages of every application of the corp."""
        self._caller(call)
        kind = call.query.get("type", "")
        part = (read_parts(call.content_type, call.body) or {}).get("media")
        errcode = wecom_errcode(kind, part)
        if part is None or errcode:
            raise RefusedError(errcode)
        media_id = "3" + random_text(65, string.ascii_letters + string.digits + "-_")
        now = self._media.add(self.corp_id, media_id, kind, part.filename or "", part.content)
        reply = {"errcode": 0, "errmsg": "", "type": kind, "media_id": media_id}
        return reply | {"created_at": str(int(now))}

    def _message(self, body: Json) -> tuple[str, Media | None]:
        """Return the content of a message of text, or the upload that it shows."""
        msgtype = body.get("msgtype")
        if msgtype not in ("image", "file"):
            return _content(body), None
        payload = body.get(msgtype)
        media_id = payload.get("media_id") if isinstance(payload, dict) else None
        if media_id is None or media_id == "":
            raise RefusedError(41006)
        found = isinstance(media_id, str) and self._media.find(self.corp_id, media_id, msgtype)
        if not found:
            raise RefusedError(40007)
        return "", found

    def _agent_get(self, call: Call) -> Json:
        app = self._caller(call)
        given = call.query.get("agentid", "")
        if not given:
            raise RefusedError(41011)
        if given not in {str(one.agent_id) for one in self._apps.values()}:
            raise RefusedError(40056)
        if given != str(app.agent_id):
            raise RefusedError(301002)
        return {"errcode": 0, "errmsg": "ok", **app.entry()}

    def _appchat_create(self, call: Call) -> Json:
        app, body = self._open(call)
        return wecom_chats.create(self._chats, app, body)

    def _appchat_update(self, call: Call) -> Json:
        app, body = self._open(call)
        return wecom_chats.update(self._chats, app, body)

    def _appchat_get(self, call: Call) -> Json:
        return wecom_chats.get(self._chats, self._caller(call), call.query.get("chatid"))

    def _appchat_send(self, call: Call) -> Json:
        app, body = self._open(call)
        chat_id = self._chats.of(app, body.get("chatid")).chat_id
        content, media = self._message(body)
        if len(content.encode()) > MAX_CONTENT:
            raise RefusedError(45002)
        _require_flag(body, "safe")
        self._inbox.add("wecom", "wecom_chat", chat_id, body["msgtype"], content, media)
        return {"errcode": 0, "errmsg": "ok"}

    def _message_send(self, call: Call) -> Json:
        app, body = self._open(call)
        recipients = Recipients.read(body)
        content, media = self._app_message(app, body)
        if not recipients.valid:
            raise RefusedError(81013)
        message = None
        if not self._is_duplicate(app, body):
            to = recipients.valid
            message = self._inbox.add("wecom", "wecom_app", to, body["msgtype"], content, media)
        msgid = random_text(64)
        self._sent[msgid] = _Sent(app.agent_id, self._clock(), message)
        return {"errcode": 0, "errmsg": "ok", **recipients.refused, "msgid": msgid}

    def _recall(self, call: Call) -> Json:
        """Take a message back; which code an old or unknown msgid has is not published."""
        app, body = self._open(call)
        msgid = body.get("msgid")
        if msgid is None or msgid == "":
            raise RefusedError(40063)
        sent = self._sent.get(msgid) if isinstance(msgid, str) else None
        if sent is None or sent.agent_id != app.agent_id:
            raise RefusedError(40058)
        if self._clock() - sent.time > RECALL_WITHIN:
            raise RefusedError(40058)
        if sent.message is not None:
            self._inbox.recall(sent.message)
        return {"errcode": 0, "errmsg": "ok"}

    def _app_message(self, app: App, body: Json) -> tuple[str, Media | None]:
        """Check agentid, msgtype, content and flags; return what is delivered."""
        agent_id = body.get("agentid")
        if agent_id is None:
            raise RefusedError(41011)
        # A number by the document; corpwechatbot and many scripts send its digits as a text
        if isinstance(agent_id, str) and agent_id.isascii() and agent_id.isdigit():
            agent_id = int(agent_id)
        # type(): a bool is an int to isinstance, and the platform wants a number
        if type(agent_id) is not int or all(agent_id != a.agent_id for a in self._apps.values()):
            raise RefusedError(40056)
        if agent_id != app.agent_id:
            raise RefusedError(301002)
        if not app.enabled:
            raise RefusedError(50003)
        content, media = self._message(body)
        if body["msgtype"] == "text":
            content = utf8_cut(content, MAX_CONTENT)
        elif len(content.encode()) > MAX_CONTENT:
            raise RefusedError(45002)
        _require_flag(body, "safe")
        _require_flag(body, "enable_duplicate_check")
        return content, media

    def _is_duplicate(self, app: App, body: Json) -> bool:
        """Tell whether a request that asks for the check repeats one within its interval."""
        interval = _given(body, "duplicate_check_interval", DUPLICATE_DEFAULT)
        if type(interval) is not int or not 0 < interval <= DUPLICATE_MAX:
            raise RefusedError(40035)
        if _given(body, "enable_duplicate_check", 0) == 0:
            return False
        key = app.agent_id, json.dumps(body, sort_keys=True)
        with self._lock:
            now = self._clock()
            if now - self._delivered_at.get(key, float("-inf")) < interval:
                return True
            self._delivered_at[key] = now
            return False


def _content(body: Json) -> str:
    """Return the content of a text or markdown message."""
    msgtype = body.get("msgtype")
    if msgtype not in ("text", "markdown"):
        raise RefusedError(40008)
    payload = body.get(msgtype)
    content = payload.get("content") if isinstance(payload, dict) else None
    if content is None or content == "":
        raise RefusedError(44004)
    if not isinstance(content, str):
        raise RefusedError(40035)
    if not content.strip():
        raise RefusedError(44004)
    return content


def _require_flag(body: Json, name: str) -> None:
    """Refuse a flag that is neither 0 nor 1."""
    value = _given(body, name, 0)
    if type(value) is not int or value not in {0, 1}:
        raise RefusedError(40035)


def _given(body: Json, name: str, default: int) -> object:
    """Return a field; null is as good as absent: corpwechatbot sends unused ones so."""
    value = body.get(name)
    return default if value is None else value


def _require_method(call: Call, method: str, errcode: int) -> None:
    if call.method != method:
        raise RefusedError(errcode)
