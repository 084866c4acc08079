"""What a message can tell of a display: its text, its picture, whether it is a figure."""

from __future__ import annotations

import base64
import time

import pytest

from notebook_notify.content import pieces
from notebook_notify.content.pieces import html_text, piece_of

PNG = b"\x89PNG\r\n\x1a\nrest"
JPEG = b"\xff\xd8\xffrest"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text>中</text></svg>'
OBJECT = "<IPython.core.display.HTML object>"


def _piece(data, budget=1000):
    return piece_of(data, None, budget)


def _coded(data):
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text/plain": "plain", "text/html": "<b>html</b>"}, "plain"),
        ({"text/plain": OBJECT, "text/html": "a <b>b</b>old &amp; 中"}, "a bold & 中"),
        ({"text/plain": "<__main__.A object at 0x7f>", "text/markdown": "**m**"}, "**m**"),
        ({"text/plain": "<__main__.A at 0x7f5d>", "text/html": "<i>a</i>"}, "a"),
        ({"text/plain": OBJECT, "text/latex": "$x$", "text/html": "h"}, "$x$"),
        ({"text/html": "only <i>HTML</i>"}, "only HTML"),
        ({"text/plain": "<__main__.A object at 0x7f>"}, "<__main__.A object at 0x7f>"),
        ({"text/plain": "<b>object</b>", "text/html": "h"}, "<b>object</b>"),
        ({"text/plain": "🎉 e\u0301 مرحبا"}, "🎉 e\u0301 مرحبا"),
        ({"text/plain": 5, "text/html": ["no"]}, ""),
        ({}, ""),
    ],
)
def test_the_text_that_tells_most(data, text):
    """An object that only names its class is told by its Markdown, LaTeX, or HTML's words."""
    piece = _piece(data)
    assert (piece.text, piece.image) == (text, False)


@pytest.mark.parametrize(
    ("data", "picture"),
    [
        ({"image/png": _coded(PNG), "text/plain": "<Figure size 1x1>"}, PNG),
        ({"image/jpeg": _coded(JPEG), "image/png": _coded(PNG)}, PNG),
        ({"image/svg+xml": SVG, "text/plain": "<IPython.core.display.SVG object>"}, SVG.encode()),
        ({"image/png": _coded(JPEG)}, JPEG),
        ({"image/png": SVG}, SVG.encode()),
        ({"image/gif": _coded(PNG)}, PNG),
        ({"image/png": PNG}, PNG),
        ({"image/png": "no base64 中"}, b""),
        ({"image/png": "A"}, b""),
        ({"image/png": _coded(b"GIF89a")}, b""),
        ({"image/png": 5}, b""),
        ({"image/svg+xml": "<?xml version='1.0'?><feed></feed>"}, b""),
        ({"application/vnd.plotly.v1+json": {"data": []}, "text/html": "<div></div>"}, b""),
        ({"application/vnd.plotly.v1+json": {}, "image/png": _coded(PNG)}, PNG),
        ({"application/vnd.vegalite.v5+json": {}, "text/plain": "<VegaLite 5 object>"}, b""),
        ({"text/plain": OBJECT, "text/html": "<iframe src='map'></iframe>"}, b""),
        ({"text/html": "<div id=c></div><script>draw()</script>"}, b""),
    ],
)
def test_every_figure_counts(data, picture):
    """Pictures are what their bytes are; a figure without any counts, and no class stands for it."""
    piece = _piece(data)
    assert (piece.text, piece.image, piece.picture) == ("", True, picture)


def test_a_caption_stays():
    """A figure whose text is more than its class keeps it."""
    assert _piece({"image/png": _coded(PNG), "text/plain": "loss by epoch"}).text == "loss by epoch"


def test_a_long_text_says_what_is_missing(monkeypatch):
    """Of a text over the budget the beginning is kept, and how much more there was is said."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    piece = _piece({"text/plain": "x " * 2500, "text/markdown": "y " * 500 + "z"})
    assert piece.text == "x " * 500 + "… (4,000 more characters)"
    assert piece.markdown == "y " * 500 + "… (1 more characters)"


@pytest.mark.parametrize("gap", [" ", "\n", ""])
def test_a_cut_leaves_no_half_of_a_word(monkeypatch, gap):
    """What stands across the cut may be a secret, and is left out as a whole."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    piece = piece_of({"text/plain": "x" * 4990 + gap + "correct-horse-battery"}, None, 5000)
    assert "correct" not in piece.text
    kept, _, said = piece.text.partition("… (")
    assert len(kept) + int(said.split()[0].replace(",", "")) == 4990 + len(gap) + 21
    assert len(kept) >= 4000


def test_html_is_kept_whole_or_not_at_all():
    """A cut table would be told wrongly."""
    assert _piece({"text/html": "x" * pieces.HTML}).html
    assert _piece({"text/html": "x" * (pieces.HTML + 1)}).html == ""


def test_the_words_of_html():
    """Blocks are lines, cells words; scripts, styles and comments are not told."""
    html = (
        "<style>p {}</style><p>one\ntwo</p><!-- no --><div>three<br>four</div>"
        "<table><tr><td>a</td><td>b</td></tr></table><SCRIPT>no</SCRIPT>1 < 2 &lt;i&gt;"
    )
    assert html_text(html) == "one two\nthree\nfour\na b\n1 < 2 <i>"
    assert html_text("<pre>a\nb</pre>") == "a\nb"
    assert html_text("before<script>never closed") == "before"


@pytest.mark.parametrize(
    "unit",
    ["<", "<a", "<!--", "<script>", "</script ", "<td <", "&", "&#", "a>", "<p>", "<pre>\n "],
)
def test_hostile_html_is_read_in_linear_time(unit):
    """Half a megabyte of any of these takes no time to speak of."""
    began = time.perf_counter()
    html_text(unit * (pieces.HTML // len(unit)))
    assert time.perf_counter() - began < 2
