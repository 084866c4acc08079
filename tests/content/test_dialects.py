"""Markdown in each channel's dialect, and text that never becomes markup in it."""

from __future__ import annotations

import re
from dataclasses import replace

import mistune
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_notify import texts
from notebook_notify.content.compose import Form, compose
from notebook_notify.content.dialects import DIALECTS
from notebook_notify.content.facts import Failure, Place, Run
from notebook_notify.content.screen import Record
from notebook_notify.content.tables import Table

RUN = Run(
    verdict="done",
    title="夜间回测",
    started=1_795_514_707.0,
    ended=1_795_514_707.0 + 65,
    who="zhangwei@hub",
    where="a.ipynb [12]",
    link="https://hub/a.ipynb",
    record=Record(("epoch 1", "done"), 1204),
    table=Table(("收益",), (("茅台", ("+1.50%",)),), 1, 1),
)
#: What the reader of text sees: without what has no width, and with the usual form of each mark.
SEEN = str.maketrans("＊＿｀\xa0", "*_` ", "\u200b")

_markup = st.text(st.sampled_from("*_`<>@#[]()!|-+~=:&;.\\ 1a好\"'/\t"), max_size=24)
_pieces = st.sampled_from(
    [
        *("**b**", "*i*", "_i_", "__b__", "`c`", "```", "~~~", "~~s~~", "[a](http://x)", "<b>"),
        *("![a](http://x)", "[a]: http://x", "<@zhangwei>", "@13800000000", "# h", "- l", "1. l"),
        *("> q", "| a | b |", "|---|---|", "---", "===", "    code", "\tcode", "&lt;", "&#42;"),
        *('<font color="warning">x</font>', "<http://x>", "<!-- x", "\\*", "a\\", "x**2", "a_b_c"),
    ]
)
_lines = st.lists(
    st.one_of(_markup, _pieces, st.tuples(_markup, _pieces, _markup).map("".join)), max_size=6
)


@pytest.fixture(autouse=True)
def shanghai() -> None:
    """Clocks as in Shanghai."""
    texts.configure(timezone="Asia/Shanghai")


