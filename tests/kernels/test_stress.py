"""However much a cell shows: its outputs are intact, the message says what matters, memory is bounded."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a process's peak memory is read from /proc"
)
#: What the magic may take above the plain cell's peak, in MB: a file of 20 MB and the request
#: that it is sent in; and where a picture is scaled down, its pixels, as they were and scaled.
ROOM = 100
PIXELS = 180


def _peak(kernel):
    status = Path(f"/proc/{kernel.pid}/status").read_text(encoding="ascii", errors="replace")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


@pytest.fixture
def compared(folder, shared_box, start_kernel, environment_for, box):
    """Runs a cell in two fresh kernels: plain, then under the magic, which may not take much more."""

    def run(source, room=ROOM):
        shown, peaks = [], []
        for line in ("", "%%notify_wechat\n"):
            with start_kernel(environment_for(folder)) as kernel:
                kernel.run(f"%load_ext notebook_notify\n%notify_sandbox --url {shared_box.url}")
                shown.append(kernel.run(line + source))
                peaks.append(_peak(kernel))
        plain, ours = shown
        assert peaks[1] - peaks[0] < room
        assert ours.text == plain.text
        assert _others(ours) == _others(plain)
        assert ours.box
        return ours, box.inbox[0]["content"], box.inbox[1:]

    return run


def _others(shown):
    """What stands under the cell beside streams and our box."""
    marks = ("✓", "◐", "?", "✗")
    return [
        output.get("data") or (output.ename, output.evalue)
        for output in shown.outputs
        if output.output_type != "stream"
        and not output.get("data", {}).get("text/plain", "").startswith(marks)
    ]


def test_a_print_of_200_mb(compared, box):
    """The last lines and the count are told, and a file has the first part and the end."""
    # With pauses, or what waits in the kernel's queue for its client would be measured.
    source = (
        "import time\nfor n in range(200_000):\n    print(f'{n:0999d}')\n"
        "    if n % 2000 == 1999: print(end='', flush=True); time.sleep(0.015)"
    )
    shown, text, rest = compared(source)
    assert len(shown.text) == 200_000_000
    assert text.startswith("✅")
    assert f"{199_999:0999d}"[-200:] in text
    assert "200,000" in text
    (file,) = [one for one in rest if one["msgtype"] == "file"]
    data = box.media_bytes(file["media"])
    assert 19 << 20 < len(data) <= 20 << 20
    assert data.startswith(f"{0:0999d}\n{1:0999d}\n".encode())
    assert data.endswith(f"{199_999:0999d}\n".encode())
    assert re.search(rb"\n\xe2\x80\xa6 [\d,]+ lines \([\d,]+ bytes\) are left out here", data)


def test_500_figures(compared, box):
    """The last two go along, and all are counted."""
    source = (
        "from PIL import Image as P\nfrom IPython.display import display\n"
        "for n in range(500): display(P.new('RGB', (40, 40), (n % 256, n // 256, 0)))"
    )
    shown, text, rest = compared(source)
    pngs = [
        base64.b64decode(one.data["image/png"])
        for one in shown.outputs
        if "image/png" in one.get("data", {})
    ]
    assert len(pngs) == 500
    assert [box.media_bytes(one["media"]) for one in rest] == pngs[-2:]
    assert "498 more plots" in text


def test_a_picture_of_30_mb(compared, box):
    """It arrives scaled down, and the report says so."""
    source = (
        "import random\nfrom PIL import Image as P\nsize = 3200\n"
        "P.frombytes('RGB', (size, size), random.Random(5).randbytes(size * size * 3))"
    )
    shown, text, rest = compared(source, PIXELS)
    (value,) = [one for one in shown.outputs if one.output_type == "execute_result"]
    assert len(value.data["image/png"]) > 40_000_000
    assert text.startswith("✅")
    (picture,) = rest
    assert len(box.media_bytes(picture["media"])) < 10 << 20
    assert "plot-1.png was too large and is scaled down" in shown.box


def test_a_frame_of_20_million_cells(compared):
    """A DataFrame of 100,000 x 200: its true shape is told."""
    source = (
        "import numpy as np, pandas as pd\n"
        "pd.DataFrame(np.arange(20_000_000).reshape(100_000, 200), columns=[f'c{n}' for n in range(200)])"
    )
    _, text, rest = compared(source)
    assert "100,000 rows × 200 columns" in text
    assert rest


def test_a_repr_that_raises(compared):
    """The page has IPython's traceback of it, and the message names the error."""
    shown, text, _ = compared(
        "class Broken:\n    def __repr__(self): raise ValueError('no form')\nprint('before')\nBroken()"
    )
    assert "ValueError: no form" in shown.tracebacks[0]
    assert "ValueError: no form" in text
    assert "before" in text


def test_a_repr_that_prints(compared):
    """What it prints is output, what it gives is the value."""
    _, text, _ = compared(
        "class Loud:\n    def __repr__(self):\n        print('said')\n        return 'given'\nLoud()"
    )
    assert "Result\ngiven" in text
    assert text.endswith("Output\nsaid")
