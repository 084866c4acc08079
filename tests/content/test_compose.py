"""What the phone shows, line by line."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_notify import texts
from notebook_notify.content.compose import LINES, compose
from notebook_notify.content.facts import Failure, Place, Run
from notebook_notify.content.plain import clip
from notebook_notify.content.screen import Record
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


@pytest.fixture(autouse=True)
def shanghai() -> None:
    """Clocks as in Shanghai."""
    texts.configure(timezone="Asia/Shanghai")


def test_done_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdict, title and duration; summary; who, where and when; value; the end of the output."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert compose(DONE, 2048) == (
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
    assert compose(FAILED, 2048) == (
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
    assert compose(run, 2048).splitlines()[:4] == [
        "⏹ Interrupted · 夜间回测 · after 41m",
        "Stopped by hand, or by a time limit (papermill)",
        "zhangwei@hub-gpu03 · backtest.ipynb [12] · 11-24 18:46:07",
        "Last line: done",
    ]


def test_a_run_over_midnight_shows_both_dates() -> None:
    """A run that ends on another day says on which."""
    run = replace(DONE, ended=START + 8 * 3600)
    assert "11-24 18:05:07→11-25 02:05:07" in compose(run, 2048)


def test_no_more_than_the_last_lines() -> None:
    """Of a long output the last lines are sent, and all are counted."""
    lines = tuple(f"line {number}" for number in range(100))
    text = compose(replace(DONE, record=Record(lines=lines, total=5000)), 2048)
    assert f"Last {LINES} of 5,000 output lines\nline 80\n" in text
    assert text.endswith("line 99")


def test_a_big_value_leaves_room_for_the_output() -> None:
    """A table that fills the message is cut at a line, its length told, and the output is there too."""
    value = "\n".join(f"row {number:4} {'x' * 40}" for number in range(500))
    text = compose(replace(DONE, record=Record(("last",), 1, value)), 2048)
    assert "of 500 lines)" in text
    assert text.endswith("Output\nlast")
    assert len(text.encode()) <= 2048


def test_one_long_line_is_cut_at_its_beginning() -> None:
    """Of one endless output line the end is kept."""
    text = compose(replace(DONE, record=Record(("好" * 5000 + "end",), 1)), 2048)
    assert text.endswith("好end")
    assert "…好" in text
    assert len(text.encode()) <= 2048


def test_plots_are_counted() -> None:
    """A plot that cannot go along is named, not dropped in silence."""
    assert "1 plot: see the notebook" in compose(replace(DONE, record=Record(images=1)), 2048)
    assert "3 plots: see the notebook" in compose(replace(DONE, record=Record(images=3)), 2048)


def test_source_goes_last() -> None:
    """The cell's code stands at the end, if it is wanted."""
    assert compose(replace(DONE, source="x = 1\nx + 1\n"), 2048).endswith("Code\nx = 1\nx + 1")


def test_blank_lines_of_the_output_stay() -> None:
    """An empty line that the cell printed is in the message."""
    assert compose(replace(DONE, record=Record(("a", "", "b"), 3)), 2048).endswith("a\n\nb")


_texts = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("好👨‍👩‍👧é🇨🇳\n")), max_size=400
)


@given(
    title=_texts,
    summary=_texts,
    lines=st.lists(_texts, max_size=40),
    value=st.none() | _texts,
    limit=st.integers(700, 4096),
)
def test_every_message_fits(title, summary, lines, value, limit) -> None:
    """Whatever a cell shows, its message is within the channel's limit and keeps its first line's verdict."""
    record = Record(tuple(lines), len(lines) + 3, value)
    text = compose(replace(DONE, title=title, summary=summary, record=record), limit)
    assert len(text.encode()) <= limit
    assert text.startswith("✅ Done · ")


@given(_texts, st.integers(8, 200))
def test_clip_keeps_the_beginning(text: str, limit: int) -> None:
    """What is cut off is marked, and what is kept is how the text begins."""
    clipped = clip(text, limit)
    assert len(clipped.encode()) <= limit
    assert clipped == text or (clipped.endswith("…") and text.startswith(clipped[:-1]))


def test_clip_breaks_no_cluster() -> None:
    """A family of emoji is kept whole or not at all."""
    assert clip("ab👨‍👩‍👧cdefghijklmnop", 16) == "ab…"


@given(st.integers(0, 2200), st.sampled_from(["summary", "lines", "value", "headline", "source"]))
def test_no_piece_of_a_secret_is_left_by_a_cut(offset: int, where: str) -> None:
    """A secret is masked before anything is cut: no piece of it stands at the edge of what is kept."""
    secret = "qWx7" * 11
    remember(secret)
    text = f"{'x' * offset} {secret} {'y' * (2200 - offset)}"
    changed = {
        "summary": {"summary": text},
        "lines": {"record": Record((text,), 1)},
        "value": {"record": Record(value=text)},
        "headline": {"verdict": "failed", "failure": Failure(text)},
        "source": {"source": text},
    }[where]
    assert "qWx7" not in compose(replace(DONE, **changed), 2048)


def test_a_masked_message_is_one_text() -> None:
    """Masks are longer than short secrets: what is masked is fitted, not what it was."""
    secrets = [f"s{number:05}" for number in range(200)]
    for secret in secrets:
        remember(secret)
    run = replace(DONE, record=Record((), 0, " ".join(secrets)))
    assert len(compose(run, 2048).encode()) <= 2048


def test_a_huge_value_takes_no_time() -> None:
    """A message on 30,000 lines is made as fast as one on thirty."""
    value = "\n".join(f"{number}" for number in range(30_000))
    began = time.monotonic()
    text = compose(replace(DONE, record=Record((), 0, value), source=value), 2048)
    assert time.monotonic() - began < 1.0
    assert "of 30,000 lines)" in text


def test_a_narrow_table_is_told_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of few columns becomes lines that need no alignment; its true size is told."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    rows = (("茅台", ("+1.50%", "12.0%")), ("宁德", ("-2.25%", "8.5%")))
    table = Table(("收益", "仓位"), rows, 240, 2)
    text = compose(replace(DONE, table=table, record=Record(value="ignored")), 2048)
    assert text.endswith(
        "结果（共 240 行 × 2 列，显示前 2 行）\n"
        "茅台：收益 +1.50%，仓位 12.0%\n"
        "宁德：收益 -2.25%，仓位 8.5%"
    )


def test_a_wide_table_tells_its_size() -> None:
    """Of a table that goes along as a file the text tells the size."""
    table = Table(tuple("abcdef"), (("0", tuple("123456")),), 240, 6)
    text = compose(replace(DONE, table=table, record=Record()), 2048)
    assert text.endswith("\n\nResult (240 rows × 6 columns)")


def test_pictures_that_go_along_are_not_counted_as_left_behind() -> None:
    """Only the plots that stay in the notebook are named."""
    run = replace(DONE, record=Record(images=3), enclosed=2)
    assert "1 more plot: see the notebook" in compose(run, 2048)
    assert "plot" not in compose(replace(run, enclosed=3), 2048)


def test_the_mark_stands_with_the_time() -> None:
    """What tells two equal runs apart is at the end of the third line."""
    assert compose(replace(DONE, mark="#7f3a"), 2048).split("\n")[2].endswith("20:08:31 · #7f3a")
