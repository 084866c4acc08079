"""What the channels of DingTalk's (钉钉) legacy host share: host, token call, reading of replies.

Pages on open.dingtalk.com: obtain-orgapp-token, server-api-error-codes-1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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

HOST = "https://oapi.dingtalk.com"
#: Bad token under its several names; each also comes wrapped into code 88.
REFRESH = frozenset({40014, 42001, 40001, 33001})
#: System busy, sending failed for now, and the two limits that a second's wait clears.
BUSY = frozenset({-1, 34015, 90002, 90018})

APP_KEY = Field(
    "app_key",
    (
        "钉钉开发者后台 → 应用开发 → 该应用 → 凭证与基础信息 → Client ID（原 AppKey）",
        "DingTalk developer console → the app → Credentials (凭证与基础信息) → Client ID (AppKey)",
    ),
    env="DINGTALK_APP_KEY",
)
APP_SECRET = Field(
    "app_secret",
    (
        "钉钉开发者后台 → 应用开发 → 该应用 → 凭证与基础信息 → Client Secret（原 AppSecret）",
        (
            "DingTalk developer console → the app → Credentials (凭证与基础信息) → "
            "Client Secret (AppSecret)"
        ),
    ),
    env="DINGTALK_APP_SECRET",
)


class DingTalkChannel(Channel):
    """A channel that uses the legacy token of a DingTalk application."""

    #: open.dingtalk.com, upload-media-files; neither text files nor CSV are taken.
    media = MediaLimits(
        frozenset({"png", "jpeg", "gif", "bmp"}),
        20 << 20,
        20 << 20,
        frozenset({"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"}),
    )

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is missing or not of its kind."""
        checks.check_fields(target, self.spec)

    def token_key(self, target: Target) -> str:
        """One token for each application."""
        host, app_key = checks.host_of(target, HOST), str(target.get("app_key"))
        return checks.token_key("dingtalk", host, app_key.strip(), target.reveal("app_secret"))

    def token_request(self, target: Target) -> Request:
        """``GET /gettoken``; appkey and appsecret go into the query, a body is not read."""
        return Request(
            "GET",
            checks.host_of(target, HOST) + "/gettoken",
            {
                "appkey": str(target.get("app_key")).strip(),
                "appsecret": target.reveal("app_secret"),
            },
            proxy=checks.proxy_of(target),
        )

    def read_token(self, reply: Reply) -> Token | Verdict:
        """The token, good for ``expires_in`` seconds, or why there is none."""
        return replies.read_token(reply, busy=BUSY)

    def upload_request(self, target: Target, attachment: Attachment, token: str) -> Request:
        """``POST /media/upload``, the file in the part ``media``."""
        return Request(
            "POST",
            checks.host_of(target, HOST) + "/media/upload",
            {"access_token": token, "type": kind_of(attachment)},
            proxy=checks.proxy_of(target),
            upload=Upload("media", attachment.name, attachment.data),
        )

    def read_upload(self, reply: Reply) -> Verdict:
        """By ``errcode``, that inside code 88 included."""
        return replies.read_upload(reply, busy=BUSY, refresh=REFRESH)

    def read(self, reply: Reply) -> Verdict:
        """By ``errcode``, that inside code 88 included."""
        verdict = replies.read(reply, busy=BUSY, refresh=REFRESH)
        message_id = verdict.payload.get("messageId")
        if verdict.kind != "ok" or not message_id:
            return verdict
        return Verdict("ok", verdict.payload, message_id=str(message_id))
