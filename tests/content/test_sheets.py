"""A table becomes a file that opens as it was: a CSV, or an xlsx."""

from __future__ import annotations

import io
import time

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from notebook_notify.content import sheets
from notebook_notify.content.sheets import csv_file, fits_xlsx, sheet_of, xlsx_file
from notebook_notify.content.tables import Table, read_table
from notebook_notify.secret import MASK, remember


def csv_of(value):
    """The CSV of a value, and how many rows that has; ``None`` if it makes none."""
    sheet = sheet_of(value)
    return (csv_file(sheet), sheet.rows) if sheet else None


def book(value):
    """The rows of the xlsx that a value makes, as openpyxl reads them."""
    return openpyxl.load_workbook(io.BytesIO(xlsx_file(sheet_of(value))))["table"]


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
    monkeypatch.setattr(sheets, "MOST_CELLS", 100)
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


@pytest.mark.parametrize("letter", ["x", "茅"])
def test_long_texts_end_the_file(monkeypatch, letter):
    """A file is not made larger than a platform takes it; its number of rows is true."""
    monkeypatch.setattr(sheets, "MOST_BYTES", 100_000)
    data, rows = csv_of(pd.DataFrame({"a": [letter * 1000] * 500}))
    assert rows == data.count(b"\n") - 1
    assert 96_000 < len(data) < 100_004
    assert csv_of(pd.DataFrame({"a": [letter * 100_000]})) is None


def test_secrets_with_quotation_marks():
    """A secret is found though a CSV doubles the quotation marks in it."""
    remember('ab"cd"efgh')
    frame = pd.DataFrame({"a": ['ab"cd"efgh']})
    assert csv_of(frame)[0].decode("utf-8-sig") == f",a\n0,{MASK}\n"
    assert book(frame)["B2"].value == MASK


def test_blocks_do_not_show():
    """However many rows are written at a time, it is one table."""
    frame = pd.DataFrame(np.arange(30_000).reshape(-1, 3) / 7, columns=list("abc"))
    data, rows = csv_of(frame)
    assert rows == 10_000
    assert data.decode("utf-8-sig") == frame.to_csv(lineterminator="\n")
    polars = pl.from_pandas(frame)
    assert csv_of(polars)[0].decode("utf-8-sig") == polars.write_csv()


def test_what_only_has_html():
    """Of an object that has no CSV of its own, the rows that it shows make one."""
    table = read_table(
        "<table><tr><th>k</th><th>a</th></tr><tr><td>1</td><td>x,y</td></tr></table>"
    )
    assert csv_file(sheet_of(object(), table)).decode("utf-8-sig") == 'k,a\n1,"x,y"\n'
    assert sheet_of(object(), Table(("a", "…"), (("", ("1", "…")),), 1, 30)) is None


# ── xlsx ─────────────────────────────────────────────────────────────────────────────────────


def test_a_frame_as_xlsx():
    """A spreadsheet has numbers as numbers, texts as they were, bold names, and keeps them in view."""
    frame = pd.DataFrame(
        {"代码": ["000001", "600519"], "价格": [1.5, -2e-30], "n": [1, 2], "t": [" a\nb", "<&>"]}
    )
    page = book(frame)
    assert [[cell.value for cell in row] for row in page.rows] == [
        [None, "代码", "价格", "n", "t"],
        [0, "000001", 1.5, 1, " a\nb"],
        [1, "600519", -2e-30, 2, "<&>"],
    ]
    assert page["B1"].font.b
    assert not page["B2"].font.b
    assert page.freeze_panes == "A2"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_no_cell_becomes_a_formula(text):
    """What begins as a formula does is a text in the xlsx, and stands in the CSV as it was."""
    frame = pd.DataFrame({text: [text]})
    page = book(frame)
    assert (page["B1"].data_type, page["B2"].data_type, page["B2"].value) == ("s", "s", text)
    assert pd.read_csv(io.BytesIO(csv_of(frame)[0]), index_col=0, dtype=str).iloc[0, 0] == text


def test_others_as_xlsx():
    """Numbers of polars and pyarrow are numbers; missing values are empty cells."""
    data = {"a": [1, None], "b": ["1", "x"]}
    for value in (pl.DataFrame(data), pa.table(data)):
        assert [[cell.value for cell in row] for row in book(value).rows] == [
            ["a", "b"],
            [1, "1"],
            [None, "x"],
        ]


def test_numbers_that_would_be_rounded():
    """A number of more digits than a spreadsheet keeps stays whole, as text."""
    page = book(pd.DataFrame({"id": [12345678901234567]}))
    assert page["B2"].value == "12345678901234567"


def test_what_xml_cannot_hold():
    """Control characters are left out, and a text that is too long for a cell is cut."""
    page = book(pd.DataFrame({"a": ["x\x00\x1b\ud800y", "😀" * 40_000]}, dtype=object))
    assert page["B2"].value == "xy"
    assert page["B3"].value == "😀" * 16_383 + "…"


def test_secrets_are_masked_in_a_workbook():
    """So are secrets in an xlsx."""
    assert book(pd.DataFrame({"a": ["password=abc 1", "x"]}))["B2"].value == f"password={MASK} 1"


def test_the_same_table_makes_the_same_file():
    """One upload serves all targets: the bytes do not depend on the time."""
    sheet = sheet_of(FRAME)
    assert xlsx_file(sheet) == xlsx_file(sheet)
    assert b"\x00\x00\x21\x00" in xlsx_file(sheet)  # the archive's first day, 1980-01-01


def test_room_in_a_worksheet():
    """A table of more columns than a worksheet has is known to have no room."""
    assert fits_xlsx(sheet_of(FRAME))
    assert not fits_xlsx(sheet_of(pl.DataFrame({str(n): [n] for n in range(16_385)})))
