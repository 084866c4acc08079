"""A kernel's outgoing message, as the frames that go to its socket, read without much cost.

https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebook_notify.content.screen import Screen

_DELIMITER = b"<IDS|MSG>"
_KIND = re.compile(
    rb'"msg_type":\s*"'
    rb'(stream|display_data|update_display_data|execute_result|clear_output|error)"'
)
#: Contents above this size in bytes are never parsed whole: their ends are cut out and decoded.
BIG = 256 << 10
#: What is kept of each end of such a content, in bytes.
END = 64 << 10
#: How much is copied at once to look through it, in bytes.
_CHUNK = 64 << 10
_STREAM = re.compile(rb'\{"name":\s*"(std(?:out|err))",\s*"text":\s*"')
_PLAIN = re.compile(rb'"text/plain":\s*"')
_STRING = re.compile(rb'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+')
_IMAGE = re.compile(rb'"(image/(?:png|jpeg|svg\+xml))":\s*"')
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/=]++|\\n)*+")
_DISPLAY_ID = re.compile(rb'"display_id":\s*"([^"\\]{1,200})"')


def read_frames(frames: list[bytes], parent: bytes, screen: Screen) -> None:
    """Put a message on *screen* if it answers the request *parent*."""
    at = frames.index(_DELIMITER)
    header, parent_header, content = (bytes(frames[at + i]) for i in (2, 3, 5))
    kind = _KIND.search(header)
    if kind is None or parent not in parent_header:
        return
    name = kind[1].decode()
    if len(content) <= BIG:
        screen.message(name, json.loads(content))
    elif name == "error":
        return  # of an error the name and the value are enough, and no such is so long
    elif name == "stream":
        _read_big_stream(content, screen)
    else:
        screen.message(name, _big_display(content))


def _read_big_stream(content: bytes, screen: Screen) -> None:
    opening = _STREAM.match(content)
    if opening is None:  # another order of keys than ipykernel's
        screen.message("stream", json.loads(content))
        return
    start, stop = opening.end(), content.rindex(b'"')
    begin = _safe_cut(content, max(start, stop - END), start)
    if begin > start:
        cut = not (content.endswith(rb"\n", start, begin) and _is_whole(content, begin - 2, start))
        screen.skip(_count_newlines(content, start, begin), cut=cut)
    screen.stream(_decode(content[begin:stop]), opening[1].decode())


def _safe_cut(content: bytes, at: int, start: int) -> int:
    r"""The first place from *at* on that is not inside an escape such as ``\n`` or ``\u4e2d``."""
    for back in range(max(start, at - 5), at):
        if content[back] != ord("\\"):
            continue
        if not _is_whole(content, back, start):
            continue  # itself escaped
        end = back + (6 if content[back + 1 : back + 2] == b"u" else 2)
        if end > at:
            return end
    while at < len(content) and content[at] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character
        at += 1
    return at


def _is_whole(content: bytes, at: int, start: int) -> bool:
    """Whether no backslash escapes what stands at *at*."""
    run = 0
    while at - run > start:
        chunk = content[max(start, at - run - 4096) : at - run]
        slashes = len(chunk) - len(chunk.rstrip(b"\\"))
        run += slashes
        if slashes < len(chunk):
            break
    return run % 2 == 0


def _count_newlines(content: bytes, start: int, stop: int) -> int:
    if content.find(rb"\\", start, stop) < 0:
        return content.count(rb"\n", start, stop)  # copies nothing
    count = 0
    while start < stop:
        end = _safe_cut(content, min(start + _CHUNK, stop), start)
        count += content[start:end].replace(rb"\\", b"").count(rb"\n")
        start = end
    return count


def _decode(raw: bytes) -> str:
    text = json.loads(f'"{raw.decode("utf-8", "ignore")}"', strict=False)
    return str(text)


def _big_display(content: bytes) -> dict[str, Any]:
    """As much of a display message as the record uses."""
    data: dict[str, str] = {}
    plain = _PLAIN.search(content)
    if plain is not None:
        start = plain.end()
        text = _STRING.match(content[start : start + END])
        data["text/plain"] = _decode(text[0]) if text else ""
    image = _IMAGE.search(content)
    if image is not None:
        base64 = _BASE64.match(content, image.end())
        data[image[1].decode()] = base64[0].replace(rb"\n", b"").decode() if base64 else ""
    display_id = _DISPLAY_ID.search(content)
    transient = {"display_id": display_id[1].decode()} if display_id else {}
    return {"data": data, "transient": transient}
