"""A kernel's outgoing message, as the frames that go to its socket, read without much cost.

https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, Any

from notebook_notify.content.pieces import HTML, left_out
from notebook_notify.content.screen import PICTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_notify.content.screen import Screen

_DELIMITER = b"<IDS|MSG>"
_KIND = re.compile(
    rb'"msg_type":\s*"'
    rb'(stream|display_data|update_display_data|execute_result|clear_output|error)"'
)
#: Contents above this size in bytes are never parsed whole.
BIG = 256 << 10
#: How much of such a stream's text is decoded at once, in bytes.
CHUNK = 64 << 10
#: How much of its end is decoded when the record has no room for what is before, in bytes.
END = 64 << 10
#: How much of a display's text is read at all, in bytes; pictures have their budget.
_TEXT = 60 << 10
_MOST = {
    "text/plain": _TEXT,
    "text/markdown": _TEXT,
    "text/latex": _TEXT,
    "text/html": 4 * HTML,
}
_STREAM = re.compile(rb'\{"name":\s*"(std(?:out|err))",\s*"text":\s*"')
#: A key of a bundle with what is read of it; within a string its quotes would be escaped.
_KEY = re.compile(
    rb'"(text/(?:plain|markdown|latex|html)|image/[\w.+-]{1,40}'
    rb'|application/vnd\.(?:plotly|vega|vegalite|bokehjs_exec)\b[\w.+-]{0,40})":\s*("?)'
)
_STRING = re.compile(rb'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+')
_HALF = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]")
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
    while start < stop:
        if stop - start > 2 * END and screen.full:
            end = _safe_cut(content, stop - END, start)
            lines = _count_newlines(content, start, end)
            # Other escapes than newlines count as they are written: nearly so must do.
            screen.skip(lines, end - start - lines)
        else:
            end = _safe_cut(content, min(start + CHUNK, stop), start)
            screen.stream(_decode(content[start:end]), opening[1].decode())
        start = end


def _decoded(content: bytes, start: int, stop: int) -> Iterator[str]:
    """The JSON string between *start* and *stop*, bit by bit."""
    while start < stop:
        end = _safe_cut(content, min(start + CHUNK, stop), start)
        yield _decode(content[start:end])
        start = end


def _safe_cut(content: bytes, at: int, start: int) -> int:
    r"""The first place from *at* on that is not inside an escape such as ``\n`` or ``\u4e2d``.

    Nor between the two that stand for one character.
    """
    for back in range(max(start, at - 5), at):
        if content[back] != ord("\\"):
            continue
        if not _is_whole(content, back, start):
            continue  # itself escaped
        end = back + (6 if content[back + 1 : back + 2] == b"u" else 2)
        if end > at:
            at = end
            break
    if at - 6 >= start and _HALF.match(content, at - 6) and _is_whole(content, at - 6, start):
        return at + 6
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
        end = _safe_cut(content, min(start + CHUNK, stop), start)
        count += content[start:end].replace(rb"\\", b"").count(rb"\n")
        start = end
    return count


def _decode(raw: bytes) -> str:
    text = json.loads(f'"{raw.decode("utf-8", "ignore")}"', strict=False)
    return str(text)


def _big_display(content: bytes) -> dict[str, Any]:
    """As much of a display message as the record uses."""
    data: dict[str, Any] = {}
    at = 0
    while (key := _KEY.search(content, at)) is not None:
        mime, at = key[1].decode(), key.end()
        if mime in data:  # the metadata, which follow, have the same keys
            continue
        if not key[2]:
            data[mime] = None  # no string, but its figure counts
        elif mime.startswith("image/") and not content.startswith(b"<", at):
            end = content.find(b'"', at)
            data[mime] = _picture(content, at, end if end > 0 else len(content))
            at += len(data[mime])
        else:
            data[mime] = _text(content, at, _MOST.get(mime, PICTURES))
    display_id = _DISPLAY_ID.search(content)
    transient = {"display_id": display_id[1].decode()} if display_id else {}
    return {"data": data, "transient": transient}


def _picture(content: bytes, start: int, end: int) -> bytes:
    """The file that stands there in base64; empty if it is none, or too big to be kept."""
    if (end - start) // 4 * 3 > PICTURES:
        return b""
    coded: bytes | memoryview = memoryview(content)[start:end]
    if content.find(b"\\", start, end) >= 0:
        coded = bytes(coded).replace(rb"\n", b"")
    try:
        return a2b_base64(coded)
    except ValueError:
        return b""


def _text(content: bytes, start: int, most: int) -> str | None:
    """The string that stands there; of a longer one than *most* bytes the beginning, which says so.

    Cut HTML is of use for its words alone, and a cut picture of none.
    """
    read = _STRING.match(content, start)
    stop = read.end() if read else start
    if stop - start <= most:
        return _decode(content[start:stop])
    if most == PICTURES:
        return None
    end = _safe_cut(content, start + most, start)
    text = _decode(content[start:end])
    if most == _MOST["text/html"]:
        return text if len(text) > HTML else None
    return text + left_out(sum(map(len, _decoded(content, end, stop))))
