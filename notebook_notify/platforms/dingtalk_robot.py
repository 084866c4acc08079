"""DingTalk custom robot (自定义机器人): a webhook of one group.

It carries text and Markdown alone: a picture can only be linked to, where the target names a
function that stores it. Pages on open.dingtalk.com: custom-robots-send-group-messages,
customize-robot-security-settings.
"""

from __future__ import annotations

import base64
import hmac
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from notebook_notify.delivery.pacing import Pace
from notebook_notify.delivery.transport import Request
from notebook_notify.fields import Field, Spec
from notebook_notify.messages import Image, named
from notebook_notify.platforms import checks
from notebook_notify.platforms.base import MarkdownLimits, Media, MediaLimits, Mention, Words
from notebook_notify.platforms.dingtalk import HOST, TITLE_LIMIT
from notebook_notify.platforms.media import UnfitError
from notebook_notify.platforms.webhooks import EVERYONE, PER_MINUTE, WebhookChannel, mobile
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.messages import Attachment
    from notebook_notify.targets import Target

#: The most people of one message.
MOST_MENTIONED = 50
#: The largest picture that is handed to the target's function, in bytes; ours to choose.
IMAGE_BYTES = 5 << 20


class DingTalkRobot(WebhookChannel):
    """Sends to the robot's group."""

    spec = Spec(
        kind="dingtalk_robot",
        platform="dingtalk",
        magic="dingtalk",
        title=("钉钉群机器人", "DingTalk group robot"),
        fields=(
            Field(
                "webhook",
                (
                    "钉钉群 → 群设置 → 机器人 → 添加机器人 → 自定义 → Webhook 地址",
                    "DingTalk group → settings → Robots (机器人) → add → Custom (自定义) → Webhook",
                ),
                env="DINGTALK_WEBHOOK",
            ),
            Field(
                "secret",
                (
                    "该机器人 → 安全设置 → 加签 → 以 SEC 开头的密钥",
                    "the robot → Security (安全设置) → Sign (加签) → the secret (SEC…)",
                ),
                required=False,
                env="DINGTALK_SECRET",
            ),
            Field(
                "keyword",
                (
                    "该机器人 → 安全设置 → 自定义关键词，填其中一个",
                    "the robot → Security (安全设置) → Keywords (自定义关键词): one of them",
                ),
                required=False,
            ),
            Field(
                "image_url",
                (
                    "您的存图函数，写作 模块:函数：收到 (文件名, 内容)，返回 https 地址",
                    "your function, module:function: (name, bytes) to an https address",
                ),
                required=False,
                kind="function",
            ),
        ),
    )
    host = HOST
    parameter = "access_token"
    busy = frozenset({-1})
    takes_keys = True
    #: Who is faster is shut out for ten minutes, under any of these codes.
    pace = Pace(PER_MINUTE, 60, dict.fromkeys((410100, 130101, 660026), 600))
    #: The platform takes a body of 20,000 bytes (460101), some twenty screens. This is two
    #: screens of a phone, as of the other channels, and fits were each byte to be escaped.
    text_limit = 2048
    markdown = MarkdownLimits("dingtalk", 2048)
    media = MediaLimits(frozenset(), 0, 0, frozenset())

    def media_for(self, target: Target) -> MediaLimits:
        """Pictures, where the target names a function that stores them."""
        if not target.get("image_url"):
            return self.media
        return MediaLimits(frozenset({"png", "jpeg", "gif"}), IMAGE_BYTES, 0, frozenset())

    def mention(self, people: tuple[str, ...], *, markdown: bool) -> Mention:  # noqa: ARG002
        """The text names them too: without that, nothing is highlighted."""
        rung, quiet = people[:MOST_MENTIONED], people[MOST_MENTIONED:]
        shown = ("所有人" if one == EVERYONE else mobile(one) or one for one in people)
        return Mention(rung, named(shown), quiet)

    def request(
        self,
        target: Target,
        content: Words | Media,
        token: str,  # noqa: ARG002 - there is none
        *,
        once: str | None = None,
    ) -> Request:
        """``POST /robot/send``, signed anew each time; of two with one ``msgUuid`` one arrives."""
        query = {"access_token": self.key(target)}
        if target.get("secret"):
            now = time.time_ns() // 1_000_000
            # Percent-encoded with the rest of the query, and only there.
            query |= {"timestamp": str(now), "sign": sign(target.reveal("secret").strip(), now)}
        payload = self.wire(content)
        if keyword := str(target.get("keyword") or "").strip():
            _add(keyword, payload)
        if once is not None:
            payload["msgUuid"] = once
        url = f"{checks.host_of(target, self.host)}/robot/send"
        return Request("POST", url, query, payload, checks.proxy_of(target))

    def wire(self, content: Words | Media) -> dict[str, Any]:
        """``msgtype``, what belongs to it, and ``at``."""
        if isinstance(content, Media):  # its id is its address
            alt = content.name.translate(_NO_MARKS)
            body = {"title": content.name[:TITLE_LIMIT], "text": f"![{alt}]({content.media_id})"}
            return {"msgtype": "markdown", "markdown": body}
        wire = super().wire(content)
        if content.mention:
            numbers = [number for one in content.mention if (number := mobile(one))]
            ids = [one for one in content.mention if one != EVERYONE and mobile(one) is None]
            everyone = EVERYONE in content.mention
            wire["at"] = {"atMobiles": numbers, "atUserIds": ids, "isAtAll": everyone}
        return wire

    def markdown_body(self, words: Words) -> dict[str, str]:
        """A title is required; it is all that the lock screen and the list of chats show."""
        return {"title": words.title[:TITLE_LIMIT], "text": words.text}

    def carried(self, target: Target, attachment: Attachment, seconds: float) -> Media | None:
        """A picture at the address that the target's function gives it."""
        if not isinstance(attachment, Image):
            return None
        return Media("image", _stored(target, attachment, seconds), attachment.name)


