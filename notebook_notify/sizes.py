"""The size of a text in bytes of UTF-8, as the platforms count, and what of it fits into one."""

from __future__ import annotations


def size_of(text: str) -> int:
    """The size of *text* in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def clip(text: str, max_bytes: int) -> str:
    """The beginning of *text*, with ``…`` if that is not all; no character is broken."""
    if size_of(text) <= max_bytes:
        return text
    kept = text.encode("utf-8", "replace")[: max_bytes - 3].decode("utf-8", "ignore")
    return _whole_clusters(text, len(kept)) + "…"


def clip_start(text: str, max_bytes: int) -> str:
    """The end of *text*, after ``…``."""
    kept = text.encode("utf-8", "replace")[-(max_bytes - 3) :].decode("utf-8", "ignore")
    return "…" + kept


def _whole_clusters(text: str, length: int) -> str:
    """The first *length* characters, less what would break a grapheme cluster."""
    from wcwidth import grapheme_boundary_before

    if 0 < length < len(text):
        before = grapheme_boundary_before(text, length + 1)
        length = length if before == length else before
    return text[:length]
