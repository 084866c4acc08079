"""A kernel's outgoing message, as the frames that go to its socket, read without much cost.

https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, Any

from notebook_notify.content.escaped import decode, decoded, lines_between, safe_cut
from notebook_notify.content.pieces import HTML, left_out, without_last_word
from notebook_notify.content.screen import PICTURES

if TYPE_CHECKING:
    from notebook_notify.content.screen import Screen

_DELIMITER = b"<IDS|MSG>"
_KIND = re.compile(
    rb'"msg_type":\s*"'
    rb'(stream|display_data|update_display_data|execute_result|clear_output|error)"'
)
#: Contents above this size in bytes are never parsed whole.
BIG = 256 << 10
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
_ERROR = re.compile(rb'"(ename|evalue)":\s*"')
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
        screen.message(name, _big_error(content))
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
    name = opening[1].decode()
    if not screen.listened:
        # The file takes its beginning as it is: each bit that is decoded and written by itself
        # lets the cell run on before us, and so much output waits in memory.
        first, last = lines_between(content, start, stop - END)
        for text in decoded(content, start, first):
            screen.stream(text, name)
        if first < last:
            screen.lose_escaped(content, first, last)
        start = last
    for text in decoded(content, start, stop):
        screen.stream(text, name)


def _big_error(content: bytes) -> dict[str, Any]:
    """The name and the value of an error message, without its traceback."""
    return {key[1].decode(): _text(content, key.end(), _TEXT) for key in _ERROR.finditer(content)}


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
        return decode(content[start:stop])
    if most == PICTURES:
        return None
    end = safe_cut(content, start + most, start)
    text = decode(content[start:end])
    if most == _MOST["text/html"]:
        return text if len(text) > HTML else None
    kept = without_last_word(text)
    lost = len(text) - len(kept) + sum(map(len, decoded(content, end, stop)))
    return kept + left_out(lost)
