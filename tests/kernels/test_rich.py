"""Plots, pictures, tables and files of a real cell go along, and the cell shows what it showed."""

from __future__ import annotations

import base64
import io

import pandas as pd
import pytest

TWO = "import matplotlib.pyplot as plt\n"
PLOT = "%matplotlib inline\n" + TWO + "plt.plot([1, 3, 2]);"


@pytest.fixture
def arrived(box):
    """Gives what arrived since the last call: the text, then name and bytes of what followed."""

    def look():
        text, *rest = box.inbox
        media = [
            (one["msgtype"], one["media"]["name"], box.media_bytes(one["media"])) for one in rest
        ]
        box.clear()
        return text["content"], media

    return look


def shown_pngs(shown):
    """The pictures that stand under the cell."""
    return [
        base64.b64decode(output.data["image/png"])
        for output in shown.outputs
        if output.output_type in ("display_data", "execute_result") and "image/png" in output.data
    ]


def outputs(shown):
    """What stands under the cell, but for our box and what differs from run to run."""
    stands = []
    for output in shown.outputs:
        if output.get("data", {}).get("text/plain", "").startswith(("✓", "◐", "?", "✗")):
            continue
        one = {k: v for k, v in output.items() if k not in ("execution_count", "transient")}
        before = stands[-1] if stands else {}
        if "name" in one and one["name"] == before.get("name"):  # a kernel may print a line in two
            before["text"] += one["text"]
        else:
            stands.append(one)
    return stands


@pytest.mark.parametrize("magic", ["%%notify_wechat", "%%notify_wechat_app", "%%notify_dingtalk"])
def test_a_plot_arrives_as_the_notebook_shows_it(kernel, arrived, magic):
    """An inline plot follows the text on every channel, byte for byte what is under the cell."""
    shown = kernel.run(f"{magic}\n{PLOT}")
    assert shown.error is None
    text, media = arrived()
    assert media == [("image", "plot-1.png", shown_pngs(shown)[0])]
    assert text.endswith("📎 1 image follows")
    assert "see the notebook" not in text
    assert "Figure" not in text
    assert "1 text, 1 image" in shown.box


def test_a_picture_as_value(kernel, arrived):
    """A picture of Pillow's that is the cell's value goes along, and no text stands for it."""
    source = "from PIL import Image as P\nP.new('RGB', (64, 48), (200, 30, 30))"
    shown = kernel.run(f"%%notify_wechat\n{source}")
    text, ((kind, name, data),) = arrived()
    assert (kind, name, data) == ("image", "plot-1.png", shown_pngs(shown)[0])
    assert "PIL" not in text


def test_a_large_plot(kernel, arrived):
    """A plot of more than 256 KiB goes along whole."""
    source = (
        "%matplotlib inline\n" + TWO + "import numpy as np\n"
        "plt.figure(figsize=(9, 9)); plt.imshow(np.random.rand(400, 400, 3)); plt.show()"
    )
    shown = kernel.run(f"%%notify_wechat\n{source}")
    _, ((_, _, data),) = arrived()
    assert len(data) > 256 * 1024
    assert [data] == shown_pngs(shown)


def test_of_three_plots_the_last_two(kernel, arrived):
    """Two plots go along, the last, numbered as under the cell; the other is counted."""
    source = (
        PLOT.rstrip(";") + "\nfor n in (1, 2, 3):\n    plt.figure(); plt.plot([n, 1]); plt.show()"
    )
    shown = kernel.run(
        "%%notify_wechat\nplt.close('all')\n" + source.replace("plt.plot([1, 3, 2])\n", "")
    )
    assert shown.error is None
    pngs = shown_pngs(shown)
    text, media = arrived()
    assert len(pngs) == 3
    assert [(name, data) for _, name, data in media] == [
        ("plot-2.png", pngs[1]),
        ("plot-3.png", pngs[2]),
    ]
    assert "1 more plot: see the notebook" in text
    assert text.endswith("📎 2 images follow")


def test_no_images(kernel, arrived):
    """With --no-images plots are counted and stay in the notebook."""
    shown = kernel.run(f"%%notify_wechat --no-images\n{PLOT}")
    text, media = arrived()
    assert media == []
    assert "1 plot: see the notebook" in text
    assert len(shown_pngs(shown)) == 1


