"""What the channels of DingTalk's (钉钉) legacy host share: host, token call, reading of replies.

Pages on open.dingtalk.com: obtain-orgapp-token, server-api-error-codes-1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.delivery.pacing import Pace
from notebook_notify.fields import Field
from notebook_notify.platforms.base import MediaLimits
from notebook_notify.platforms.errcode import AppChannel

if TYPE_CHECKING:
    from notebook_notify.platforms.base import Words

HOST = "https://oapi.dingtalk.com"
#: Bad token under its several names; each also comes wrapped into code 88.
REFRESH = frozenset({40014, 42001, 40001, 33001})
#: System busy, sending failed for now, and the two limits that a second's wait clears.
BUSY = frozenset({-1, 34015, 90002, 90018})

#: What a call is refused with that the application has no permission for.
NO_PERMISSION: frozenset[int | str] = frozenset({60011})

#: ``status`` of a group that was disbanded: open.dingtalk.com, obtain-a-group-session.
DISBANDED = 2

#: ``markdown.title``, in characters: open.dingtalk.com, server-api-error-codes-1, code 34016.
TITLE_LIMIT = 64

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


class DingTalkChannel(AppChannel):
    """A channel that uses the legacy token of a DingTalk application."""

    host = HOST
    root = ""
    app = ("appkey", "app_key")
    secret = ("appsecret", "app_secret")
    busy = BUSY
    refresh = REFRESH
    message_id = "messageId"
    #: So many calls a second of one application to one API, else a second's rest. The month's
    #: quota (90020) is not waited for here: its end is not known, and may be bought at any time
    #: (open.dingtalk.com, how-to-process-api-throttling).
    pace = Pace(20, 1, dict.fromkeys((90001, 90002, 90003, 90004, 90005, 90006, 90017, 90018), 1.0))
    #: open.dingtalk.com, upload-media-files; neither text files nor CSV are taken.
    media = MediaLimits(
        frozenset({"png", "jpeg", "gif", "bmp"}),
        20 << 20,
        20 << 20,
        frozenset({"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"}),
    )

    def markdown_body(self, words: Words) -> dict[str, str]:
        """A title is required; it is all that the lock screen and the list of chats show."""
        return {"title": words.title[:TITLE_LIMIT], "text": words.text}
