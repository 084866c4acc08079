"""A wide table is drawn so that it can be read on a phone, or it is said what is missing."""

from __future__ import annotations

import io
import sys
import time
from itertools import pairwise

import pandas as pd
import pytest
from PIL import Image

from notebook_notify.content import fonts, table_picture
from notebook_notify.content.table_picture import SIZE, WIDTH, UndrawnError, draw
from notebook_notify.content.tables import Table, read_table
from notebook_notify.secret import MASK, remember

FLOATS = pd.DataFrame({f"f{n}": [n / 7, -n / 3] for n in range(30)})


@pytest.fixture
def written(monkeypatch):
    """The texts that are written into a picture, with where each begins and ends, in pixels."""
    texts = []
    write = fonts.Pen.write

    def listen(pen, picture, at, text, colour):
        texts.append((text, at[0], at[0] + pen.length(text), at[1]))
        write(pen, picture, at, text, colour)

    monkeypatch.setattr(fonts.Pen, "write", listen)
    return texts


def table_from(frame):
    """The table of a frame's HTML form."""
    return read_table(frame._repr_html_())


def size(image):
    """Width and height of a picture, which must be a PNG."""
    with Image.open(io.BytesIO(image.data)) as picture:
        assert picture.format == "PNG"
        picture.load()
        return picture.size


def texts_of(written):
    """The texts alone."""
    return [text for text, *_ in written]


def test_what_fits_is_shown_and_the_true_shape(written):
    """The first columns that fit and the last are shown, and how many there are is said."""
    image = draw(table_from(FLOATS))
    width, _ = size(image)
    assert image.name == "table.png"
    assert WIDTH * 0.8 < width <= WIDTH
    assert SIZE >= 24
    names = [text for text in texts_of(written) if text.startswith(("f", "…"))]
    assert names[:3] == ["f0", "f1", "f2"]
    assert names[-1] == "f29"
    shown = sum(name.startswith("f") for name in names)
    assert shown >= 6
    assert texts_of(written)[-1] == f"2 rows × 30 columns, 2 and {shown} of them here"


def test_nothing_overlaps_or_leaves_the_picture(written):
    """No text reaches into the next column or over the edge, however long it is."""
    frame = pd.DataFrame({f"{n} {'name ' * n}": ["long text " * 9, "x" * n] for n in range(9)})
    width, height = size(draw(table_from(frame)))
    by_line = {}
    for _, start, end, line in written:
        by_line.setdefault(line, []).append((start, end))
    assert max(by_line) < height
    for spans in by_line.values():
        spans.sort()
        assert spans[0][0] >= 0
        assert spans[-1][1] <= width
        assert all(one[1] < two[0] for one, two in pairwise(spans))


def test_numbers_stand_at_the_right_and_are_whole(written):
    """Digits stand below digits, and no number is cut: the rest of one is another."""
    draw(table_from(FLOATS))
    ends = {round(end) for text, _, end, _ in written if text in ("0.142857", "-0.333333", "f1")}
    assert len(ends) == 1
    cut = pd.DataFrame([["x" * 90] * 4 + [1234567890123.25]], columns=list("abcde"))
    written.clear()
    draw(table_from(cut))
    assert "1.234568e+12" in texts_of(written)
    assert any(text.endswith("x…") for text in texts_of(written))


