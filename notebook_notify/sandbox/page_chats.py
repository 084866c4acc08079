"""How each channel's chat is named and drawn, and which chats have a phone of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_notify.sandbox.page_text import TEXTS, clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_notify.sandbox.wire import Json

MAX_BYTES = 2048
"""Bytes of UTF-8 in one message, shown beside each one's size (both platforms' documents)."""
MAX_MARKDOWN = 5000
"""Characters in DingTalk's Markdown, title and text together."""
MAX_ROBOT_MARKDOWN = 4096
"""Bytes of UTF-8 in the Markdown of WeCom's group robots."""

RICH = frozenset({"markdown", "markdown_v2", "actionCard"})
"""The msgtypes whose content is Markdown."""


@dataclass(frozen=True, slots=True)
class Chat:
    """How one channel is named, and the magic that writes to it."""

    zh: str
    en: str
    magic: str
    colour: str

    def name(self, lang: str) -> str:
        """Return the name in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en


CHATS = {
    "wecom_chat": Chat("企业微信群", "WeCom group", "%%notify_wechat", "#2a7cf6"),
    "wecom_app": Chat("企业微信应用", "WeCom app", "%%notify_wechat_app", "#0a9d58"),
    "dingtalk_chat": Chat("钉钉群", "DingTalk group", "%%notify_dingtalk", "#1668dc"),
    "wecom_robot": Chat("企业微信群机器人", "WeCom robot", "%%notify_wechat", "#4f5bd5"),
    "dingtalk_robot": Chat("钉钉群机器人", "DingTalk robot", "%%notify_dingtalk", "#0e7490"),
    "dingtalk_app_robot": Chat(
        "钉钉应用机器人", "DingTalk app robot", "%%notify_dingtalk", "#8250c4"
    ),
    "dingtalk_notice": Chat("钉钉工作通知", "DingTalk notice", "%%notify_dingtalk", "#b4560f"),
}
PHONES = 3
"""Phones that are drawn even if nothing came: the first ones of the table."""


def by_channel(messages: Iterable[Json]) -> dict[str, list[Json]]:
    """Return the messages of each channel, in the order in which the channels first spoke."""
    groups: dict[str, list[Json]] = {}
    for message in messages:
        groups.setdefault(message["channel"], []).append(message)
    return groups


def drawn(spoken: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the channels that get a phone and those that are named only.

    Whoever has spoken gets one; the first of the table fill up to `PHONES`.
    """
    shown = list(spoken)
    shown += [one for one in CHATS if one not in shown][: max(0, PHONES - len(shown))]
    return shown, [one for one in CHATS if one not in shown]


def also(rest: list[str], lang: str) -> str:
    """Return the line of the channels that have no phone yet, each with its target's name."""
    if not rest:
        return ""
    names = "".join(
        f"<span><i>{CHATS[one].name(lang)}</i> <code>sandbox-{one}</code></span>" for one in rest
    )
    return f'<p class="also">{TEXTS[lang]["also"]}{names}</p>'


def measure(message: Json, lang: str) -> str:
    """Return kind and size of a text, its bound and its title."""
    texts = TEXTS[lang]
    content, title = message["content"], shorten(clean(message["title"]))
    if (message["channel"], message["msgtype"]) == ("dingtalk_chat", "markdown"):
        size = len(message["title"]) + len(content)
        measured = f"markdown · {size:,} / {MAX_MARKDOWN:,} {texts['characters']}"
    else:
        kind = texts["text"] if message["msgtype"] == "text" else clean(message["msgtype"])
        most = _most(message)
        size = len(content.encode(errors="replace"))
        measured = f"{kind} · {size:,}{f' / {most:,}' if most else ''} {texts['bytes']}"
    return f"{measured} · {texts['title']}: {title}" if title else measured


def _most(message: Json) -> int | None:
    """Return how many bytes the content may have; None where only the whole request is bounded."""
    if message["channel"] in {"dingtalk_robot", "dingtalk_app_robot"}:
        return None
    if message["msgtype"] in {"news", "template_card"}:
        return None
    robot = message["channel"] == "wecom_robot"
    return MAX_ROBOT_MARKDOWN if robot and message["msgtype"] in RICH else MAX_BYTES
