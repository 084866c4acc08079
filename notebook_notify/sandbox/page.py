"""The inbox as a phone would show it: a page, a fragment for a notebook's output, plain text.

Messages may hold anything, so every text is stripped of what is not text (terminal sequences,
control and direction marks) and escaped here, at the one place where it becomes HTML.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from notebook_notify.sandbox import markup, page_media
from notebook_notify.sandbox.looks import FRAGMENT, PAGE
from notebook_notify.sandbox.page_chats import CHATS, RICH, also, by_channel, drawn, measure
from notebook_notify.sandbox.page_text import TEXTS, clean, shorten, size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from notebook_notify.sandbox.looks import Looks
    from notebook_notify.sandbox.page_media import Load
    from notebook_notify.sandbox.wire import Json

NEW_TIME_AFTER = timedelta(minutes=5)
"""A pause after which the chat shows the time again, as the apps do."""


def full(messages: Sequence[Json], lang: str, nonce: str, load: Load) -> str:
    """Return the page: the chats as phones, refreshed by itself.

    Args:
        messages: the inbox, oldest first.
        lang: "zh" or "en".
        nonce: of the response's Content-Security-Policy, for the page's own style and script.
        load: returns the bytes of a message's media, to tell what is still there and how it begins.
    """
    texts = TEXTS[lang]
    groups = by_channel(messages)
    order, rest = drawn(groups)
    tabs = "".join(
        f'<a href="#{escape(channel)}">{CHATS[channel].name(lang)}'
        f"<b>{len(groups.get(channel, ()))}</b></a>"
        for channel in order
    )
    phones = "".join(_phone(channel, groups.get(channel, []), lang, load) for channel in order)
    others = also(rest, lang)
    state = hashlib.sha256((tabs + phones + others).encode()).hexdigest()
    assets = files("notebook_notify.sandbox")
    style = assets.joinpath("page.css").read_text(encoding="utf-8")
    script = assets.joinpath("page.js").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<noscript><meta http-equiv="refresh" content="3"></noscript>'
        f'<title>沙盒 Sandbox</title><style nonce="{nonce}">{style}</style></head><body>'
        f"<header><h1>沙盒 <span>Sandbox</span></h1><p>{texts['note']}</p></header>"
        f'<main data-state="{state}"><nav>{tabs}</nav><div class="phones">{phones}</div>'
        f"{others}</main>"
        f'<script nonce="{nonce}">{script}</script></body></html>'
    )


def _phone(channel: str, messages: Sequence[Json], lang: str, load: Load) -> str:
    texts, chat = TEXTS[lang], CHATS[channel]
    if messages:
        to = shorten(clean(messages[-1]["to"]))
        flow = "".join(_bubble(*pair, lang, load) for pair in _with_times(messages))
    else:
        to = "\N{NO-BREAK SPACE}"
        flow = (
            f'<div class="empty"><p>{texts["nothing"]}</p>'
            f"<p>{texts['todo']}</p><code>{chat.magic}</code></div>"
        )
    return (
        f'<section class="phone {escape(channel)}" id="{escape(channel)}">'
        f'<div class="top"><b>{texts["sandbox"]} · {chat.name(lang)}</b>'
        f"<span>{escape(to)}</span></div>"
        f'<div class="chat" tabindex="0"><div class="flow">{flow}</div></div>'
        f'<div class="foot">{texts["hint"]}</div></section>'
    )


def _bubble(message: Json, when: str | None, lang: str, load: Load) -> str:
    time = f"<time>{when}</time>" if when else ""
    if message["media"]:
        body = page_media.on_page(message, lang, load)
    else:
        kind = "bubble rich" if message["msgtype"] in RICH else "bubble"
        body = f'<div class="{kind}">{_text(message, PAGE)}</div>'
    body += _called(message, PAGE)
    gone = ' class="recalled"' if message.get("recalled") else ""
    return (
        f'{time}<article{gone}><i class="avatar" aria-hidden="true">N</i><div>'
        f'<span class="sender">{TEXTS[lang]["sender"]}</span>'
        f'{body}<span class="meta">{escape(_meta(message, lang))}</span></div></article>'
    )


def _text(message: Json, looks: Looks) -> str:
    """Return the HTML of a text, or of Markdown as the platform's clients draw it."""
    content = clean(message["content"])
    if message["msgtype"] not in RICH:
        return escape(content).replace("\n", "<br>")
    if message["platform"] == "dingtalk":
        return markup.dingtalk(content, looks)
    if message["msgtype"] == "markdown_v2":
        return markup.wecom_v2(content, looks)
    return markup.wecom(content, looks)


def _called(message: Json, looks: Looks) -> str:
    """Return whom a message calls, as a line of its own; a message need not call anybody."""
    names = _names(message)
    return f"<div {looks['called']}>{escape(names)}</div>" if names else ""


def _names(message: Json) -> str:
    """Return whom a message calls, each with one @: WeCom's "@all" has its own."""
    names = (shorten(clean(name).removeprefix("@")) for name in message.get("mentions", ()))
    return " ".join(f"@{name}" for name in names)