def test_an_updated_plot(kernel, arrived):
    """Of a plot that is updated in place the last state goes along, once."""
    source = (
        "from IPython.display import display\nfrom PIL import Image as P\n"
        "handle = display(P.new('RGB', (40, 40), 'red'), display_id=True)\n"
        "for colour in ('green', 'blue'):\n    handle.update(P.new('RGB', (40, 40), colour))"
    )
    shown = kernel.run(f"%%notify_wechat\n{source}")
    assert shown.error is None
    _, media = arrived()
    pngs = shown_pngs(shown)  # the page shows the last state where the first was
    assert [data for _, _, data in media] == pngs[-1:]
    from PIL import Image

    with Image.open(io.BytesIO(media[0][2])) as picture:
        assert picture.convert("RGB").getpixel((5, 5)) == (0, 0, 255)


def test_a_plot_that_was_cleared(kernel, arrived):
    """What clear_output took from the page does not go along."""
    source = (
        "from IPython.display import clear_output, display\nfrom PIL import Image as P\n"
        "display(P.new('RGB', (40, 40), 'red'))\nclear_output()\nprint('after')"
    )
    kernel.run(f"%%notify_wechat\n{source}")
    text, media = arrived()
    assert media == []
    assert text.endswith("after")


def test_a_plot_before_an_error(kernel, arrived):
    """What was drawn before an error goes along with its message."""
    source = PLOT + "\nplt.show()\n1 / 0"
    shown = kernel.run(f"%%notify_wechat\n{source}")
    text, media = arrived()
    assert text.startswith("❌")
    assert [data for _, _, data in media] == shown_pngs(shown)
    assert len(media) == 1


