"""The words of the page, and texts made fit to be shown."""

from __future__ import annotations

import re

_NOT_TEXT = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|\x1b[ -/]*[0-~]"  # the other escape sequences
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # controls, save tab and line feed
    r"|[\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"  # direction marks, lone surrogates
)

TEXTS = {
    "zh": {
        "sandbox": "沙盒",
        "note": "消息只到本机，没有发到真正的平台",
        "nothing": "还没有消息",
        "todo": "在笔记本里运行一个单元，首行写：",
        "sender": "notebook 助手",
        "to": "发给",
        "bytes": "字节",
        "open": "在浏览器中打开",
        "text": "文本",
        "hint": "此处仅供查看",
        "characters": "字符",
        "image": "图片",
        "file": "文件",
        "unnamed": "未命名",
        "too_large": "图较大，这里不显示",
        "not_here": "这里不显示",
        "gone": "内容已不在内存",
        "title": "标题",
        "recalled": "已撤回",
        "also": "还没有消息的其它目标，用 --to 指定：",
        "more_rows": "…以下还有更多行",
        "columns": "共 {all} 列，显示前 {shown} 列",
        "more_lines": "…中间略去 {count:,} 行…",
        "more_names": "…另有 {count:,} 个文件",
    },
    "en": {
        "sandbox": "Sandbox",
        "note": "Messages stay on this machine; nothing reaches the real platforms",
        "nothing": "No message yet",
        "todo": "Run a cell whose first line is:",
        "sender": "notebook",
        "to": "to",
        "bytes": "bytes",
        "open": "Open in the browser",
        "text": "text",
        "hint": "View only",
        "characters": "characters",
        "image": "image",
        "file": "file",
        "unnamed": "unnamed",
        "too_large": "too large to show here",
        "not_here": "not shown here",
        "gone": "no longer in memory",
        "title": "title",
        "recalled": "recalled",
        "also": "Other targets, without a message yet (name one with --to):",
        "more_rows": "… more rows follow",
        "columns": "first {shown} of {all} columns",
        "more_lines": "… {count:,} lines left out …",
        "more_names": "… {count:,} more files",
    },
}


def clean(text: str) -> str:
    """Return a text without terminal sequences, control characters and direction marks."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n"))


def shorten(text: str, most: int = 40) -> str:
    """Cut a text at its end, to at most `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def shorten_middle(text: str, most: int = 40) -> str:
    """Cut a text in its middle: of a file's name, both ends tell something."""
    if len(text) <= most:
        return text
    tail = most // 2 - 1
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


def size_text(size: int) -> str:
    """Return a number of bytes as people read it."""
    kilo = size / 1024
    if kilo < 1:
        return f"{size} B"
    number, unit = (kilo, "KB") if kilo < 1000 else (kilo / 1024, "MB")  # noqa: PLR2004 - 3 digits
    return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"  # noqa: PLR2004
