"""Pictures and files become what a platform takes: format, size, name."""

from __future__ import annotations

import io
import sys
import zipfile

import pytest
from PIL import Image as Pictures

from notebook_notify.messages import File, Image
from notebook_notify.platforms import CHANNELS, svg
from notebook_notify.platforms.base import MediaLimits
from notebook_notify.platforms.media import UnfitError, fit, image_type, kind_of, safe_name

WECOM, DINGTALK = CHANNELS["wecom_app"].media, CHANNELS["dingtalk_chat"].media
HEADS = {
    "png": b"\x89PNG\r\n\x1a\n......",
    "jpeg": b"\xff\xd8\xff\xe0......",
    "gif": b"GIF89a......",
    "bmp": b"BM\x10\0\0\0......",
}
MB = 1 << 20


def picture(width=300, height=200, form="PNG", mode="RGB", **options):
    """A picture that compresses badly."""
    noise = Pictures.effect_noise((width, height), 100).convert(mode)
    packed = io.BytesIO()
    noise.save(packed, form, **options)
    return packed.getvalue()


def small(image_bytes, file_bytes=20 * MB):
    """WeCom's limits, but lower."""
    return MediaLimits(WECOM.image_types, image_bytes, file_bytes)


@pytest.fixture
def without_pillow(monkeypatch):
    """Pillow is not installed."""
    monkeypatch.setitem(sys.modules, "PIL", None)


@pytest.mark.parametrize("kind", HEADS)
def test_the_format_is_told_by_the_first_bytes(kind):
    """What a picture is called does not matter."""
    assert image_type(HEADS[kind]) == kind


@pytest.mark.parametrize("data", [b"", b"<html><svg/>", b"RIFF....WEBP", b"\x89PN"])
def test_other_formats_are_unknown(data):
    """What no platform shows has no format."""
    assert image_type(data) is None


@pytest.mark.parametrize("limits", [WECOM, DINGTALK])
@pytest.mark.parametrize("kind", HEADS)
def test_a_picture_goes_as_such_where_it_is_shown(limits, kind):
    """A format that the platform shows goes untouched; another goes as a file, and that is told."""
    fitted, note = fit(Image(HEADS[kind], f"a.{kind}"), limits)
    if kind in limits.image_types:
        assert (fitted, note) == (Image(HEADS[kind], f"a.{kind}"), None)
    else:
        assert (fitted, note) == (File(HEADS[kind], f"a.{kind}"), f"a.{kind} goes as a file")
    assert kind_of(fitted) == ("image" if kind in limits.image_types else "file")


@pytest.mark.parametrize("limits", [WECOM, DINGTALK])
def test_a_picture_of_the_limit_is_not_touched(limits):
    """The limit itself is allowed; one byte more is not sent as it is."""
    data = HEADS["png"].ljust(limits.image_bytes, b"\0")
    assert fit(Image(data, "a.png"), limits) == (Image(data, "a.png"), None)
    fitted, note = fit(Image(data + b"\0", "a.png"), limits)
    zipped = "; a.png is zipped" if limits is DINGTALK else ""
    assert (kind_of(fitted), note) == ("file", f"a.png goes as a file{zipped}")  # no picture


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "LA"])
def test_a_large_picture_is_scaled_down(mode):
    """A picture over the limit becomes a JPEG within it, of the same shape, and that is told."""
    data = picture(1600, 800, mode=mode)
    fitted, note = fit(Image(data, "图.png"), small(300_000))
    assert isinstance(fitted, Image)
    assert (fitted.name, note) == ("图.jpg", "图.png was too large and is scaled down")
    assert len(fitted.data) <= 300_000
    with Pictures.open(io.BytesIO(fitted.data)) as scaled:
        assert (scaled.format, scaled.width / scaled.height) == ("JPEG", 2)


def test_a_transparent_picture_becomes_white():
    """Where a plot is transparent, it is white as in the notebook, not black."""
    packed = io.BytesIO()
    Pictures.new("RGBA", (900, 900), (0, 0, 0, 0)).save(packed, "PNG", compress_level=0)
    fitted, _ = fit(Image(packed.getvalue()), small(500_000))
    with Pictures.open(io.BytesIO(fitted.data)) as scaled:
        assert scaled.getpixel((9, 9)) == (255, 255, 255)


