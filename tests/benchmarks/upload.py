"""A plot of 1 MB: uploaded and sent, against ``requests`` doing the same two calls."""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING

import requests
from bare import PATH
from saved import FIELDS, saved_targets, timed
from table import Row, interleave, ratio_row
from tls_server import TOKEN, TlsServer

from notebook_notify import Image, send

if TYPE_CHECKING:
    from collections.abc import Iterable


def measure(pairs: int, scale: float) -> Iterable[Row]:
    """The ratio of the two."""
    data = _png(max(8, int(590 * scale)))
    with TlsServer() as server, saved_targets(server) as (name,), requests.Session() as session:
        upload = f"{server.url}/cgi-bin/media/upload?access_token={TOKEN}&type=image"

        def post() -> requests.Response:
            sent = session.post(upload, files={"media": ("plot.png", data, "image/png")})
            image = {"media_id": sent.json()["media_id"]}
            payload = {"chatid": FIELDS["chat_id"], "msgtype": "image", "image": image, "safe": 0}
            return session.post(server.url + PATH, json=payload)

        ours = timed(lambda: send(Image(data), to=name), lambda report: report.ok)
        bare = timed(post, lambda reply: reply.json()["errcode"] == 0)
        interleave(ours, bare, 2)  # both warm
        measured = interleave(ours, bare, pairs)
        yield ratio_row(f"plot of {len(data) / 1e6:.2f} MB / requests", measured, "{:.2f} ms")


def _png(side: int) -> bytes:
    """A square of noise, *side* pixels wide: three bytes each, which nothing compresses."""
    rows = b"".join(b"\0" + os.urandom(3 * side) for _ in range(side))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
