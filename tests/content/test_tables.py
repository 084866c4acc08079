"""A table is read, from its HTML or itself, as a phone can show it."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from notebook_notify.content.tables import is_gap, read_table, table_of

HEAD = "<table><thead><tr><th></th><th>a</th></tr></thead><tbody><tr><th>k</th>"


def lines(value):
    """The lines that tell of a value, as its own HTML has it."""
    html = value if isinstance(value, str) else value._repr_html_()
    return read_table(html).lines()


def test_a_frame_is_told_row_by_row():
    """Each row is a line: its key, then each column's name and value, as the notebook has it."""
    frame = pd.DataFrame({"ret": [0.031, -0.2], "dd": ["<-5%>", "a & b"]}, index=["动量", "HS300"])
    table = read_table(frame._repr_html_())
    assert table.lines() == ["动量: ret 0.031, dd <-5%>", "HS300: ret -0.200, dd a & b"]
    assert (table.height, table.width, table.narrow) == (2, 2, True)


def test_lines_in_chinese(monkeypatch):
    """Colon and comma are the reader's."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert lines(pd.DataFrame({"甲": [1], "乙": [2]})) == ["0：甲 1，乙 2"]


def test_names_of_the_index_are_no_row():
    """The row in which pandas names the index, and a name of the columns, are left out."""
    frame = pd.DataFrame({"a": [1], "b": [2]}, index=pd.Index(["k"], name="code"))
    assert lines(frame) == ["k: a 1, b 2"]
    frame.columns.name = "kind"
    assert lines(frame) == ["k: a 1, b 2"]


def test_an_index_of_several_levels():
    """Every row is told with its whole key, though the notebook shows a level only once."""
    index = pd.MultiIndex.from_product([["p", "q"], [1, 2]], names=["group", "n"])
    frame = pd.DataFrame({"a": [1, 2, 3, 4]}, index=index)
    assert lines(frame) == ["p · 1: a 1", "p · 2: a 2", "q · 1: a 3", "q · 2: a 4"]


def test_columns_of_several_levels():
    """A column is told with the names of all its levels."""
    frame = pd.DataFrame({("x", "lo"): [1], ("x", "hi"): [2], ("y", "lo"): [3]})
    assert lines(frame) == ["0: x lo 1, x hi 2, y lo 3"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_long_frame(make):
    """Of 240 rows those before the gap are told, and how many there are in all is known."""
    table = read_table(make({"a": range(240), "b": range(240)})._repr_html_())
    assert (table.height, table.width, len(table.rows)) == (240, 2, 5)
    assert table.rows[4][1] == ("4", "4")


def test_a_row_that_looks_like_a_gap():
    """A row whose key is dots, but whose values are not, is a row."""
    assert lines(pd.DataFrame({"a": [1, 2]}, index=["...", "k"])) == ["...: a 1", "k: a 2"]


def test_a_wide_frame():
    """With more than four columns there is no row by row, and the true width is known."""
    table = read_table(pd.DataFrame([range(50)])._repr_html_())
    assert (table.narrow, table.width, table.height) == (False, 50, 1)


def test_polars():
    """The types that polars writes below the names are not told; it has no keys."""
    assert lines(pl.DataFrame({"a": [1], "b": ["x"]})) == ['a 1, b "x"']
    assert read_table(pl.DataFrame({"a": [1]})._repr_html_()) is None  # a lone column is text


def test_styler():
    """A styled frame is told as styled, and one without an index has no keys."""
    frame = pd.DataFrame({"a": [0.1234], "b": [1]})
    assert lines(frame.style.format("{:.1%}", subset=["a"])) == ["0: a 12.3%, b 1"]
    assert lines(frame.style.hide(axis="index").set_caption("cap")) == ["a 0.123400, b 1"]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<b>bold</b>",
        "<table>",
        "<table></table>",
        "<table><tr></tr></table>",
        "<table><tr><td>1</td><td>2</td></tr></table>",
        pd.DataFrame()._repr_html_(),
        pd.DataFrame({"a": []})._repr_html_(),
        pd.DataFrame(index=[1, 2])._repr_html_(),
    ],
)
def test_what_is_no_table(html):
    """What has no named columns or no rows is left to its text form."""
    assert read_table(html) is None


def test_scripts_and_styles_are_no_text():
    """What a browser would run, and markup within a cell, never is in a line."""
    html = (
        HEAD
        + "<td>1<script>alert('</td>')</script><style>td{}</style><b>0</b><!-- <td> --></td></tr>"
    )
    assert lines(html + "</tbody></table>") == ["k: a 10"]


def test_tables_within_and_beside():
    """A table within a cell is text of that cell; a second table is not read."""
    within = "<td>1<table><tr><td>x</td><td>y</td></tr></table>2</td></tr></tbody></table>"
    assert lines(HEAD + within + HEAD + "<td>9</td></tr></table>") == ["k: a 1 x y 2"]


def test_written_by_hand():
    """Upper case, missing end tags, breaks, and a head without thead are understood."""
    html = "<TABLE><tr><th>k<th>a</tr><TR><TD>x<br>y<td align=right>2</table>".replace(
        "<TABLE>", "<table border=1>"
    )
    assert lines(html) == ["k x y, a 2"]


BEGIN = "<table><tr><th>k<th>a</tr><tr><td>1<td>2</tr>"


@pytest.mark.parametrize(
    "piece",
    [
        "<tr><td>1</td><td>2</td></tr>\n",
        "<td>",
        "<td ",
        "<td a='",
        "<",
        "<!",
        "<?",
        "<!--",
        "<script>",
        "</script",
        "<table>",
        "<td>&#",
        "<tr><td colspan=9999 rowspan=9999>",
        '<a b="',
        "1",
        " ",
    ],
)
def test_hostile_html_is_read_in_bounded_time(piece):
    """Whatever a server made up, twice as much of it takes about twice as long."""

    def cost(size):
        html = BEGIN + piece * (size // len(piece))
        started = time.process_time()
        read_table(html)
        read_table(html + "</table>" + "1" * 100_000)
        return time.process_time() - started

    # The least of several, for another process may slow one down; a base, since small is noise.
    base = max(0.05, min(cost(128 << 10) for _ in range(3)))
    assert min(cost(512 << 10) for _ in range(3)) < 4 * base * 3


def test_many_cells():
    """Of 100,000 cells the first rows are kept and all rows are counted, in bounded time."""
    html = pd.DataFrame(np.zeros((25_000, 3))).to_html()
    started = time.process_time()
    table = read_table(html)
    assert time.process_time() - started < 10
    assert (table.height, len(table.rows)) == (25_000, 60)


# ── what a value can give itself ─────────────────────────────────────────────────────────────


def shown(value):
    """The table of a value that a cell shows."""
    return table_of(value._repr_html_(), value)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_the_first_rows_of_a_long_frame(make):
    """The notebook shows five rows before a gap; the message has ten, and the true shape."""
    table = shown(make({"a": range(240), "b": range(240)}))
    assert (table.height, table.width) == (240, 2)
    assert [values for _, values in table.rows] == [(str(n), str(n)) for n in range(10)]


def test_a_huge_frame():
    """Of 100,000 rows and 200 columns the true shape is known, in bounded time."""
    frame = pd.DataFrame(np.zeros((100_000, 200)))
    html = frame._repr_html_()
    started = time.process_time()
    table = table_of(html, frame)
    assert time.process_time() - started < 1
    assert (table.height, table.width, len(table.rows)) == (100_000, 200, 10)
    assert any(map(is_gap, table.columns))


def test_a_form_that_is_too_long_to_keep():
    """A frame whose HTML is not kept, styled or not, is read from its first rows."""
    frame = pd.DataFrame({"a": range(99), "b": range(99)})
    for value in (frame, frame.style):
        table = table_of("", value)
        assert (table.height, len(table.rows), table.rows[9]) == (99, 10, ("9", ("9", "9")))


def test_a_styled_frame_keeps_its_form():
    """What is styled is told as styled."""
    frame = pd.DataFrame({"a": [0.5] * 20, "b": 1})
    assert shown(frame.style.format("{:.0%}", subset=["a"])).lines()[0] == "0: a 50%, b 1"


def test_arrow():
    """A table of pyarrow, which has no HTML form, is told too, even with a name given twice."""
    table = pa.table([list(range(30)), ["x"] * 30], names=["n", "n"])
    for one in (table_of("", table), table_of("", table.to_batches()[0])):
        assert (one.height, one.width, len(one.rows)) == (30, 2, 10)
        assert one.lines()[3] == "n 3, n x"
    assert table_of("", pa.table({"a": []})) is None


def test_other_tables():
    """The HTML form of any object will do; what has none, or fails, is no table."""
    assert table_of(BEGIN + "</table>", object()).lines() == ["k 1, a 2"]
    assert table_of("<b>x</b>", pd.DataFrame({"a": [1], "b": [2]})) is None
    assert table_of("", 7) is None

    class Fails:
        shape = (100, 2)

        def head(self, rows):
            raise RuntimeError(rows)

    assert table_of("", Fails()) is None
    assert table_of(BEGIN + "</table>", Fails()).height == 1
