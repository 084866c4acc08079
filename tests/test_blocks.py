"""Cuts that spare tables and fenced code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_notify.blocks import closing_fence, spare_blocks
from notebook_notify.content.compose import Form, compose
from notebook_notify.content.facts import Run
from notebook_notify.content.screen import Record

RUN = Run(verdict="done", title="t", started=0.0, ended=1.0, who="me")


def told(run: Run, limit: int, dialect: str = "plain") -> str:
    """The text on *run*."""
    return compose(run, Form(limit, dialect)).text


def test_a_cut_spares_fenced_code_and_tables() -> None:
    """The last lines begin after a block that does not fit, rather than in its middle."""
    fenced = ("```", *(f"code {number}" for number in range(10)), "```")
    tail = tuple(f"tail {number}" for number in range(15))
    text = told(replace(RUN, record=Record((*fenced, *tail), 27)), 2048)
    assert "Last 15 of 27 output lines\ntail 0\n" in text
    table = ("| a | b |", "|---|---|", *("| 1 | 2 |" for _ in range(9)))
    text = told(replace(RUN, record=Record((*table, *tail), 26)), 2048)
    assert "Last 15 of 26 output lines\ntail 0\n" in text
    value = "\n".join((*(f"head {number}" for number in range(40)), *table * 20))
    text = told(replace(RUN, record=Record(value=value)), 2048)
    assert text.endswith("head 39")


def test_a_block_that_is_all_there_is_gets_cut() -> None:
    """Where only a table was shown, its last rows are better than nothing."""
    rows = tuple(f"| {number} |" for number in range(30))
    text = told(replace(RUN, record=Record(rows, 30)), 2048)
    assert "Last 20 of 30 output lines\n| 10 |\n" in text


def test_a_cut_markdown_value_leaves_no_fence_open() -> None:
    """What follows cut Markdown is not drawn into its code."""
    source = "```python\n" + "x = 1\n" * 1000 + "```"
    record = Record(("last",), 1, value="<x>", markdown=source)
    text = told(replace(RUN, record=record), 2048, "dingtalk")
    assert "x = 1\n```\n\n**Output**\n\n> last" in text


@pytest.mark.parametrize(
    ("lines", "fence"),
    [
        (["```python", "x"], "```"),
        (["```", "x", "```"], ""),
        (["````", "```"], "````"),
        (["~~~", "```"], "~~~"),
        (["``` `x` inline"], ""),
    ],
)
def test_which_fence_is_open(lines: list[str], fence: str) -> None:
    """Only a fence as long, of the same kind, closes fenced code."""
    assert closing_fence(lines) == fence


def test_a_frame_is_a_table() -> None:
    """Polars' and tabulate's drawings are spared as Markdown's are."""
    for table in (["┌──┐", "│ 1│", "└──┘"], ["+--+", "| 1|", "+--+"]):
        lines = ["a", *table, "b"]
        assert spare_blocks(lines, 2, from_end=True) == 4
        assert spare_blocks(lines, 2, from_end=False) == 1
        assert spare_blocks(lines, 1, from_end=True) == 1
