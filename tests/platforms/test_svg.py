"""An SVG picture is drawn by a process of its own, or goes along as a file."""

from __future__ import annotations

import io
import sys
import time
import zipfile

import pytest
from PIL import Image as Pictures

from notebook_notify import Image, send
from notebook_notify.messages import File
from notebook_notify.platforms import CHANNELS, svg
from notebook_notify.platforms.media import fit, image_type
from notebook_notify.targets import Target

WECOM, DINGTALK = CHANNELS["wecom_app"].media, CHANNELS["dingtalk_chat"].media
RED = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100">'
    b'<rect width="100" height="100" fill="#f00"/></svg>'
)
LINKED = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">%s</svg>'


@pytest.fixture
def without_library(monkeypatch):
    """``resvg_py`` is not installed."""
    monkeypatch.setattr(svg, "find_spec", lambda _name: None)


@pytest.mark.parametrize(
    "data", [RED, b"\xef\xbb\xbf\n" + RED, b"<?xml version='1.0'?>\n<!DOCTYPE svg>" + RED]
)
def test_an_svg_is_known_by_its_beginning(data):
    """With or without a declaration it is an SVG, whatever it is called."""
    assert image_type(data) == "svg"


@pytest.mark.parametrize("limits", [WECOM, DINGTALK])
def test_it_is_drawn(limits):
    """It becomes a PNG on white, large enough for a phone, and that is told."""
    fitted, note = fit(Image(RED, "plot-1.svg"), limits)
    assert (fitted.name, note) == ("plot-1.png", "plot-1.svg is drawn as plot-1.png")
    with Pictures.open(io.BytesIO(fitted.data)) as png:
        assert (png.format, png.size) == ("PNG", (1600, 800))
        assert png.convert("RGB").getpixel((400, 400)) == (255, 0, 0)
        assert png.convert("RGB").getpixel((1200, 400)) == (255, 255, 255)


def test_matplotlibs_are_drawn():
    """What matplotlib writes, sized in points, becomes a picture of the same shape."""
    from matplotlib.figure import Figure

    packed = io.BytesIO()
    figure = Figure(figsize=(6, 3))
    figure.subplots().plot([1, 3, 2])
    figure.savefig(packed, format="svg")
    fitted, _ = fit(Image(packed.getvalue(), "plot-1.png"), WECOM)
    assert fitted.name == "plot-1.png"
    with Pictures.open(io.BytesIO(fitted.data)) as png:
        assert png.size == (1600, 800)
        assert len(png.convert("RGB").getcolors(1 << 16)) > 10  # there is a line on it


@pytest.mark.parametrize("size", ["1e9", "1", "30000"])
def test_its_size_is_bounded(size):
    """However large or tall it says it is, the picture is not."""
    data = RED.replace(b'width="200"', f'width="{size}"'.encode()).replace(
        b'height="100">', b'height="100000">'
    )
    png = svg.drawn(data, 10)
    with Pictures.open(io.BytesIO(png)) as picture:
        assert picture.width <= svg.WIDTH
        assert picture.height <= svg.HEIGHT


def test_without_the_library_it_goes_as_a_file(without_library):
    """Where it cannot be drawn it arrives as a file under its own ending; DingTalk's is zipped."""
    note = "plot.svg goes as a file"
    assert fit(Image(RED, "plot.png"), WECOM) == (File(RED, "plot.svg"), note)
    fitted, note = fit(Image(RED, "plot.svg"), DINGTALK)
    assert note == "plot.svg goes as a file; plot.svg is zipped"
    with zipfile.ZipFile(io.BytesIO(fitted.data)) as archive:
        assert archive.read("plot.svg") == RED


@pytest.mark.parametrize(
    "data",
    [
        b"<svg nothing",
        b"<svg xmlns='http://www.w3.org/2000/svg'>\xff\xfe</svg>",
        LINKED % (b"<g>" * 100_000 + b"</g>" * 100_000),
        RED + b" " * (5 << 20),
    ],
    ids=["broken", "no UTF-8", "too deep", "too large"],
)
def test_what_cannot_be_drawn_goes_as_a_file(data):
    """A picture that breaks the library breaks nothing else."""
    assert fit(Image(data, "a.svg"), WECOM) == (File(data, "a.svg"), "a.svg goes as a file")


@pytest.mark.parametrize(
    "inside",
    [
        b'<image href="/etc/logo.png" width="9" height="9"/>',
        b"<image width='9' xlink:href = 'file:///etc/logo.png'/>",
        b'<svg:image\nhref="&#47;etc/logo.png"/>',
        b'<filter id="f"><feImage href="../logo.png"/></filter>',
        b"<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    ],
)
def test_no_other_file_is_read(inside, monkeypatch):
    """An SVG that names other files or entities is not drawn: they would be in the picture."""
    monkeypatch.setattr(svg.subprocess, "run", None)
    assert svg.drawn(LINKED % inside, 10) is None


def test_pictures_within_are_drawn():
    """What matplotlib and Plotly put inside as data is part of the picture."""
    packed = io.BytesIO()
    Pictures.new("RGB", (4, 4), "blue").save(packed, "PNG")
    from base64 import b64encode

    data = b64encode(packed.getvalue())
    png = svg.drawn(
        LINKED % (b'<image width="9" height="9" href="data:image/png;base64,%s"/>' % data), 10
    )
    with Pictures.open(io.BytesIO(png)) as picture:
        assert picture.convert("RGB").getpixel((800, 800)) == (0, 0, 255)


@pytest.mark.parametrize("seconds", [0.3, -1.0])
def test_slow_ones_are_given_up(monkeypatch, seconds):
    """The drawing ends with its time, and so does its process."""
    monkeypatch.setattr(svg, "_CHILD", "import time; time.sleep(30)")
    started = time.monotonic()
    assert svg.drawn(RED, seconds) is None
    assert time.monotonic() - started < 3


def test_no_process_to_be_had(monkeypatch):
    """Where no Python can be started it goes as a file."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert svg.drawn(RED, 10) is None


@pytest.mark.parametrize("kind", ["wecom_chat", "wecom_app", "dingtalk_chat"])
def test_it_arrives_as_a_picture(sandbox, kind):
    """The phone shows a PNG; the box in the notebook says that it was drawn."""
    fields = dict(sandbox.targets[f"sandbox-{kind}"])
    del fields["channel"]
    (result,) = send(["x", Image(RED, "plot-1.svg")], Target(kind, fields)).results
    assert [m["msgtype"] for m in sandbox.inbox] == ["text", "image"]
    assert sandbox.media_bytes(sandbox.inbox[1]["media"]).startswith(b"\x89PNG")
    assert result.notes == ("plot-1.svg is drawn as plot-1.png",)