def test_wecom(monkeypatch: pytest.MonkeyPatch) -> None:
    """A coloured verdict, bold headings, quoted output, a link."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert compose(RUN, Form(2048, "wecom")).text == (
        '<font color="info">✅ 完成</font> · 夜间回测 · 1分05秒\n'
        "zhangwei@hub · a.ipynb [12] · 11-24 18:05:07→18:06:12\n"
        "[打开笔记本](https://hub/a.ipynb)\n"
        "\n"
        "**结果（1 行 × 1 列）**\n"
        "> 茅台：收益 +1.50%\n"
        "\n"
        "**输出末 2 行（共 1,204 行）**\n"
        "> epoch 1\n"
        "> done"
    )


def test_dingtalk() -> None:
    """A heading, lines that end with two spaces, output as a quote after a blank line."""
    assert compose(RUN, Form(2048, "dingtalk")).text == (
        "### ✅ Done · 夜间回测 · 1m 05s\n"
        "\n"
        "zhangwei@\u200bhub · a.ipynb [12] · 11-24 18:05:07→18:06:12  \n"
        "[Open the notebook](https://hub/a.ipynb)\n"
        "\n"
        "**Result (1 row × 1 column)**\n"
        "\n"
        "> 茅台: 收益 +1.50%\n"
        "\n"
        "**Last 2 of 1,204 output lines**\n"
        "\n"
        "> epoch 1  \n"
        "> done"
    )


def test_failed_code_is_inline_in_wecom_and_a_quote_in_dingtalk() -> None:
    """Code, for which neither has a block that a phone shows well, keeps its indentation."""
    run = replace(
        RUN,
        verdict="failed",
        table=None,
        failure=Failure("KeyError: 'x'", 7, (Place("[12] line 7", "a['x']"),)),
        source="if x:\n    y()\n",
    )
    wecom = compose(run, Form(2048, "wecom")).text
    assert wecom.startswith('<font color="warning">❌ Failed</font> · ')
    assert wecom.endswith("**Code**\n`if x:`\n`\xa0\xa0\xa0\xa0y()`")
    dingtalk = compose(run, Form(2048, "dingtalk")).text
    assert "**Where**\n\n> [12] line 7  \n> \xa0\xa0\xa0\xa0a['x']\n\n" in dingtalk
    assert dingtalk.endswith("**Code**\n\n> if x:  \n> \xa0\xa0\xa0\xa0y()")


@pytest.mark.parametrize("dialect", ["wecom", "dingtalk"])
@pytest.mark.parametrize(
    "text",
    [
        *("epoch 1/10: loss=0.412, acc=93.1%", "a < b and c > d", "x[0] (first) f(x)[1]"),
        *("snake_case_name", "2 * 3 = 6", "-6.4% +1.5% 3.14", "https://wandb.ai/run_1/x", "a & b"),
        *("C:\\data\\new", "{'a': [1, 2]}", "好：，。"),
    ],
)
def test_ordinary_text_stays_as_it_is(dialect: str, text: str) -> None:
    """What is no markup is not touched."""
    assert DIALECTS[dialect].line(text) == text


@pytest.mark.parametrize("dialect", ["wecom", "dingtalk"])
@given(text=st.one_of(_markup, _pieces))
def test_what_is_broken_reads_the_same(dialect: str, text: str) -> None:
    """The reader sees the text as it was, but for look-alikes and the width of tabs."""
    written = DIALECTS[dialect].line(text)
    indent = re.match(r"[ \t]*", text)[0]
    assert written.translate(SEEN) == indent.expandtabs(4) + text[len(indent) :]


def _composed(lines: list[str], dialect: str) -> str:
    first = lines[0] if lines else "x"
    run = replace(
        RUN,
        verdict="failed",
        title=first or "x",
        summary="\n".join(lines),
        who=first,
        failure=Failure(first, 7, (Place(first, first),)),
        record=Record(tuple(lines), len(lines)),
        table=Table((first,), ((first, (first,)),), 1, 1),
    )
    return compose(run, Form(100_000, dialect)).text


@given(lines=_lines)
def test_nothing_becomes_markup_in_wecom(lines: list[str]) -> None:
    """Of the markup that WeCom documents, a message has what we wrote, and no more."""
    text = _composed(lines, "wecom")
    assert re.findall(r"</?font[^<>]*>", text) == ['<font color="warning">', "</font>"]
    assert not re.search(r"<@|<[A-Za-z/!?](?<!<f)(?<!</)", text)
    assert re.findall(r"\]\([^()]*\)", text) == ["](https://hub/a.ipynb)"]
    assert "`" not in text
    bold = [line for line in text.split("\n") if "**" in line]
    assert [line.strip("*").partition(" ")[0] for line in bold] == [
        *("Where", "Result"),
        *(["Output"] if lines else []),
    ]
    assert not re.search(r"^(> )?[ \t\xa0]*#", text, re.MULTILINE)
    assert not re.search(r"^>[ \t\xa0]*>", text, re.MULTILINE)


OURS = {
    *("heading", "text", "paragraph", "linebreak", "softbreak", "link", "strong", "block_quote"),
    "blank_line",
}


def _tokens(tokens: list[dict]) -> list[dict]:
    """All tokens of a parsed text, those within others too."""
    return [one for token in tokens for one in (token, *_tokens(token.get("children", [])))]


@given(lines=_lines)
@example(["[a]: http://x", "[a]"])
@example(["x", "==="])
@example(["| a | b |", "|---|---|", "| 1 | 2 |"])
@example(["```", "x", "```"])
def test_nothing_becomes_markup_in_dingtalk(lines: list[str]) -> None:
    """A Markdown parser finds in a message the heading, bold, quotes and link that we wrote, no more."""
    text = _composed(lines, "dingtalk")
    parse = mistune.create_markdown(renderer="ast", plugins=["strikethrough", "table"])
    tokens = _tokens(parse(text))
    assert {token["type"] for token in tokens} <= OURS
    kinds = [token["type"] for token in tokens]
    assert kinds.count("heading") == 1
    assert kinds.count("strong") == (3 if lines else 2)
    assert [token["attrs"]["url"] for token in tokens if token["type"] == "link"] == [
        "https://hub/a.ipynb"
    ]
    assert not re.search(r"@\w", text)


@pytest.mark.parametrize("dialect", ["wecom", "dingtalk"])
def test_an_address_cannot_leave_its_link(dialect: str) -> None:
    """A bracket or space in the notebook's address is quoted."""
    told = DIALECTS[dialect].link("https://hub/a b(1).ipynb)[x](http://evil")
    assert told.endswith("(https://hub/a%20b%281%29.ipynb%29[x]%28http://evil)")
