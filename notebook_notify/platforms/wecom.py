"""What WeCom's (企业微信) channels share: host, token call, reading of replies.

Pages: developer.work.weixin.qq.com/document/path/91039 (gettoken), 90313 (error codes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.fields import Field
from notebook_notify.platforms.base import MarkdownLimits, MediaLimits
from notebook_notify.platforms.errcode import AppChannel

if TYPE_CHECKING:
    from notebook_notify.platforms.base import Words

HOST = "https://qyapi.weixin.qq.com"
#: ``text.content`` and ``markdown.content``, in bytes of UTF-8; the server cuts what is longer
#: without an error (developer.work.weixin.qq.com/document/path/90236, 90248).
TEXT_LIMIT = 2048
#: Invalid, expired; 40001 is a wrong secret on ``gettoken`` and a bad token elsewhere.
REFRESH = frozenset({40014, 42001, 40001})
#: System busy, data version conflict, too many calls at the same moment.
BUSY = frozenset({-1, 6000, 45033})
#: Too many calls a minute are answered so, for 60 s
#: (developer.work.weixin.qq.com/document/path/90312).
RESTS: dict[int | str, float] = {45009: 60.0}

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


class WeComChannel(AppChannel):
    """A channel that uses the token of a WeCom application."""

    host = HOST
    root = "/cgi-bin"
    app = ("corpid", "corp_id")
    secret = ("corpsecret", "corp_secret")
    busy = BUSY
    refresh = REFRESH
    message_id = "msgid"
    text_limit = TEXT_LIMIT
    markdown = MarkdownLimits("wecom", TEXT_LIMIT)
    #: developer.work.weixin.qq.com/document/path/90253
    media = MediaLimits(frozenset({"png", "jpeg"}), 10 << 20, 20 << 20)

    def markdown_body(self, words: Words) -> dict[str, str]:
        """WeCom has no title; the WeChat plug-in (微信插件) shows no Markdown."""
        return {"content": words.text}
