"""What the phone shows, line by line."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_notify import texts
from notebook_notify.content.compose import Form, compose
from notebook_notify.content.facts import Failure, Place, Run
from notebook_notify.content.screen import Record
from notebook_notify.content.sections import LINES
from notebook_notify.content.tables import Table
from notebook_notify.secret import remember

START = 1_795_514_707.0  # 2026-11-24 18:05:07 in Shanghai

DONE = Run(
    verdict="done",
    title="夜间回测",
    started=START,
    ended=START + 2 * 3600 + 3 * 60 + 24,
    who="zhangwei@hub-gpu03",
    where="backtest.ipynb [12]",
    summary="Sharpe 1.82",
    record=Record(lines=("epoch 100/100", "done"), total=1204, value="240"),
)
FAILED = replace(
    DONE,
    verdict="failed",
    ended=START + 4320,
    summary=None,
    failure=Failure(
        "KeyError: '600519.SH'",
        7,
        (
            Place("load_prices(), prices.py:88", "return table[code]"),
            Place("[12] 第 7 行", "px = load_prices(codes)"),
        ),
    ),
    record=Record(lines=("238/240 codes ok",), total=1),
)


def told(run: Run, limit: int) -> str:
    """The plain text on *run*."""
    return compose(run, Form(limit)).text


@pytest.fixture(autouse=True)
def shanghai() -> None:
    """Clocks as in Shanghai."""
    texts.configure(timezone="Asia/Shanghai")


def test_done_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdict, title and duration; summary; who, where and when; value; the end of the output."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert told(DONE, 2048) == (
        "✅ 完成 · 夜间回测 · 2小时03分\n"
        "Sharpe 1.82\n"
        "zhangwei@hub-gpu03 · backtest.ipynb [12] · 11-24 18:05:07→20:08:31\n"
        "\n"
        "结果\n240\n"
        "\n"
        "输出末 2 行（共 1,204 行）\nepoch 100/100\ndone"
    )


def test_failed_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error stands in the second line, then the cell's line, where it was raised, and what it printed."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert told(FAILED, 2048) == (
        "❌ 失败 · 夜间回测 · 1小时12分后\n"
        "KeyError: '600519.SH'\n"
        "zhangwei@hub-gpu03 · backtest.ipynb [12] 第 7 行 · 11-24 19:17:07\n"
        "\n"
        "出错位置\n"
        "load_prices(), prices.py:88\n"
        "    return table[code]\n"
        "调用自 [12] 第 7 行\n"
        "    px = load_prices(codes)\n"
        "\n"
        "出错前输出\n238/240 codes ok"
    )


def test_interrupted_in_english() -> None:
    """An interrupted run says so, and gives the last line before it."""
    run = replace(DONE, verdict="interrupted", summary=None, ended=START + 41 * 60)
    assert told(run, 2048).splitlines()[:4] == [
        "⏹ Interrupted · 夜间回测 · after 41m",
        "Stopped by hand, or by a time limit (papermill)",
        "zhangwei@hub-gpu03 · backtest.ipynb [12] · 11-24 18:46:07",
        "Last line: done",
    ]


def test_a_run_over_midnight_shows_both_dates() -> None:
    """A run that ends on another day says on which."""
    run = replace(DONE, ended=START + 8 * 3600)
    assert "11-24 18:05:07→11-25 02:05:07" in told(run, 2048)


def test_no_more_than_the_last_lines() -> None:
    """Of a long output the last lines are sent, and all are counted."""
    lines = tuple(f"line {number}" for number in range(100))
    text = told(replace(DONE, record=Record(lines=lines, total=5000)), 2048)
    assert f"Last {LINES} of 5,000 output lines\nline 80\n" in text
    assert text.endswith("line 99")


def test_a_big_value_leaves_room_for_the_output() -> None:
    """A table that fills the message is cut at a line, its length told, and the output is there too."""
    value = "\n".join(f"row {number:4} {'x' * 40}" for number in range(500))
    text = told(replace(DONE, record=Record(("last",), 1, value=value)), 2048)
    assert "of 500 lines · 2" in text
    assert text.endswith("Output\nlast")
    assert len(text.encode()) <= 2048


def test_one_long_line_is_cut_at_its_beginning() -> None:
    """Of one endless output line the end is kept."""
    text = told(replace(DONE, record=Record(("好" * 5000 + "end",), 1)), 2048)
    assert text.endswith("好end")
    assert "…好" in text
    assert len(text.encode()) <= 2048


def test_plots_are_counted() -> None:
    """A plot that cannot go along is named, not dropped in silence."""
    assert "1 plot: see the notebook" in told(replace(DONE, record=Record(images=1)), 2048)
    assert "3 plots: see the notebook" in told(replace(DONE, record=Record(images=3)), 2048)


def test_source_goes_last() -> None:
    """The cell's code stands at the end, if it is wanted."""
    assert told(replace(DONE, source="x = 1\nx + 1\n"), 2048).endswith("Code\nx = 1\nx + 1")


