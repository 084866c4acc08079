"""A table is read from its HTML as a phone can show it, and made a CSV that opens as it was."""

from __future__ import annotations

import io
import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from notebook_notify.content import tables
from notebook_notify.content.tables import csv_of, read_table
from notebook_notify.secret import MASK, remember

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
    """Half a megabyte of whatever a server made up costs less than a second."""
    html = BEGIN + piece * (512 * 1024 // len(piece))
    started = time.process_time()
    read_table(html)
    read_table(html + "</table>" + "1" * 100_000)
    assert time.process_time() - started < 2


def test_many_cells():
    """Of 100,000 cells the first rows are kept and all rows are counted, in bounded time."""
    started = time.process_time()
    table = read_table(pd.DataFrame(np.zeros((25_000, 3))).to_html())
    assert time.process_time() - started < 10
    assert (table.height, len(table.rows)) == (25_000, 60)


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────

FRAME = pd.DataFrame({"名称": ["平安, 银行", 'a"b', "x\ny"], "n": [1, 2, 3]}, index=["a", "b", "c"])


def test_a_frame_as_csv():
    """The CSV parses back to the frame, commas, quotes, line breaks and Chinese among it."""
    data, rows = csv_of(FRAME)
    assert rows == 3
    assert data.startswith(b"\xef\xbb\xbf")  # else Excel takes it for another encoding
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(data), index_col=0), FRAME)


def test_others_as_csv():
    """Tables of polars and pyarrow, and the frame within a Styler, become the like."""
    plain = FRAME.reset_index(drop=True)
    for table in (pl.DataFrame(FRAME.to_dict("list")), pa.table(FRAME.to_dict("list"))):
        data, rows = csv_of(table)
        assert rows == 3
        pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(data)), plain)
    assert csv_of(FRAME.style) == csv_of(FRAME)


def test_of_a_large_frame_the_first_rows(monkeypatch):
    """A file has at most so many cells; how many rows that makes is told."""
    monkeypatch.setattr(tables, "MOST_CELLS", 100)
    data, rows = csv_of(pd.DataFrame(np.zeros((1000, 10))))
    assert (rows, data.count(b"\n")) == (10, 11)
    assert csv_of(pd.DataFrame(np.zeros((5, 300))))[1] == 1


def test_half_characters_do_not_stop_it():
    """A lone surrogate, which UTF-8 cannot carry, becomes a question mark."""
    assert csv_of(pd.DataFrame({"a": ["x\ud800y"]}, dtype=object))[0].endswith(b"x?y\n")


def test_secrets_are_masked_in_the_file():
    """A file is scrubbed as a text is, cell by cell: no cell is lost with the one beside it."""
    remember("s3cr3t-V4lue")
    frame = pd.DataFrame(
        {
            "a": ["password=abc", "x", "https://u:pw1234@h/"],
            "s3cr3t-V4lue": [1, 2, 3],
            "c": ["s3cr3t-V4lue", "y,z", ""],
        }
    )
    data, _ = csv_of(frame)
    assert data.decode("utf-8-sig") == (
        ',a,••••,c\n0,password=••••,1,••••\n1,x,2,"y,z"\n2,https://u:••••@h/,3,\n'
    )


def test_masking_a_large_file_is_bounded():
    """Masking a file of as many cells as one has takes seconds, even if every cell is masked."""
    frame = pd.DataFrame({n: ["token=abcdef"] * 20_000 for n in range(10)})
    started = time.process_time()
    data, _ = csv_of(frame)
    assert time.process_time() - started < 20
    assert data.count(MASK.encode()) == 200_000


class _Raises:
    shape = (1, 2)

    def head(self, rows):
        raise RuntimeError(rows)

    to_csv = head


@pytest.mark.parametrize("value", [None, 7, "x", FRAME["n"], np.zeros((2, 2)), _Raises(), object])
def test_what_makes_no_csv(value):
    """What is no table, or fails to write itself, makes no file and raises nothing."""
    assert csv_of(value) is None