OBJECTS = {
    "HTML": (
        "from IPython.display import HTML\nHTML('<p>a <b>b</b>old</p><p>中 &amp; 🎉</p>')",
        "a bold\n中 & 🎉",
    ),
    "Markdown": (
        "from IPython.display import Markdown\nMarkdown('**bold** words')",
        "**bold** words",
    ),
    "Latex": ("from IPython.display import Latex\nLatex('$x^2$')", "$x^2$"),
    "HTML only": (
        "class Only:\n    def _repr_html_(self): return '<i>only</i> words'\nOnly()",
        "only words",
    ),
    "raw HTML": (
        "from IPython.display import display\ndisplay({'text/html': '<h1>raw</h1>'}, raw=True)",
        "raw",
    ),
    "emoji": ("'🎉 中 e\\u0301'", "'🎉 中 e\u0301'"),
    "right to left": ("print('مرحبا שלום')", "مرحبا שלום"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_told_by_what_the_page_shows(kernel, arrived, name):
    """What has no text of its own is told by the words that its other forms have."""
    source, words = OBJECTS[name]
    shown = kernel.run(f"%%notify_wechat\n{source}")
    assert shown.error is None
    text, media = arrived()
    assert text.endswith(words)
    assert "object" not in text
    assert media == []


FIGURES = {
    "wrong type": "{'image/png': 'no picture at all', 'text/plain': '<Picture>'}",
    "broken base64": "{'image/png': 'A', 'text/plain': '<Picture>'}",
    # What Plotly displays in a kernel that makes no picture of it.
    "plotly": "{'application/vnd.plotly.v1+json': {'data': [{'y': [1, 2]}], 'layout': {}}, "
    "'text/html': '<div id=p></div><script>Plotly.newPlot()</script>'}",
    "script": "{'text/html': '<div id=p></div><script>draw()</script>'}",
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_cannot_go_along(kernel, arrived, name):
    """What only the page can draw is counted, and the reader is sent there."""
    source = f"from IPython.display import display\ndisplay({FIGURES[name]}, raw=True)"
    bare = kernel.run(source)
    shown = kernel.run(f"%%notify_wechat\n{source}")
    assert shown.error is None
    assert outputs(shown) == outputs(bare)
    text, media = arrived()
    assert media == []
    assert "1 plot: see the notebook" in text


def test_a_picture_of_another_type_than_it_says(kernel, arrived):
    """A JPEG that is displayed as PNG goes along as the JPEG that it is."""
    source = (
        "import base64, io\nfrom PIL import Image as P\nfrom IPython.display import display\n"
        "file = io.BytesIO(); P.new('RGB', (40, 40), 'red').save(file, 'JPEG')\n"
        "display({'image/png': base64.b64encode(file.getvalue()).decode()}, raw=True)"
    )
    shown = kernel.run(f"%%notify_wechat\n{source}")
    _, ((kind, name, data),) = arrived()
    assert (kind, name, data) == ("image", "plot-1.jpg", shown_pngs(shown)[0])


# ── tables ───────────────────────────────────────────────────────────────────────────────────

FRAME = "import pandas as pd\n"


def test_a_narrow_table(kernel, arrived):
    """A small table is told a row a line, and nothing goes along."""
    kernel.run(
        f"%%notify_wechat\n{FRAME}pd.DataFrame({{'ret': [0.1, 0.2], 'dd': [1, 2]}}, index=['动量', 'b'])"
    )
    text, media = arrived()
    assert media == []
    assert text.endswith("Result (2 rows × 2 columns)\n动量: ret 0.1, dd 1\nb: ret 0.2, dd 2")


def test_a_wide_table(kernel, arrived):
    """A table of many columns goes along as a picture and as CSV, which parses back to it."""
    kernel.run(
        f"%%notify_wechat\n{FRAME}"
        "pd.DataFrame({f'列{n}': [n, n + 0.5] for n in range(30)}, index=['a,b', '\"c\"'])"
    )
    text, media = arrived()
    assert [kind for kind, _, _ in media] == ["image", "file"]
    ((name, data),) = [(name, data) for kind, name, data in media if kind == "file"]
    assert name == "table.csv"
    wanted = pd.DataFrame({f"列{n}": [n, n + 0.5] for n in range(30)}, index=["a,b", '"c"'])
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(data), index_col=0), wanted)
    assert "Result (2 rows × 30 columns)" in text
    assert text.endswith("1 file (table.csv) follow")


@pytest.mark.parametrize(
    ("make", "first"),
    [
        ("import pandas as pd\npd.DataFrame({'a': range(240), 'b': range(240)})", "0: a 0, b 0"),
        ("import polars as pl\npl.DataFrame({'a': range(240), 'b': range(240)})", "a 0, b 0"),
    ],
)
def test_a_long_table(kernel, arrived, make, first):
    """Of 240 rows the first are told, and all go along as CSV."""
    shown = kernel.run(f"%%notify_wechat\n{make}")
    assert shown.error is None
    text, ((_, name, data),) = arrived()
    assert f"Result (240 rows × 2 columns, first 10)\n{first}\n" in text
    assert name == "table.csv"
    assert list(pd.read_csv(io.BytesIO(data))["b"]) == list(range(240))


def test_a_table_of_thirty_rows(kernel, arrived):
    """A table that the page shows whole, and the message does not, goes along too."""
    kernel.run(f"%%notify_wechat\n{FRAME}pd.DataFrame({{'a': range(30)}})")
    text, ((_, _, data),) = arrived()
    assert "Result (30 rows × 1 column, first 10)" in text
    assert len(pd.read_csv(io.BytesIO(data))) == 30


def test_a_series_is_text(kernel, arrived):
    """A Series has no table on the page either: its text is told."""
    kernel.run(f"%%notify_wechat\n{FRAME}pd.Series([1.5, 2.5], index=['x', 'y'])")
    text, media = arrived()
    assert media == []
    assert "x    1.5" in text


# ── files ────────────────────────────────────────────────────────────────────────────────────


def test_attach(kernel, arrived, tmp_path):
    """A file that is named goes along; one that the cell writes may be named before it is there."""
    path = tmp_path / "报告 1.txt"
    shown = kernel.run(
        f"%%notify_wechat --attach '{path}' --attach {tmp_path / 'none.txt'}\n"
        f"from pathlib import Path\n_ = Path({str(path)!r}).write_text('done in 3 s\\n')"
    )
    text, media = arrived()
    assert media == [("file", "报告 1.txt", b"done in 3 s\n")]
    assert text.endswith("📎 1 file (报告 1.txt) follows\nNot attached: none.txt")
    assert shown.box.startswith("◐ partial")
    assert f"{tmp_path / 'none.txt'} was not attached: no such file" in shown.box


# ── the page ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "source",
    [
        PLOT,
        PLOT + "\nprint('beside')\nplt.show()\n1 + 1",
        "from PIL import Image as P\nP.new('RGB', (64, 48), 'red')",
        f"{FRAME}pd.DataFrame({{'a': range(240)}})",
        "import polars as pl\npl.DataFrame({'a': [1], 'b': [2]})",
        "from IPython.display import display, SVG\ndisplay(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
    ],
)
def test_the_cell_shows_what_it_shows_without_the_magic(kernel, box, source):
    """Under the magic the page has the same outputs, in the same order, to the last byte."""
    bare = kernel.run(source)
    assert bare.error is None
    assert bare.outputs
    assert outputs(kernel.run(f"%%notify_wechat\n{source}")) == outputs(bare)
    assert outputs(kernel.run(f"%%notify_wechat --no-images\n{source}")) == outputs(bare)