def test_blank_lines_of_the_output_stay() -> None:
    """An empty line that the cell printed is in the message."""
    assert told(replace(DONE, record=Record(("a", "", "b"), 3)), 2048).endswith("a\n\nb")


def test_a_heading_alone_has_no_more_room_than_others() -> None:
    """The count of lines of which none can be shown is left out where it does not fit."""
    run = replace(FAILED, title="", link="0" * 10, record=Record((), 3))
    sizes = [len(told(run, limit).encode()) - limit for limit in range(240, 300)]
    assert max(sizes) <= 0


_texts = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("好👨‍👩‍👧é🇨🇳\n*_`<@[](#>| \t")),
    max_size=400,
)
_dialects = st.sampled_from(["plain", "wecom", "dingtalk"])


@given(
    title=_texts,
    summary=_texts,
    lines=st.lists(_texts, max_size=40),
    value=st.none() | _texts,
    markdown=st.just("") | _texts,
    link=st.just("") | _texts,
    failed=st.booleans(),
    limit=st.integers(240, 4096),
    dialect=_dialects,
)
def test_every_message_fits(
    title, summary, lines, value, markdown, link, failed, limit, dialect
) -> None:
    """Whatever a cell shows, its message is within the limit and its first line is the verdict."""
    record = Record(tuple(lines), len(lines) + 3, value=value, markdown=markdown)
    run = replace(
        FAILED if failed else DONE, title=title, summary=summary, record=record, link=link
    )
    text = compose(run, Form(limit, dialect)).text
    assert len(text.encode()) <= limit
    first = text.partition("\n")[0]
    assert re.match(
        r"(### |<font color=\"(info|warning)\">)?(✅ Done|❌ Failed)(</font>)? · ", first
    )
    assert first.endswith("h 12m" if failed else "h 03m")


@given(
    st.integers(0, 2200),
    st.sampled_from(["summary", "lines", "value", "markdown", "headline", "source", "link"]),
    _dialects,
)
def test_no_piece_of_a_secret_is_left_by_a_cut(offset: int, where: str, dialect: str) -> None:
    """A secret is masked before anything is cut: no piece of it stands at the edge of what is kept."""
    secret = "qWx7" * 11
    remember(secret)
    text = f"{'x' * offset} {secret} {'y' * (2200 - offset)}"
    changed = {
        "summary": {"summary": text},
        "lines": {"record": Record((text,), 1)},
        "value": {"record": Record(value=text)},
        "markdown": {"record": Record(value="<x>", markdown=f"# x\n\n{text}")},
        "link": {"link": f"https://hub/{text}"},
        "headline": {"verdict": "failed", "failure": Failure(text)},
        "source": {"source": text},
    }[where]
    assert "qWx7" not in compose(replace(DONE, **changed), Form(2048, dialect)).text


def test_a_masked_message_is_one_text() -> None:
    """Masks are longer than short secrets: what is masked is fitted, not what it was."""
    secrets = [f"s{number:05}" for number in range(200)]
    for secret in secrets:
        remember(secret)
    run = replace(DONE, record=Record((), 0, value=" ".join(secrets)))
    assert len(told(run, 2048).encode()) <= 2048


def test_a_huge_value_takes_no_time() -> None:
    """A message on 30,000 lines is made as fast as one on thirty."""
    value = "\n".join(f"{number}" for number in range(30_000))
    began = time.monotonic()
    text = told(replace(DONE, record=Record((), 0, value=value), source=value), 2048)
    assert time.monotonic() - began < 1.0
    assert "of 30,000 lines · " in text


def test_a_narrow_table_is_told_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of few columns becomes lines that need no alignment; its true size is told."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    rows = (("茅台", ("+1.50%", "12.0%")), ("宁德", ("-2.25%", "8.5%")))
    table = Table(("收益", "仓位"), rows, 240, 2)
    text = told(replace(DONE, table=table, record=Record(value="ignored")), 2048)
    assert text.endswith(
        "结果（共 240 行 × 2 列，显示前 2 行）\n"
        "茅台：收益 +1.50%，仓位 12.0%\n"
        "宁德：收益 -2.25%，仓位 8.5%"
    )


