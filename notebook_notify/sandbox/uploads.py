"""Which uploads the platforms take: sizes, and what the bytes or the name must be.

Documents: developer.work.weixin.qq.com/document/path/90253 (WeCom's limits) and 90313 (its codes:
40123 is an image whose format is not valid); open.dingtalk.com/document/development/
upload-media-files (DingTalk's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.sandbox.media import extension, image_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.multipart import Part

MB = 1024 * 1024
WECOM_MOST = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
"""Bytes of an upload to WeCom by its type."""
WECOM_LEAST = 6
"""Bytes: "larger than 5"."""
DINGTALK_MOST = {"image": 20 * MB, "file": 20 * MB}
"""Bytes of an upload to DingTalk by its type."""
DINGTALK_FILES = frozenset({"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"})
"""What the name of a file for DingTalk may end with."""


MISSING = 40035
"""DingTalk's errcode for a parameter that is not there."""

_WECOM_FORMATS: dict[str, tuple[Callable[[bytes], bool], int]] = {
    "image": (lambda content: image_type(content) in {"image/png", "image/jpeg"}, 40123),
    "voice": (lambda content: content.startswith(b"#!AMR"), 40004),
    "video": (lambda content: content[4:8] == b"ftyp", 40004),
    "file": (lambda _: True, 0),
}
"""What the bytes must be, and the errcode if they are not."""


def wecom_errcode(kind: str, part: Part | None) -> int:
    """Return the errcode for an upload of this type to WeCom; 0 if it is taken."""
    if kind not in WECOM_MOST:
        return 40004
    # A file name that comes as filename* only counts as no file, hence as no data
    if part is None or not part.filename or not part.content:
        return 44001
    if len(part.content) < WECOM_LEAST:
        return 40006
    if len(part.content) > WECOM_MOST[kind]:
        return 45001
    fits, errcode = _WECOM_FORMATS[kind]
    return 0 if fits(part.content) else errcode


def dingtalk_errcode(kind: str, part: Part | None) -> int:
    """Return the errcode for an upload of this type to DingTalk; 0 if it is taken."""
    if kind not in DINGTALK_MOST:
        return 40004
    if part is None or not part.filename:
        return MISSING
    if not part.content:
        return 44001
    if len(part.content) > DINGTALK_MOST[kind]:
        return 40006
    image = kind == "image" and image_type(part.content)
    file = kind == "file" and extension(part.filename) in DINGTALK_FILES
    return 0 if image or file else 40005
