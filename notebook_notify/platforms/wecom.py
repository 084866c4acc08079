"""What WeCom's (企业微信) channels share: host, token call, reading of replies.

Pages: developer.work.weixin.qq.com/document/path/91039 (gettoken), 90313 (error codes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_notify.delivery.transport import Request, Upload
from notebook_notify.platforms import checks, replies
from notebook_notify.platforms.base import Channel, MediaLimits, Verdict
from notebook_notify.platforms.media import kind_of
from notebook_notify.targets import Field

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Reply
    from notebook_notify.messages import Attachment
    from notebook_notify.platforms.base import Token
    from notebook_notify.targets import Target

HOST = "https://qyapi.weixin.qq.com"
#: ``text.content``, in bytes of UTF-8; the server cuts what is longer without an error.
TEXT_LIMIT = 2048
#: Invalid, expired; 40001 is a wrong secret on ``gettoken`` and a bad token elsewhere.
REFRESH = frozenset({40014, 42001, 40001})
#: System busy, data version conflict, too many calls at the same moment.
BUSY = frozenset({-1, 6000, 45033})
#: Reply keys that list whom a message did not reach, although ``errcode`` is 0.
REFUSALS = ("invaliduser", "invalidparty", "invalidtag", "unlicenseduser")

CORP_ID = Field(
    "corp_id",
    (
        "企业微信管理后台 → 我的企业 → 企业信息 → 企业ID",
        "WeCom admin console → My Company (我的企业) → Company ID (企业ID)",
    ),
    env="WECOM_CORP_ID",
)
CORP_SECRET = Field(
    "corp_secret",
    (
        "企业微信管理后台 → 应用管理 → 自建 → 该应用 → Secret",
        "WeCom admin console → App Management (应用管理) → self-built app (自建) → Secret",
    ),
    env="WECOM_CORP_SECRET",
)
SAFE = Field(
    "safe",
    ("保密消息：true 或 false", "confidential message: true or false"),
    required=False,
    kind="flag",
)


class WeComChannel(Channel):
    """A channel that uses the token of a WeCom application."""

    text_limit = TEXT_LIMIT
    #: developer.work.weixin.qq.com/document/path/90253
    media = MediaLimits(frozenset({"png", "jpeg"}), 10 << 20, 20 << 20)

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is missing or not of its kind."""
        checks.check_fields(target, self.spec)

    def token_key(self, target: Target) -> str:
        """One token for each pair of enterprise and secret, which is one application."""
        host, corp_id = checks.host_of(target, HOST), str(target.get("corp_id"))
        return checks.token_key("wecom", host, corp_id.strip(), target.reveal("corp_secret"))

    def token_request(self, target: Target) -> Request:
        """``GET /cgi-bin/gettoken``; corpid and corpsecret go into the query."""
        return Request(
            "GET",
            checks.host_of(target, HOST) + "/cgi-bin/gettoken",
            {
                "corpid": str(target.get("corp_id")).strip(),
                "corpsecret": target.reveal("corp_secret"),
            },
            proxy=checks.proxy_of(target),
        )

    def read_token(self, reply: Reply) -> Token | Verdict:
        """The token, good for ``expires_in`` seconds, or why there is none."""
        return replies.read_token(reply, busy=BUSY)

    def upload_request(self, target: Target, attachment: Attachment, token: str) -> Request:
        """``POST /cgi-bin/media/upload``, the file in the part ``media``."""
        return Request(
            "POST",
            checks.host_of(target, HOST) + "/cgi-bin/media/upload",
            {"access_token": token, "type": kind_of(attachment)},
            proxy=checks.proxy_of(target),
            upload=Upload("media", attachment.name, attachment.data),
        )

    def read_upload(self, reply: Reply) -> Verdict:
        """By ``errcode``; good for three days."""
        return replies.read_upload(reply, busy=BUSY, refresh=REFRESH)

    def read(self, reply: Reply) -> Verdict:
        """By ``errcode``; ``partial`` if the reply lists people whom it did not reach."""
        verdict = replies.read(reply, busy=BUSY, refresh=REFRESH)
        if verdict.kind != "ok":
            return verdict
        payload = verdict.payload
        refused = {key: ids for key in REFUSALS if (ids := checks.names(payload.get(key)))}
        message_id = payload.get("msgid")
        return Verdict(
            "partial" if refused else "ok",
            payload,
            refused,
            str(message_id) if message_id else None,
        )

    @staticmethod
    def post(target: Target, path: str, token: str, payload: dict[str, Any]) -> Request:
        """A call of *path*; WeCom reads the token from the query only."""
        url = checks.host_of(target, HOST) + path
        return Request("POST", url, {"access_token": token}, payload, checks.proxy_of(target))
