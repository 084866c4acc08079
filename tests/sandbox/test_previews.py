"""How a file begins: rows, lines or names, and nothing for what is not what its name says."""

import io
import itertools
import random
import re
import time
import tracemalloc
import zipfile

import pandas as pd
import pytest

from notebook_notify.sandbox import page
from notebook_notify.sandbox.previews import preview

KEY = "0123456789abcdef" * 2
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def _zip(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _workbook(rows, strings="", **more):
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
    files = {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": f"<sst>{strings}</sst>"}
    return _zip(files | more)


def _file(name, size, key=KEY):
    return {
        "platform": "wecom",
        "channel": "wecom_chat",
        "to": "wrchat",
        "msgtype": "file",
        "title": "",
        "content": "",
        "media": {
            "name": name,
            "type": "text/csv",
            "size": size,
            "sha256": "",
            "url": f"http://127.0.0.1:1/media/{key}",
        },
        "time": "2025-11-24T20:08:31.000+08:00",
    }


def _shown(name, content, lang="en"):
    """The file on the page and in a notebook's fragment."""
    message = _file(name, len(content))
    load = lambda _: content  # noqa: E731
    return page.full([message], lang, "n", load), page.inline([message], "", lang, load)


def test_a_csv_shows_its_first_rows():
    """Head and four rows of four columns; what is not shown is said."""
    frame = pd.DataFrame({f"c{n}": range(n, n + 30) for n in range(6)})
    for encoding in ("utf-8", "utf-8-sig"):
        found = preview("table.csv", frame.to_csv(index=False).encode(encoding))
        assert found.rows[0] == ("c0", "c1", "c2", "c3")
        assert found.rows[1:] == tuple(tuple(str(n + c) for c in range(4)) for n in range(4))
        assert (found.columns, found.left_out) == (6, None)
    for html in _shown("table.csv", frame.to_csv(index=False).encode()):
        assert html.count("<tr>") == 5
        assert "… more rows follow" in html
        assert "first 4 of 6 columns" in html


def test_a_short_csv_is_whole():
    """A table that is all there says nothing more; quoted commas and line ends stay in their cells."""
    found = preview("T.CSV", '名称,收益\r\n"平安, A","0\n1"\r\n'.encode())
    assert found.rows == (("名称", "收益"), ("平安, A", "0\n1"))
    assert (found.columns, found.left_out) == (2, 0)
    for html in _shown("T.CSV", b"a,b\n1,2\n", "zh"):
        assert "以下还有" not in html


def test_a_row_of_another_length_keeps_its_place():
    """Short rows are filled up, so that the columns stay columns."""
    assert preview("a.csv", b"a\n1,2\n").rows == (("a", ""), ("1", "2"))


def test_a_workbook_shows_its_first_rows():
    """Shared, inline and computed values of the first sheet; a cell that is not written is empty."""
    content = _workbook(
        '<row><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row><c r="B2"><f>1+1</f><v>2</v></c></row>'
        '<row><c t="inlineStr"><is><t>x</t></is></c><c t="str"><v>y</v></c></row>',
        "<si><t>名称</t></si><si><r><t>收</t></r><r><t>益</t></r></si>",
    )
    assert preview("a.xlsx", content).rows == (("名称", "收益"), ("", "2"), ("x", "y"))
    for html in _shown("a.xlsx", content):
        assert "名称" in html


def test_an_archive_shows_its_names():
    """Names and sizes, the first six, and how many more."""
    content = _zip({f"f{n}.csv": b"12345" for n in range(8)})
    found = preview("all.zip", content)
    assert found.lines[0] == "f0.csv · 5 B"
    assert (len(found.lines), found.left_out) == (6, 2)
    for html in _shown("all.zip", content):
        assert "f5.csv" in html
        assert "f6.csv" not in html
        assert "… 2 more files" in html


def test_a_text_shows_both_ends():
    """The first and the last lines; between them stands how many are left out."""
    content = "".join(f"epoch {n}\n" for n in range(1, 1001)).encode()
    found = preview("output.txt", content)
    assert found.lines == ("epoch 1", "epoch 2", "epoch 3", "epoch 998", "epoch 999", "epoch 1000")
    assert (found.gap, found.left_out) == (3, 994)
    for html in _shown("output.txt", content):
        assert "epoch 3<br>… 994 lines left out …<br>epoch 998" in html
    assert preview("a.log", b"1\n2").lines == ("1", "2")
    assert preview("a.txt", b"\n".join(b"%d" % n for n in range(7))).left_out == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", b"not an archive"),
        ("a.zip", _zip({"a": b"1"})[:-10]),
        ("a.xlsx", _zip({"a": b"1"})),
        ("a.xlsx", _workbook("<row><c t='s'><v>9</v></c></row>")),
        ("a.xlsx", _workbook("<row><c></row>")),
        (
            "a.xlsx",
            _workbook(
                '<row><c r="AAAAAAA1"><v>1</v></c></row>',
                **{"xl/sharedStrings.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><sst/>"},
            ),
        ),
        ("a.txt", b"\0\1\2"),
        ("a.csv", b""),
        ("a.pdf", b"%PDF"),
        ("noending", b"text"),
    ],
    ids=itertools.count(),  # else the archive is the name, which holds the time
)
def test_what_cannot_be_read_is_a_card(name, content):
    """A file that is not what its name says, or of no kind we know, is shown by name and size."""
    assert preview(name, content) is None
    for html in _shown(name, content):
        assert f">{name}<" in html
        assert "<table" not in html