_INLINE = {
    "row": "display:flex;flex-wrap:wrap;gap:14px;margin:6px 0;align-items:flex-start",
    "card": (
        "width:100%;max-width:390px;border:1px solid #c9ccd1;border-radius:20px;overflow:hidden;"
        "background:#ededed;color:#181818;font:14px/1.55 -apple-system,BlinkMacSystemFont,"
        "'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif;box-sizing:border-box"
    ),
    "top": (
        "background:#f7f7f7;color:#181818;border-bottom:1px solid #dcdcdc;padding:9px 14px;"
        "text-align:center;font-size:15px;font-weight:600"
    ),
    "scroll": "max-height:460px;overflow:auto;display:flex;flex-direction:column-reverse",
    "flow": "padding:4px 12px 12px",
    "time": "text-align:center;color:#767676;font-size:12px;margin:10px 0 6px",
    "message": "display:flex;gap:9px;margin:0 0 10px;align-items:flex-start",
    "avatar": (
        "flex:none;width:34px;height:34px;border-radius:7px;color:#fff;font-weight:700;"
        "text-align:center;line-height:34px"
    ),
    "bubble": (
        "background:#fff;color:#181818;border-radius:7px;padding:8px 11px;white-space:pre-wrap;"
        "overflow-wrap:anywhere"
    ),
    "meta": "color:#6b6b6b;font-size:11px;margin:3px 2px 0",
    "foot": (
        "border-top:1px solid #dcdcdc;background:#f7f7f7;color:#666;font-size:12px;"
        "padding:7px 14px;text-align:center"
    ),
    "empty": "padding:34px 20px;text-align:center;color:#555",
    "code": "background:#fff;color:#181818;padding:2px 7px;border-radius:5px;font-size:13px",
}


def inline(messages: Sequence[Json], url: str, lang: str, load: Load | None = None) -> str:
    """Return a fragment for a notebook's output: no script, no outside resource, inline styles.

    Its colours are its own, so that it reads the same in a light and in a dark notebook. Without
    its styles, which some viewers take away, the messages still stand line by line.

    Args:
        messages: the inbox, oldest first.
        url: the page's address, for a link.
        lang: "zh" or "en".
        load: returns the bytes of a message's media; without it, images and files are cards.
    """
    texts = TEXTS[lang]
    contents = page_media.loaded(messages, load)
    link = ""
    if urlsplit(url).scheme in {"http", "https"}:
        link = (
            f' · <a href="{escape(url)}" target="_blank" rel="noopener noreferrer" '
            f'style="color:#0b57d0">{texts["open"]}</a>'
        )
    foot = f"<div {_style('foot')}>{texts['note']}{link}</div>"
    cards = [
        f"<div {_style('top')}>{texts['sandbox']} · {CHATS[channel].name(lang)}</div>"
        f"<div {_style('scroll')}><div {_style('flow')}>{_inline_flow(group, lang, contents)}</div>"
        "</div>"
        for channel, group in by_channel(messages).items()
    ] or [
        (
            f"<div {_style('top')}>沙盒 Sandbox</div><div {_style('empty')}>{texts['nothing']}<br>"
            f"{texts['todo']}<br><code {_style('code')}>%%notify_wechat</code></div>"
        )
    ]
    boxes = "".join(f"<div {_style('card')}>{card}{foot}</div>" for card in cards)
    return f"<div {_style('row')}>{boxes}</div>"


def _inline_flow(messages: Sequence[Json], lang: str, contents: dict[str, bytes]) -> str:
    parts = []
    for message, when in _with_times(messages):
        if when:
            parts.append(f"<div {_style('time')}>{when}</div>")
        if message["media"]:
            body = page_media.in_fragment(message, lang, contents)
        else:
            plain_white = ";white-space:normal" if message["msgtype"] in RICH else ""
            body = f"<div {_style('bubble', plain_white)}>{_text(message, FRAGMENT)}</div>"
        body += _called(message, FRAGMENT)
        gone = ";text-decoration:line-through;opacity:.55" if message.get("recalled") else ""
        colour = f";background:{CHATS[message['channel']].colour}"
        parts.append(
            f"<div {_style('message')}><div {_style('avatar', colour)}>N</div>"
            f'<div style="min-width:0"><div style="min-width:0{gone}">{body}</div>'
            f"<div {_style('meta')}>{escape(_meta(message, lang))}</div></div></div>"
        )
    return "".join(parts)


def plain(messages: Sequence[Json], lang: str) -> str:
    """Return the messages as text for a terminal."""
    texts = TEXTS[lang]
    if not messages:
        return f"{texts['nothing']} · {texts['todo']} %%notify_wechat"
    parts = []
    for message in messages:
        when = datetime.fromisoformat(message["time"])
        text = page_media.plain(message, lang) if message["media"] else clean(message["content"])
        if names := _names(message):
            text += f"\n{names}"
        body = "\n".join(f"  {line}".rstrip() for line in text.split("\n"))
        name = CHATS[message["channel"]].name(lang)
        parts.append(f"{name} · {when:%m-%d %H:%M:%S} · {_meta(message, lang)}\n{body}")
    return "\n\n".join(parts)


def _style(name: str, more: str = "") -> str:
    return f'style="{_INLINE[name]}{more}"'


def _with_times(messages: Iterable[Json]) -> Iterator[tuple[Json, str | None]]:
    """Yield each message with the time above it, or None where the last one still holds."""
    shown: datetime | None = None
    for message in messages:
        when = datetime.fromisoformat(message["time"])
        if shown is None or when - shown > NEW_TIME_AFTER:
            shown = when
            yield message, f"{when:%m-%d %H:%M}"
        else:
            yield message, None


def _meta(message: dict[str, Any], lang: str) -> str:
    """Return kind and size of a message, its receivers if they are people, and if it is gone."""
    texts = TEXTS[lang]
    if message["media"]:
        meta = page_media.kind(message, lang)
        if message["msgtype"] == "image":
            meta += f" · {size_text(message['media']['size'])}"
    else:
        meta = measure(message, lang)
    if message["channel"] in {"wecom_app", "dingtalk_notice"}:
        to = ", ".join(clean(message["to"]).replace("|", ",").split(","))
        meta += f" · {texts['to']} {shorten(to)}"
    return f"{meta} · {texts['recalled']}" if message.get("recalled") else meta
