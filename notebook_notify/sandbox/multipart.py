"""multipart/form-data as the platforms read it: names stand in the clear, in raw UTF-8."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

_PARAMETER = re.compile(r';\s*([\w*.-]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))')


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; `filename` is None unless the plain parameter of that name is there."""

    name: str
    filename: str | None
    content: bytes


def read_parts(content_type: str, body: bytes) -> dict[str, Part] | None:
    """Return the parts by name, the first of each; None if this is no complete form.

    `filename*` (RFC 5987, RFC 2231) is not read, since the platforms do not read it either.
    """
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return None
    if not boundary:
        return None
    parts: dict[str, Part] = {}
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(errors="replace"))
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return parts
        head, blank, content = piece.partition(b"\r\n\r\n")
        part = _part(head.decode(errors="replace"), content) if blank else None
        if part is not None:
            parts.setdefault(part.name, part)
    return None


def _part(head: str, content: bytes) -> Part | None:
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            found = {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(value)}
            filename = found.get("filename")
            if filename is not None:  # the escapes of the HTML standard, which urllib3 writes
                filename = filename.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
            return Part(found.get("name", ""), filename, content)
    return None
