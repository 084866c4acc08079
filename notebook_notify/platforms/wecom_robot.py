"""WeCom group robot (群机器人, now also 消息推送): a webhook of one group.

It needs no administrator and no list of addresses. Page:
developer.work.weixin.qq.com/document/path/99110.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

from notebook_notify.delivery.pacing import Pace
from notebook_notify.delivery.transport import Request, Upload
from notebook_notify.fields import Field, Spec
from notebook_notify.messages import Image, named
from notebook_notify.platforms import checks
from notebook_notify.platforms.base import MarkdownLimits, Media, MediaLimits, Mention
from notebook_notify.platforms.webhooks import EVERYONE, PER_MINUTE, WebhookChannel, mobile
from notebook_notify.platforms.wecom import BUSY, HOST, RESTS, TEXT_LIMIT

if TYPE_CHECKING:
    from notebook_notify.messages import Attachment
    from notebook_notify.platforms.base import Words
    from notebook_notify.targets import Target

#: The line under a table's head, which only ``markdown_v2`` shows as a table.
_TABLE = re.compile(r"(?m)^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$")
#: What only ``markdown`` knows: colours, mentions.
_V1_ONLY = ("<font", "<@")


class WeComRobot(WebhookChannel):
    """Sends to the robot's group."""

    spec = Spec(
        kind="wecom_robot",
        platform="wecom",
        magic="wechat",
        title=("企业微信群机器人", "WeCom group robot"),
        fields=(
            Field(
                "webhook",
                (
                    "企业微信群 → 右上角 ··· → 消息推送（群机器人）→ 添加 → Webhook 地址",
                    "WeCom group → ··· → Message Push (消息推送, group robot) → add → Webhook URL",
                ),
                env="WECOM_WEBHOOK",
            ),
        ),
    )
    host = HOST
    parameter = "key"
    busy = BUSY
    pace = Pace(PER_MINUTE, 60, RESTS)
    text_limit = TEXT_LIMIT
    markdown = MarkdownLimits("wecom", 4096)
    #: A picture of 2 MB before it becomes base64; a file of 20 MB.
    media = MediaLimits(frozenset({"png", "jpeg"}), 2 << 20, 20 << 20)

    def mention(self, people: tuple[str, ...], *, markdown: bool) -> Mention:
        """A text's people stand beside it; Markdown names them, and rings ids alone."""
        if not markdown:
            return Mention(people)
        ids = tuple(one for one in people if one != EVERYONE and mobile(one) is None)
        quiet = tuple(one for one in people if one not in ids)
        marked = " ".join(f"<@{one.translate(_NO_MARKS)}>" for one in ids)
        return Mention(ids, " ".join(filter(None, (marked, named(quiet)))), quiet)

    def inert(self, text: str) -> str:
        """``<@userid>`` rings in a plain text as well, and a cell may print it by chance."""
        return text.replace("<@", "<\u200b@")

    def request(
        self,
        target: Target,
        content: Words | Media,
        token: str,  # noqa: ARG002 - there is none
        *,
        once: str | None = None,  # noqa: ARG002 - nor a check for repeats
    ) -> Request:
        """``POST /cgi-bin/webhook/send``."""
        url = f"{checks.host_of(target, self.host)}/cgi-bin/webhook/send"
        proxy = checks.proxy_of(target)
        return Request("POST", url, {"key": self.key(target)}, self.wire(content), proxy)

    def wire(self, content: Words | Media) -> dict[str, Any]:
        """``msgtype`` and what belongs to it."""
        if isinstance(content, Media):
            if content.kind == "image":
                # The sum is of the picture itself, not of its base64 form.
                md5 = hashlib.md5(content.data, usedforsecurity=False).hexdigest()
                data = base64.b64encode(content.data).decode()
                return {"msgtype": "image", "image": {"base64": data, "md5": md5}}
            return super().wire(content)
        if content.markdown:
            text = content.text
            new = _TABLE.search(text) and not any(mark in text for mark in _V1_ONLY)
            kind = "markdown_v2" if new else "markdown"
            return {"msgtype": kind, kind: self.markdown_body(content)}
        text_body: dict[str, Any] = {"content": content.text}
        numbers = [number for one in content.mention if (number := mobile(one))]
        ids = [f"@{one}" if one == EVERYONE else one for one in content.mention if not mobile(one)]
        if ids:
            text_body["mentioned_list"] = ids
        if numbers:
            text_body["mentioned_mobile_list"] = numbers
        return {"msgtype": "text", "text": text_body}

    def markdown_body(self, words: Words) -> dict[str, str]:
        """There is no title."""
        return {"content": words.text}

    def carried(
        self,
        target: Target,  # noqa: ARG002
        attachment: Attachment,
        seconds: float,  # noqa: ARG002
    ) -> Media | None:
        """A picture is in the message itself."""
        if isinstance(attachment, Image):
            return Media("image", "", attachment.name, attachment.data)
        return None

    def upload_request(
        self,
        target: Target,
        attachment: Attachment,
        token: str,  # noqa: ARG002
    ) -> Request:
        """``POST /cgi-bin/webhook/upload_media``; that another robot takes its id is not said."""
        return Request(
            "POST",
            f"{checks.host_of(target, self.host)}/cgi-bin/webhook/upload_media",
            {"key": self.key(target), "type": "file"},
            proxy=checks.proxy_of(target),
            upload=Upload("media", attachment.name, attachment.data),
        )


#: What would end a mention's mark, or begin another.
_NO_MARKS = str.maketrans("", "", "<>")
