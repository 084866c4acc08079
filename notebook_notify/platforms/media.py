"""Pictures and files as a platform takes them: the right format, within the limit."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from notebook_notify.messages import File, Image
from notebook_notify.platforms import svg
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.messages import Attachment
    from notebook_notify.platforms.base import MediaLimits

#: The fewest bytes of an upload that WeCom takes (path/90253); DingTalk names no number.
LEAST_BYTES = 6
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
)
#: How a picture's name may end, the usual ending first.
_ENDINGS = {
    "png": (".png",),
    "jpeg": (".jpg", ".jpeg"),
    "gif": (".gif",),
    "bmp": (".bmp",),
    "svg": (".svg",),
}
#: A longer "ending" is none, but a part of the name.
_ENDING = 20
#: Widths that a picture is scaled down to, in pixels, until it is small enough.
_WIDTHS = (2400, 1600, 1080, 720)


def kind_of(attachment: Attachment) -> Literal["image", "file"]:
    """``image`` or ``file``, as both platforms call them."""
    return "image" if isinstance(attachment, Image) else "file"


class UnfitError(Exception):
    """An attachment that cannot be sent; the message says why."""


def image_type(data: bytes) -> str | None:
    """The format of a picture by its first bytes, or ``None``."""
    if svg.is_svg(data):
        return "svg"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def fit(
    attachment: Attachment, limits: MediaLimits, *, seconds: float = svg.SECONDS
) -> tuple[Attachment, str | None]:
    """*attachment* as it can be sent, and what was done to it.

    What a picture is, its first bytes say, not its name, whose ending is put right. One that is
    too large is scaled down where Pillow is installed, an SVG is drawn where ``resvg_py`` is;
    else they are sent as files, and so is a format that the channel does not show. A file of a
    kind that the channel does not take is zipped.

    Args:
        attachment: a picture or a file.
        limits: what the channel takes.
        seconds: the longest time for the drawing of an SVG.

    Raises:
        UnfitError: it is empty, too small or too large.
    """
    form = image_type(attachment.data) if isinstance(attachment, Image) else None
    name = safe_name(_ended(attachment.name, form) if form else attachment.name)
    drawable = form == "svg" and limits.image_types
    if not limits.file_bytes and form not in limits.image_types and not drawable:
        kept = f"{name} was not sent: this channel cannot carry it"
        raise UnfitError(say(f"{name} 没有发：这个通道发不了", kept))
    if not attachment.data:
        raise UnfitError(say(f"{name} 是空的", f"{name} is empty"))
    ending = PurePath(name).suffix.lower().lstrip(".")
    zips = limits.file_types is not None and ending not in limits.file_types
    if len(attachment.data) < LEAST_BYTES and (form in limits.image_types or not zips):
        raise UnfitError(
            say(f"{name} 不足 {LEAST_BYTES} 字节", f"{name} has fewer than {LEAST_BYTES} bytes")
        )
    if isinstance(attachment, Image):
        return _fit_picture(replace(attachment, name=name), form, limits, seconds)
    note: str | None = None
    if zips:
        note = say(f"{name} 已压缩为 zip", f"{name} is zipped")
        attachment = File(_zipped(name, attachment.data), f"{name}.zip")
        name = attachment.name
    if len(attachment.data) > limits.file_bytes:
        most = limits.file_bytes >> 20
        raise UnfitError(say(f"{name} 超过 {most} MB", f"{name} is over {most} MB"))
    return File(attachment.data, name), note


def _fit_picture(
    picture: Image, form: str | None, limits: MediaLimits, seconds: float
) -> tuple[Attachment, str | None]:
    """As of :func:`fit`; *form* is the format of *picture*, if that is known."""
    name, path = picture.name, PurePath(picture.name)
    if form == "svg" and (png := svg.drawn(picture.data, seconds)):
        fitted, _ = fit(Image(png, str(path.with_suffix(".png"))), limits)
        return fitted, say(f"{name} 已画成 {fitted.name}", f"{name} is drawn as {fitted.name}")
    if form in limits.image_types:
        if len(picture.data) <= limits.image_bytes:
            return picture, None
        smaller = _scaled(picture.data, limits.image_bytes)
        if smaller is not None:
            note = say(f"{name} 过大，已缩小", f"{name} was too large and is scaled down")
            return Image(smaller, str(path.with_suffix(".jpg"))), note
    fitted, zipped = fit(File(picture.data, name), limits)
    note = say(f"{name} 作为文件发送", f"{name} goes as a file")
    return fitted, say("；", "; ").join(filter(None, (note, zipped)))


def _ended(name: str, form: str) -> str:
    """*name* with an ending that is right for *form*."""
    path = PurePath(name)
    if path.suffix.lower() in _ENDINGS[form]:
        return name
    wrong = any(path.suffix.lower() in many for many in _ENDINGS.values())
    return (name.removesuffix(path.suffix) if wrong else name) + _ENDINGS[form][0]


def safe_name(name: str) -> str:
    """*name* without folders and control characters, of at most 100 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(one for one in last if one.isprintable() and one not in '"<>|:*?').strip(". ")
    path = PurePath(clean or "file")
    ending = path.suffix if len(path.suffix) <= _ENDING else ""
    return path.name.removesuffix(ending)[: 100 - len(ending)] + ending


def _zipped(name: str, data: bytes) -> bytes:
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        # Without the time of day: the same file makes the same archive, which is uploaded once.
        archive.writestr(ZipInfo(name), data, ZIP_DEFLATED)
    return packed.getvalue()


def _scaled(data: bytes, most: int) -> bytes | None:
    """The picture as a JPEG of at most *most* bytes; ``None`` without Pillow, or if it fails."""
    try:
        from PIL import Image as Pictures
        from PIL import ImageOps
    except ImportError:
        return None
    try:
        with Pictures.open(io.BytesIO(data)) as picture:
            rgba = ImageOps.exif_transpose(picture).convert("RGBA")
            flat = Pictures.new("RGB", rgba.size, "white")
            flat.paste(rgba, mask=rgba)
        for width in _WIDTHS:
            smaller = flat.copy()
            smaller.thumbnail((width, width * 4))
            packed = io.BytesIO()
            smaller.save(packed, "JPEG", quality=85)
            if packed.tell() <= most:
                return packed.getvalue()
    except Exception:  # noqa: BLE001 - Pillow's readers raise what they like for a broken file
        return None
    return None
