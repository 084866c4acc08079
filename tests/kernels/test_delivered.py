"""The bytes that the platform receives for a picture are those that the notebook shows."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

MAGICS = ("wechat", "wechat_app", "dingtalk")
DRAW = {
    "matplotlib": (
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()"
    ),
    "PIL": "from PIL import Image\nImage.new('RGB', (30, 20), (9, 99, 200))",
    "JPEG": (
        "import io\nfrom IPython.display import Image as Shown, display\nfrom PIL import Image\n"
        "made = io.BytesIO()\nImage.new('RGB', (30, 20), (9, 99, 200)).save(made, 'JPEG')\n"
        "display(Shown(made.getvalue()))"
    ),
}


def _shown(cell) -> bytes:
    """The picture under the cell, as the notebook's file has it; of two forms, PIL's, the PNG."""
    pictures = [
        output.data[kind]
        for output in cell.outputs
        for kind in ("image/png", "image/jpeg")
        if kind in output.get("data", {})
    ]
    return base64.b64decode(pictures[0])


@pytest.mark.parametrize("drawn", DRAW)
@pytest.mark.parametrize("magic", MAGICS)
def test_the_bytes_shown_are_the_bytes_received(kernel, box, magic, drawn) -> None:
    """On every channel, whatever drew it: byte for byte, and it can be decoded."""
    shown = kernel.run(f"%%notify_{magic}\n{DRAW[drawn]}")
    assert shown.error is None
    text, one = box.inbox
    assert text["content"].endswith("📎 1 image follows")
    content = box.media_bytes(one["media"])
    assert content == _shown(shown)
    Image.open(io.BytesIO(content)).load()


@pytest.mark.parametrize("magic", MAGICS)
def test_a_30_mb_picture_arrives_smaller_and_this_is_said(kernel, box, magic) -> None:
    """Beyond the platform's limit a smaller picture of the same shape arrives, and the box says so."""
    shown = kernel.run(
        f"%%notify_{magic} --timeout 60s\nfrom PIL import Image\n"
        "Image.effect_noise((6000, 5600), 100)"
    )
    assert shown.error is None
    assert len(_shown(shown)) > 29_000_000
    assert "too large and is scaled down" in shown.box
    text, one = box.inbox
    assert "📎 1 image follows" in text["content"]
    with Image.open(io.BytesIO(box.media_bytes(one["media"]))) as smaller:
        smaller.load()
        assert smaller.width / smaller.height == pytest.approx(6000 / 5600, rel=0.01)
    assert one["media"]["size"] <= {"dingtalk": 20 << 20}.get(magic, 10 << 20)