def sign(secret: str, timestamp: int) -> str:
    """The signature of a call, in base64, not yet percent-encoded.

    Args:
        secret: the robot's, which begins with ``SEC``.
        timestamp: milliseconds since the epoch; good for an hour.

    See open.dingtalk.com, customize-robot-security-settings.
    """
    key, signed = (one.encode("utf-8", "replace") for one in (secret, f"{timestamp}\n{secret}"))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _add(keyword: str, payload: dict[str, Any]) -> None:
    """Have the message hold *keyword*: in the text, and in the title if it has one."""
    if payload["msgtype"] == "text":
        body, key = payload["text"], "content"
    else:
        body, key = payload["markdown"], "text"
        if keyword not in body["title"]:
            short = body["title"][: max(0, TITLE_LIMIT - len(keyword) - 1)]
            body["title"] = f"{short} {keyword}".strip()
    if keyword not in body[key]:
        body[key] += f"\n\n{keyword}"


def _stored(target: Target, image: Image, seconds: float) -> str:
    """The address that the target's function gives *image*.

    Raises:
        UnfitError: it fails, takes longer than *seconds*, or gives no address.
    """
    named_by = str(target.get("image_url")).strip()
    told: list[str] = []  # the address, or an empty text and the problem

    def store() -> None:
        import importlib

        try:
            module, _, path = named_by.partition(":")
            function: Any = importlib.import_module(module)
            for name in path.split("."):
                function = getattr(function, name)
            url = function(image.name, image.data)
        except BaseException as error:  # noqa: BLE001 - a user's function raises what it likes
            told.extend(("", f"{type(error).__name__}: {error}"))
        else:
            good = isinstance(url, str) and _ADDRESS.fullmatch(url.strip())
            no = say("返回的不是 https 地址", "it gave no https address")
            told.extend((url.strip(),) if good else ("", no))

    # On a thread of its own: a function that hangs must not keep the text back.
    thread = threading.Thread(target=store, name="notebook_notify", daemon=True)
    thread.start()
    thread.join(seconds)
    url, *why = told or ["", say("太慢", "it took too long")]
    if url:
        return url
    problem = " ".join(why)
    raise UnfitError(
        say(
            f"{image.name} 留在笔记本中：{named_by}：{problem}",
            f"{image.name} stays in the notebook: {named_by}: {problem}",
        )
    )


#: An address that Markdown takes as it stands.
_ADDRESS = re.compile(r"https://[^\s()<>\"'\\]+")
_NO_MARKS = str.maketrans("", "", "[]!`")
