"""Rows of some columns, in a terminal and in a notebook."""

from __future__ import annotations

from wcwidth import wcswidth

from notebook_notify import columns

HEADING = ("", "时间", "首行", "结果")
ROWS = [("✓", "11-25 18:00:00", "夜间回测", "已发送"), ("✗", "11-25 18:00:01", "a", "not sent")]


def test_columns_stand_under_each_other():
    """Chinese takes two columns of a terminal, and nothing is lost."""
    heading, *lines = columns.plain(HEADING, ROWS).splitlines()
    starts = {wcswidth(line[: line.index(row[3])]) for line, row in zip(lines, ROWS, strict=True)}
    assert starts == {wcswidth(heading[: heading.index("结果")])}
    assert lines[0].split() == ["✓", "11-25", "18:00:00", "夜间回测", "已发送"]


def test_a_long_text_moves_only_its_own_line():
    """What is wider than a column is told whole, and does not push the others away."""
    long = "x" * 200
    lines = columns.plain(HEADING, [*ROWS, ("✓", "now", long, "sent")]).splitlines()
    assert lines[3].endswith(f"{long}  sent")
    assert max(map(len, lines[:3])) < 100


def test_html_is_no_markup():
    """Every text is escaped; a short one is not broken over lines."""
    html = columns.table(("", "<b>"), [("✓", "<script>alert(1)</script>")])
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html
    assert "nowrap" in columns.table(("", "when"), [("✓", "11-25 18:00:00")])