def test_a_wide_table_tells_its_size() -> None:
    """Of a table that goes along as a file the text tells the size."""
    table = Table(tuple("abcdef"), (("0", tuple("123456")),), 240, 6)
    text = told(replace(DONE, table=table, record=Record()), 2048)
    assert text.endswith("\n\nResult (240 rows × 6 columns)")


def test_pictures_that_go_along_are_not_counted_as_left_behind() -> None:
    """Only the plots that stay in the notebook are named."""
    run = replace(DONE, record=Record(images=3), enclosed=2)
    assert "1 more plot: see the notebook" in told(run, 2048)
    assert "plot" not in told(replace(run, enclosed=3), 2048)


def test_the_mark_stands_with_the_time() -> None:
    """What tells two equal runs apart is at the end of the third line."""
    assert told(replace(DONE, mark="#7f3a"), 2048).split("\n")[2].endswith("20:08:31 · #7f3a")


def test_what_is_left_out_is_counted_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long output, and of a long value, the heading says how many lines and bytes there are."""
    lines = tuple(f"line {number:4}" for number in range(100))
    record = Record(lines, 5000, total_bytes=50_000, value="\n".join(["x" * 99] * 50))
    run = replace(DONE, record=record)
    text = told(run, 2048)
    assert "\nLast 20 of 5,000 output lines · 50 kB left out\nline   80" in text
    assert re.search(r"\nResult \(first 1\d of 50 lines · \d kB left out\)\nxxx", text)
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    text = told(run, 2048)
    assert "\n输出末 20 行（共 5,000 行，另有 50 KB）\nline   80" in text
    assert re.search(r"\n结果（前 1\d 行，共 50 行，另有 \d KB）\nxxx", text)


def test_a_clipped_line_says_how_much_is_missing() -> None:
    """Of one endless line its heading says what the ellipsis stands for."""
    record = Record(("x" * 20_000,), 1, total_bytes=20_001)
    assert "\nOutput · 18 kB left out\n…xxx" in told(replace(DONE, record=record), 2048)


@pytest.mark.parametrize(
    ("changed", "whole"),
    [
        ({"record": Record(("a", "b"), 2, value="240")}, True),
        ({"record": Record()}, True),
        ({"record": Record(("b",), 2)}, False),
        ({"record": Record((), 2)}, False),
        ({"record": Record(("x" * 3000,), 1)}, False),
        ({"record": Record(value="x" * 3000)}, False),
        ({"record": Record(value="x\n" * 3000)}, False),
        ({"table": Table(("a",), (("0", ("1",)),), 1, 1)}, True),
        ({"table": Table(("a",), (("0", ("1",)),), 2, 1)}, False),
        ({"table": Table(tuple("abcdef"), (("0", tuple("123456")),), 1, 6)}, False),
        ({"verdict": "interrupted", "record": Record(("a",), 1)}, True),
        ({"verdict": "interrupted", "record": Record(("a", "b"), 2)}, False),
        ({"verdict": "interrupted", "record": Record(("x" * 3000,), 1)}, False),
        ({"source": "x\n" * 3000}, True),  # it was not shown
    ],
)
def test_whether_all_of_it_is_in_the_message(changed, whole) -> None:
    """A message knows whether a line, a row, a column or a part of the value is missing."""
    run = replace(DONE, record=Record())
    for dialect in ("plain", "wecom", "dingtalk"):
        assert compose(replace(run, **changed), Form(2048, dialect)).whole is whole


def test_the_way_back_ends_the_head() -> None:
    """The notebook's address stands under who and where, and is never cut."""
    run = replace(DONE, link="https://hub/user/z/lab/tree/a.ipynb")
    assert told(run, 2048).split("\n")[3] == "https://hub/user/z/lab/tree/a.ipynb"
    assert "https" not in told(replace(run, link="https://hub/" + "x" * 2000), 2048)


@pytest.mark.parametrize("dialect", ["wecom", "dingtalk"])
def test_a_markdown_value_goes_as_it_is(dialect: str) -> None:
    """The user's own Markdown is the value of a Markdown message, word for word."""
    source = "## Report\n\n**Sharpe** 1.82, see [it](https://x.y)\n\n- one\n- two"
    run = replace(DONE, record=Record(value="<Markdown object>", markdown=source))
    composed = compose(run, Form(2048, dialect))
    assert composed.text.endswith(source)
    assert composed.whole


def test_a_markdown_value_in_plain_text() -> None:
    """Plain text has the source of it, which reads well, not the name of an object."""
    run = replace(DONE, record=Record(value="<Markdown object>", markdown="## Report"))
    assert told(run, 2048).endswith("Result\n## Report")