def test_chinese(written, monkeypatch):
    """Chinese is written, each character in a form of its own, and so is the shape."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    if not fonts.pens(SIZE)[2]:
        pytest.skip("no font with Chinese here")
    columns = ("代码", "名称", "价格", "数量", "备注")
    draw(Table(columns, (("", ("600519", "贵州茅台", "1", "2", "停牌")),), 240, 5))
    assert texts_of(written)[-1] == "共 240 行 × 5 列，图中 1 行、5 列"
    pen = fonts.pens(SIZE)[0]
    forms = set()
    for character in "贵州茅台":
        picture = Image.new("L", (40, 40))
        pen.write(picture, (2, 32), character, "white")
        forms.add(picture.tobytes())
    assert len(forms) == 4  # not four times the box that stands for what a font lacks


def test_emoji():
    """An emoji is drawn in its colours, as wide as is reckoned with."""
    pen = fonts.pens(SIZE)[0]
    if pen._emoji is None:
        pytest.skip("no font with emoji here")
    picture = Image.new("RGB", (80, 40), "white")
    pen.write(picture, (2, 32), "🚀🚀", "black")
    assert any(max(colour) - min(colour) > 60 for _, colour in picture.getcolors(9999))
    left, _, right, _ = picture.convert("L").point(lambda value: 255 * (value < 250)).getbbox()
    assert 0 <= right - left <= pen.length("🚀🚀")


def test_without_a_chinese_font(written, monkeypatch):
    """Without one a table with Chinese is not drawn, in words; one without is."""
    monkeypatch.setattr(fonts, "_files", dict)
    with pytest.raises(UndrawnError, match="apt install fonts-noto-cjk"):
        draw(table_from(FLOATS.rename(columns={"f0": "价格"})))
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    with pytest.raises(UndrawnError, match="找不到中文字体"):
        draw(table_from(FLOATS.rename(columns={"f0": "价格"})))
    draw(table_from(FLOATS))
    assert texts_of(written)[-1] == "2 × 30"


def test_fonts_that_matplotlib_was_given(monkeypatch, tmp_path):
    """A font that the user gave matplotlib is found; a file that is none is passed over."""
    font = fonts._files().get("notosanscjk-regular.ttc")
    if font is None:
        pytest.skip("no font with Chinese here")
    broken = tmp_path / "dejavusans.ttf"
    broken.write_bytes(b"no font")
    monkeypatch.setattr(fonts, "_folders", lambda: iter([tmp_path]))
    monkeypatch.delitem(sys.modules, "matplotlib.font_manager", raising=False)
    assert not fonts.pens(SIZE)[2]

    class Entry:
        fname = str(font)

    class Module:
        class fontManager:  # noqa: N801 - matplotlib's name
            ttflist = (Entry,)

    monkeypatch.setitem(sys.modules, "matplotlib.font_manager", Module)
    pen, _, chinese = fonts.pens(SIZE)
    assert chinese
    assert pen.length("贵州") == 2 * SIZE


def test_secrets_are_masked(written):
    """No secret is drawn, not even half of one at a cut."""
    remember("s3cr3t-V4lue")
    row = ("token=abcdefgh", "x" * 110 + "s3cr3t-V4lue", "1", "2", "3")
    draw(Table(("a", "b", "c", "s3cr3t-V4lue", "e"), (("s3cr3t-V4lue", row),), 1, 5))
    drawn = "|".join(texts_of(written))
    assert "s3cr3t" not in drawn
    assert "abcdefgh" not in drawn
    assert MASK in drawn


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\x1b[31m\n\r\t",
        "\ud800\udfff",
        "👩‍👩‍👧🇨🇳✅️",
        "é́́" * 99,
        "ﷺ" * 500,
        "\u202eevil\u202c",
        "x" * 500_000,
        "…",
    ],
)
def test_any_text_can_be_drawn(text):
    """Whatever stands in the cells is drawn, or left out, in bounded time."""
    for width in (5, 200):
        rows = ((text, (text,) * width),) * 60
        started = time.process_time()
        image = draw(Table((text,) * width, rows, 60, width))
        assert time.process_time() - started < 5
        assert size(image)[0] <= WIDTH
        assert len(image.data) < 200_000


def test_any_failure_is_told(monkeypatch):
    """If drawing fails for a reason that nobody thought of, that is told."""
    monkeypatch.setattr(table_picture, "_paint", lambda *_: 1 / 0)
    with pytest.raises(UndrawnError, match="the table was not drawn: division by zero"):
        draw(table_from(FLOATS))


def test_the_same_table_makes_the_same_picture():
    """One upload serves all targets: the bytes do not depend on the time."""
    assert draw(table_from(FLOATS)).data == draw(table_from(FLOATS)).data
