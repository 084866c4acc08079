"""How each channel writes a line, and how a text is kept from becoming markup there.

Neither platform documents an escape, so what would be markup is broken with the least change: a
zero-width space where one suffices, else a full-width look-alike (of stars, underscores and
backticks: parsers differ in what they take a zero-width space for). A bare address stays as it
is: clients make it a link in plain text as well, and it says where it leads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.content.facts import Verdict

_ZERO = "\u200b"  # no width, and white space to no parser
_FULL_WIDTH = str.maketrans("*_`", "＊＿｀")
_BREAKS = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_INDENT = re.compile(r"^[ \t]+")
#: In a link's address, these would end it or begin something else.
_UNSAFE = re.compile(r"[\s()<>\\\"'`\x00-\x1f\x7f]")


class Plain:
    """Text as it is."""

    #: what ends a line within a paragraph
    line_end: ClassVar[str] = ""
    #: what stands between a title or heading and the line under it
    gap: ClassVar[str] = "\n"
    #: whether it is Markdown at all
    markdown: ClassVar[bool] = False

    def inline(self, text: str) -> str:
        """*text* within a line, so that it shows as it is."""
        return text

    def line(self, text: str) -> str:
        """*text* as a line of its own, so that it shows as it is."""
        return text

    def title(self, verdict: Verdict, label: str, rest: str) -> str:
        """The first line; *rest* is written already."""
        del verdict  # its label says it
        return f"{label} · {rest}"

    def fact(self, text: str) -> str:
        """A line, or lines, that state something."""
        return text

    def heading(self, text: str) -> str:
        """A heading; *text* is ours."""
        return text

    def output(self, text: str) -> str:
        """A line that the cell showed."""
        return text

    def code(self, text: str) -> str:
        """A line of code."""
        return text

    def link(self, url: str) -> str:
        """The way back to the notebook."""
        return url


class _Markdown(Plain):
    """What both dialects have in common: bold, quotes, links."""

    markdown = True
    #: where a zero-width space breaks markup within a line, and at the beginning of one
    _breaks: ClassVar[re.Pattern[str]]
    _block: ClassVar[re.Pattern[str]]
    #: the marks that become full-width
    _marks: ClassVar[re.Pattern[str]]

    def inline(self, text: str) -> str:
        text = _BREAKS.sub(" ", text)
        text = self._marks.sub(lambda marks: marks[0].translate(_FULL_WIDTH), text)
        return self._breaks.sub(_ZERO, text)

    def line(self, text: str) -> str:
        # An indented line would be code, or lose its indentation.
        text = _INDENT.sub(lambda indent: "\xa0" * len(indent[0].expandtabs(4)), text)
        return self._block.sub(rf"\1{_ZERO}", self.inline(text))

    def fact(self, text: str) -> str:
        return "\n".join(self.line(one) + self.line_end for one in text.split("\n"))

    def heading(self, text: str) -> str:
        return f"**{text}**"

    def output(self, text: str) -> str:
        return f"> {self.line(text)}{self.line_end}"

    def code(self, text: str) -> str:
        return self.output(text)

    def link(self, url: str) -> str:
        url = _UNSAFE.sub(lambda mark: quote(mark[0]), url)
        return f"[{say('打开笔记本', 'Open the notebook')}]({url})"


class WeCom(_Markdown):
    """Headings, bold, links, inline code, quotes, three font colours; ``<@id>`` mentions.

    https://developer.work.weixin.qq.com/document/path/90236#支持的markdown语法
    """

    _breaks = re.compile(r"(?<=<)(?=[A-Za-z/!?@])|(?<=\])(?=\()|(?<=&)(?=#?\w+;)")
    _block = re.compile(r"^(\s*)(?=[#>])")
    _marks = re.compile(r"\*{2,}|`")
    _colours: ClassVar[dict[Verdict, str]] = {
        "done": "info",  # green
        "failed": "warning",  # orange
        "interrupted": "comment",  # grey
    }

    def title(self, verdict: Verdict, label: str, rest: str) -> str:
        """The first line, its verdict in colour."""
        return f'<font color="{self._colours[verdict]}">{label}</font> · {rest}'

    def code(self, text: str) -> str:
        """A line of code; there are no blocks of it."""
        text = self.line(text)
        return f"`{text}`" if text.strip() else ""


class DingTalk(_Markdown):
    """Headings, quotes, bold and italics, links, images, lists; a line ends with two spaces.

    Code blocks and tables show badly on phones, so code is quoted like output.

    https://open.dingtalk.com/document/development/message-types-and-data-format
    """

    line_end = "  "
    gap = "\n\n"
    _breaks = re.compile(
        r"(?<=<)(?=[A-Za-z/!?@])|(?<=\])(?=[(\[:])|(?<=&)(?=#?\w+;)"
        r"|(?<=@)(?=\w)|(?<=~)(?=~)"
        r"|(?<=\\)(?=[!-/:-@\[-`{-~])"  # a backslash that would vanish
    )
    # Lists, fences, and lines of marks alone: rules, underlines, heads of tables.
    _block = re.compile(r"^(\s*)(?=[#>]|[-+](?:\s|$)|\d+[.)](?:\s|$)|~{3}|[-_=|:~\s]+$)")
    # Between two spaces it is but a star; within a word, but an underscore.
    _marks = re.compile(r"(?<! )\*+|\*+(?! )|(?<!\w)_+|_+(?!\w)|`")

    def title(self, verdict: Verdict, label: str, rest: str) -> str:
        """The first line, a heading."""
        return f"### {super().title(verdict, label, rest)}"


DIALECTS: dict[str, Plain] = {"plain": Plain(), "wecom": WeCom(), "dingtalk": DingTalk()}
