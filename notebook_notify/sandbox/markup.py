"""Markdown as each platform's clients show it: the documented marks, and nothing else.

WeCom (developer.work.weixin.qq.com/document/path/90236): headings, bold, links, inline code,
quotes, three font colours; each line is a line. DingTalk (open.dingtalk.com/document/development/
message-types-and-data-format): headings, quotes, bold, italics, links, images, lists; a line
break is two spaces before it, a blank line ends a paragraph. WeCom's markdown_v2 (path/99110):
headings, quotes, bold, italics, links, images, lists, tables, code; no colours. What a
platform does not document stays as it was typed.

The text is escaped first; marks are then found in what is escaped. So no part of a message can
become a tag or an attribute, save the address of a link, which is http or https. Pictures are
named, never fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_notify.sandbox.looks import Looks

_HEADING = re.compile(r"(#{1,6}) +(.*)")
_ITEM = re.compile(r"(?:[-*+]|(\d{1,4}\.)) +(.*)")
_QUOTE = "&gt;"
# A link's address has been escaped: no quote and no angle bracket is left in it.
_LINK = r"\[(?P<label>[^\[\]]*)\]\((?P<address>https?://[^\s()]+)\)"
_BOLD = r"\*\*(?P<bold>[^\s*](?:[^*]*[^\s*])?)\*\*"
_WECOM = re.compile(
    rf"`(?P<code>[^`]+)`|{_LINK}|{_BOLD}"
    r"|&lt;font color=&quot;(?P<colour>info|comment|warning)&quot;&gt;"
    r"(?P<coloured>(?:(?!&lt;font ).)*?)&lt;/font&gt;"
)
_FENCE = re.compile(r"```\w*")
_RULED = re.compile(r"\|(?: *:?-+:? *\|)+")
_WECOM_V2 = re.compile(
    rf"`(?P<code>[^`]+)`|(?P<picture>!?){_LINK}|{_BOLD}|\*(?P<italic>[^\s*](?:[^*]*[^\s*])?)\*"
)
_DINGTALK = re.compile(rf"(?P<picture>!?){_LINK}|{_BOLD}|\*(?P<italic>[^\s*](?:[^*]*[^\s*])?)\*")


def wecom(text: str, looks: Looks) -> str:
    """Return the HTML of a text, which is clean (`page_text.clean`), as WeCom shows it."""
    parts = []
    for line in escape(text).split("\n"):
        kind, content = "line", line
        if heading := _HEADING.fullmatch(line):
            kind, content = f"h{len(heading[1])}", heading[2]
        elif line.startswith(_QUOTE):
            kind, content = "quote", line.removeprefix(_QUOTE).removeprefix(" ")
        parts.append(f"<div {looks[kind]}>{_inline(_WECOM, content, looks)}</div>")
    return "".join(parts)


def wecom_v2(text: str, looks: Looks) -> str:
    """Return the HTML of a text, which is clean (`page_text.clean`), as WeCom shows markdown_v2."""
    parts, lines = [], escape(text).split("\n")
    while lines:
        line = lines.pop(0)
        if _FENCE.fullmatch(line) and "```" in lines:
            end = lines.index("```")
            parts.append(f"<div {looks['fenced']}>{'<br>'.join(lines[:end])}</div>")
            del lines[: end + 1]
        elif line.startswith("|") and lines and _RULED.fullmatch(lines[0].strip()):
            rows = [_row(line, "th", looks["head"], looks)]
            del lines[0]
            while lines and lines[0].startswith("|"):
                rows.append(_row(lines.pop(0), "td", looks["cell"], looks))
            parts.append(f"<table {looks['sheet']}>{''.join(rows)}</table>")
        elif line:
            block = _block(line)
            inner = _inline(_WECOM_V2, block.lines[0], looks)
            if block.kind == "item":
                inner = f"<span {looks['mark']}>{block.mark}</span><span>{inner}</span>"
            parts.append(f"<div {looks[block.kind]}>{inner}</div>")
    return "".join(parts)


def _row(line: str, tag: str, look: str, looks: Looks) -> str:
    """Return a table's row; a bar in a cell is written with a backslash."""
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    drawn = (_inline(_WECOM_V2, cell.strip().replace("\\|", "|"), looks) for cell in cells)
    return f"<tr>{''.join(f'<{tag} {look}>{cell}</{tag}>' for cell in drawn)}</tr>"


def dingtalk(text: str, looks: Looks) -> str:
    """Return the HTML of a text, which is clean (`page_text.clean`), as DingTalk shows it."""
    parts = []
    for block in _blocks(escape(text)):
        inner = "<br>".join(_inline(_DINGTALK, line, looks) for line in block.lines)
        if block.kind == "item":
            inner = f"<span {looks['mark']}>{block.mark}</span><span>{inner}</span>"
        parts.append(f"<div {looks[block.kind]}>{inner}</div>")
    return "".join(parts)


@dataclass(slots=True)
class _Block:
    """A paragraph ("block"), heading, quote ("cited") or list item, line by line as broken."""

    kind: str
    mark: str
    lines: list[str]

    def go_on(self, line: str) -> None:
        """Take another line: a new one only where two spaces stand before the break."""
        if self.lines[-1].endswith("  "):
            self.lines.append(line)
        else:
            self.lines[-1] += " " + line


def _blocks(text: str) -> list[_Block]:
    """Return the blocks of an escaped text."""
    blocks: list[_Block] = []
    current: _Block | None = None  # the block that the next line may belong to
    for line in (raw.lstrip(" \t") for raw in text.split("\n")):
        if not line:
            current = None
            continue
        new = _block(line)
        if current and (new.kind == "block" or new.kind == current.kind == "cited"):
            current.go_on(new.lines[0])
        else:
            current = new
            blocks.append(new)
        if new.kind.startswith("h"):
            current = None
    return blocks


def _block(line: str) -> _Block:
    """Return the block that a line would begin."""
    if heading := _HEADING.fullmatch(line):
        return _Block(f"h{len(heading[1])}", "", [heading[2]])
    if line.startswith(_QUOTE):
        return _Block("cited", "", [line.removeprefix(_QUOTE).lstrip()])
    if item := _ITEM.fullmatch(line):
        return _Block("item", item[1] or "•", [item[2]])
    return _Block("block", "", [line])


def _inline(marks: re.Pattern[str], text: str, looks: Looks) -> str:
    """Return an escaped line with the marks of a dialect as tags."""

    def drawn(found: re.Match[str]) -> str:
        part = {name: value for name, value in found.groupdict().items() if value is not None}
        if "code" in part:
            return f"<code {looks['code']}>{part['code']}</code>"
        if "address" in part:
            label = _inline(marks, part["label"], looks)
            if part.get("picture"):
                return f"<span {looks['absent']}>🖼 {label} {part['address']}</span>"
            return (
                f'<a {looks["link"]} href="{part["address"]}" target="_blank" '
                f'rel="noopener noreferrer">{label}</a>'
            )
        if "bold" in part:
            return f"<b>{_inline(marks, part['bold'], looks)}</b>"
        if "italic" in part:
            return f"<i>{_inline(marks, part['italic'], looks)}</i>"
        return f"<span {looks[part['colour']]}>{_inline(marks, part['coloured'], looks)}</span>"

    return marks.sub(drawn, text)