def test_a_photo_stays_upright():
    """A photo that is turned by a mark in the file is turned in what is sent."""
    exif = Pictures.Exif()
    exif[0x0112] = 6  # a quarter to the right
    data = picture(1200, 600, "JPEG", exif=exif, quality=95)
    fitted, _ = fit(Image(data), small(len(data) - 1))
    with Pictures.open(io.BytesIO(fitted.data)) as scaled:
        assert scaled.height == 2 * scaled.width


def test_without_pillow_a_large_picture_goes_as_a_file(without_pillow):
    """Where Pillow is not installed the picture goes along as a file, whole."""
    data = HEADS["png"].ljust(2000)
    assert fit(Image(data, "a.png"), small(1000)) == (File(data, "a.png"), "a.png goes as a file")


@pytest.mark.parametrize("keep", [60, 3000, -200])
def test_a_broken_picture_goes_as_a_file(keep):
    """A picture that cannot be read is not scaled, and costs no more than that."""
    data = picture()
    data = data[:keep] + bytes(400) + data[keep + 400 :]
    fitted, _ = fit(Image(data, "a.png"), small(1000))
    assert kind_of(fitted) == "file" or image_type(fitted.data) == "jpeg"


def test_a_picture_over_every_limit(without_pillow):
    """What is too large as a file as well is refused, with its name and the limit."""
    with pytest.raises(UnfitError, match=r"^a\.png is over 1 MB$"):
        fit(Image(HEADS["png"].ljust(2 * MB), "a.png"), small(1000, MB))


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ("plot-1.png", "jpeg", "plot-1.jpg"),
        ("photo.jpeg", "jpeg", "photo.jpeg"),
        ("plot.JPG", "png", "plot.png"),
        ("v1.2", "png", "v1.2.png"),
        ("图", "jpeg", "图.jpg"),
    ],
)
def test_a_name_says_what_the_picture_is(given, kind, name):
    """A picture under a wrong type is what its bytes are, and its name says so."""
    assert fit(Image(HEADS[kind], given), WECOM) == (Image(HEADS[kind], name), None)


@pytest.mark.parametrize("data", [b"<html>no picture</html>", b"RIFF....WEBPVP8 ", b"\0" * 50])
def test_what_is_no_picture_goes_as_a_file(data):
    """Bytes that are called a picture and are none arrive as a file, untouched."""
    note = "plot-1.png goes as a file"
    assert fit(Image(data, "plot-1.png"), WECOM) == (File(data, "plot-1.png"), note)


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a", "报告.md", "A.PARQUET"])
def test_what_dingtalk_does_not_take_is_zipped(name):
    """A file of another kind is zipped under its name, whole, and that is told."""
    data = "名称,值\n甲,1\n".encode() * 100
    fitted, note = fit(File(data, name), DINGTALK)
    assert (fitted.name, note) == (f"{name}.zip", f"{name} is zipped")
    with zipfile.ZipFile(io.BytesIO(fitted.data)) as archive:
        assert archive.namelist() == [name]
        assert archive.read(name) == data
    assert fit(File(data, name), WECOM) == (File(data, name), None)


@pytest.mark.parametrize("name", ["a.pdf", "a.XLSX", "a.zip", "a.tar.rar"])
def test_what_dingtalk_takes_is_not_zipped(name):
    """A file of a kind that the platform takes goes as it is."""
    assert fit(File(b"123456", name), DINGTALK) == (File(b"123456", name), None)


def test_the_same_file_makes_the_same_zip(monkeypatch):
    """Zipped again later it is the same bytes, so that one upload serves many messages."""
    import time

    first = fit(File(b"a,b\n1,2\n", "a.csv"), DINGTALK)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    assert fit(File(b"a,b\n1,2\n", "a.csv"), DINGTALK) == first


