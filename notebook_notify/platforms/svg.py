"""An SVG picture becomes a PNG, where ``resvg_py`` is installed.

It is drawn in a process of its own: the library keeps Python's lock while it draws, and ends the
process when memory runs out or a picture is nested too deeply.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec

#: The size that a picture is drawn to fit into, in pixels: sharp on a phone.
WIDTH, HEIGHT = 1600, 4000
#: The longest time for it, in seconds, and the largest picture that is tried, in bytes.
SECONDS = 10.0
MOST_BYTES = 5 << 20
#: What would have other files read: a picture inside that is not in the file itself, and
#: entities, which could hide one.
_FOREIGN = re.compile(
    r"""<!ENTITY|<(?:[\w.-]+:)?(?:fe)?image\b[^<>]*?\bhref\s*=\s*["'](?!\s*data:)""", re.IGNORECASE
)
_CHILD = f"""
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except (ImportError, OSError, ValueError):
    pass
from resvg_py import svg_to_bytes
svg = sys.stdin.buffer.read().decode("utf-8")
drawn = svg_to_bytes(
    svg_string=svg, width={WIDTH}, height={HEIGHT}, dpi=96, background="white"  # CSS's dpi
)
sys.stdout.buffer.write(drawn)
"""


def is_svg(data: bytes) -> bool:
    """Whether *data* begins like an SVG file."""
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!")) and b"<svg" in head)


def drawn(data: bytes, seconds: float) -> bytes | None:
    """The SVG file *data* as a PNG on white.

    Args:
        data: the file, in UTF-8.
        seconds: the longest time for it; never more than ``SECONDS``.

    Returns:
        ``None`` without the library, or if the picture is broken, too large, too slow to draw,
        or would have other files read.
    """
    if len(data) > MOST_BYTES or find_spec("resvg_py") is None:
        return None
    if _FOREIGN.search(data.decode("utf-8", "replace")):
        return None
    try:
        run = subprocess.run(  # noqa: S603 - our own code
            # -P: no module of the user's folder takes the place of another.
            [sys.executable, "-P", "-c", _CHILD],
            input=data,
            capture_output=True,
            timeout=min(seconds, SECONDS),
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return run.stdout if run.returncode == 0 and run.stdout else None