def test_damaged_files_never_break_the_page():
    """A CSV, a workbook, an archive and a text with bytes changed at random are still shown."""
    dice = random.Random(7)
    frame = pd.DataFrame({"a": range(50), "b": ["中"] * 50})
    sheet = _workbook('<row><c t="s"><v>0</v></c></row>' * 30, "<si><t>x</t></si>")
    texts = frame.to_csv().encode()
    for name, content in [("a.csv", texts), ("a.xlsx", sheet), ("a.zip", sheet), ("a.txt", texts)]:
        for _ in range(300):
            damaged = bytearray(content)
            for _ in range(dice.randint(1, 8)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            for html in _shown(name, bytes(damaged)):
                assert f">{name}<" in html


def test_a_large_or_swollen_file_costs_little():
    """20 MB of CSV, a workbook that unpacks to 200 MB and 100,000 names are shown from a piece."""
    bomb = _workbook("<row><c><v>1</v></c></row>" + " " * 200_000_000)
    csv, many = b"a,b\n" * 5_000_000, _zip({f"{n}": b"" for n in range(100_000)})
    tracemalloc.start()
    started = time.process_time()
    assert preview("a.csv", csv).rows
    assert preview("a.xlsx", bomb).rows == (("1",),)
    assert preview("a.zip", many) is None
    assert time.process_time() - started < 3
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", f'{HOSTILE},b\n"{HOSTILE}",\x1b[31m\u202e\n'.encode()),
        ("a.txt", f"{HOSTILE}\n\x1b[31m\u202e\n".encode()),
        ("a.zip", _zip({HOSTILE: b"1"})),
        (
            "a.xlsx",
            _workbook(f"<row><c t='inlineStr'><is><t><![CDATA[{HOSTILE}]]></t></is></c></row>"),
        ),
    ],
)
def test_a_files_content_stays_text(name, content):
    """Markup and terminal sequences in a cell, a line or a name do nothing."""
    for html in _shown(name, content):
        assert "&lt;script&gt;" in html
        assert "<script>alert" not in html
        assert "<img" not in html
        assert not re.search("[\x1b\u202e]", html)


def test_long_cells_and_lines_are_cut():
    """A preview stays as wide as the phone."""
    for html in _shown("a.csv", b"x" * 500 + b"\n"):
        assert "x" * 17 + "…" in html
        assert "x" * 18 not in html
    for html in _shown("a.txt", b"y" * 500):
        assert "y" * 89 + "…" in html


def test_the_fragment_reads_files_within_a_limit():
    """Of a large inbox only the newest 32 MB of files are asked for."""
    asked = []

    def load(media):
        asked.append(media["name"])
        return bytes(media["size"])

    messages = [_file(f"{n}.bin", 10**7, f"{n:032x}") for n in range(6)]
    page.inline(messages, "", "en", load)
    assert asked == ["5.bin", "4.bin", "3.bin"]