@pytest.mark.parametrize("limits", [WECOM, DINGTALK])
def test_files_of_the_limit(limits):
    """The limit itself is allowed, one byte more is refused with its name."""
    data = bytes(limits.file_bytes)
    assert fit(File(data, "a.zip"), limits)[0].data == data
    with pytest.raises(UnfitError, match=r"^a\.zip is over 20 MB$"):
        fit(File(data + b"\0", "a.zip"), limits)


def test_a_large_file_may_fit_when_zipped():
    """What is too large as it is, but not when zipped, goes along."""
    assert len(fit(File(bytes(21 * MB), "a.csv"), DINGTALK)[0].data) < MB


@pytest.mark.parametrize("make", [Image, File])
@pytest.mark.parametrize(
    ("data", "words"), [(b"", "a.png is empty"), (b"12345", "a.png has fewer than 6 bytes")]
)
def test_empty_ones_are_refused(make, data, words, monkeypatch):
    """What is empty, or so short that no platform takes it, is refused with its name."""
    with pytest.raises(UnfitError, match=f"^{words}$"):
        fit(make(data, "a.png"), WECOM)
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    with pytest.raises(UnfitError, match=r"^a\.png (是空的|不足 6 字节)$"):
        fit(make(data, "a.png"), WECOM)


def test_a_few_bytes_may_go_zipped():
    """Where a file is zipped anyway, the zip is large enough."""
    fitted, note = fit(File(b"ok", "a.txt"), DINGTALK)
    assert zipfile.ZipFile(io.BytesIO(fitted.data)).read("a.txt") == b"ok"
    assert note == "a.txt is zipped"
    with pytest.raises(UnfitError, match=r"^a\.pdf has fewer than 6 bytes$"):
        fit(File(b"ok", "a.pdf"), DINGTALK)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("报告 (1).csv", "报告 (1).csv"),
        ("it's “quoted”.csv", "it's “quoted”.csv"),
        ("out/2026/a.csv", "a.csv"),
        ("C:\\Users\\me\\a.csv", "a.csv"),
        ("../../etc/passwd", "passwd"),
        ('a"<b>|c:d*e?.csv', "abcde.csv"),
        ("a\r\nX-Evil: 1\0\x1b.csv", "aX-Evil 1.csv"),
        ("gpj\u202eexe.csv", "gpjexe.csv"),
        ("half\ud800.csv", "half.csv"),
        (".bashrc", "bashrc"),
        ("..", "file"),
        ("", "file"),
        ("out/", "file"),
        ("n" * 300 + ".csv", "n" * 96 + ".csv"),
        ("报" * 300 + ".xlsx", "报" * 95 + ".xlsx"),
        ("v1." + "n" * 300, ("v1." + "n" * 300)[:100]),
    ],
)
def test_names(name, safe):
    """A name has no folder, no control character and at most 100 characters; its ending stays."""
    assert safe_name(name) == safe
    assert fit(File(b"123456", name), WECOM)[0].name == safe


@pytest.mark.parametrize(
    "attachment",
    [Image(b"\x89PNG\r\n\x1a\n..", "a.png"), Image(b"<svg></svg>"), File(b"123456", "a")],
)
def test_where_nothing_is_taken_nothing_is_tried(monkeypatch, attachment):
    """A channel of text alone refuses at once, before anything is drawn, scaled or zipped."""
    monkeypatch.setattr(svg, "drawn", lambda *_: pytest.fail("drawn for nothing"))
    with pytest.raises(UnfitError, match="was not sent"):
        fit(attachment, MediaLimits(frozenset(), 0, 0, frozenset()))


def test_where_files_are_not_taken_a_large_picture_stays():
    """A picture that could only go as a file is told, not sent."""
    pictures = MediaLimits(frozenset({"png"}), 20, 0, frozenset())
    assert fit(Image(b"\x89PNG\r\n\x1a\n..", "a.png"), pictures)[1] is None
    with pytest.raises(UnfitError, match="was not sent"):
        fit(Image(b"\x89PNG\r\n\x1a\n" + b"." * 20, "a.png"), pictures)
