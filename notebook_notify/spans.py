"""Spans of time as people write them."""

from __future__ import annotations

import re

_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", re.ASCII)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str) -> float | None:
    """``90``, ``90s``, ``5m``, ``2h`` or ``1d`` in seconds; ``None`` if *text* is none of these."""
    match = _SPAN.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _UNITS[match[2]]
