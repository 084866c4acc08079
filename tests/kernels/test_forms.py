"""What the options of a magic line make of a cell's message: its form, its size, who is told."""

from __future__ import annotations

import pytest

PLOT = (
    "import base64\nfrom IPython.display import Image, display\n"
    "dot = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==')\n"
)


def _kinds(box):
    return [one["msgtype"] for one in box.inbox]


def _files(box):
    return {
        one["media"]["name"]: box.media_bytes(one["media"]) for one in box.inbox if one["media"]
    }


@pytest.mark.parametrize(
    ("magic", "first"),
    [
        ("notify_wechat", '<font color="info">✅ Done</font> · run · '),
        ("notify_wechat_app", '<font color="info">✅ Done</font> · run · '),
        ("notify_dingtalk", "### ✅ Done · run · "),
    ],
)
def test_markdown(kernel, box, magic, first):
    """``--as markdown`` is the channel's own Markdown, in which output is no markup."""
    kernel.run(f"%%{magic} --as markdown --title run\nprint('**no** <@all>')\n6 * 7")
    (only,) = box.inbox
    assert only["msgtype"] == "markdown"
    assert only["content"].startswith(first)
    assert "> 42" in only["content"]
    assert "**no**" not in only["content"]
    assert "<@all>" not in only["content"]


def test_a_text_as_markdown(kernel, box):
    """A text is the user's own markup, and is sent as it was typed."""
    kernel.run("loss = 0.25\n%notify_wechat --as markdown **loss** {loss:.3f}")
    (only,) = box.inbox
    assert (only["msgtype"], only["content"]) == ("markdown", "**loss** 0.250")


def test_a_short_output_as_file(kernel, box):
    """``--as file`` sends the complete output, however short, beside the text."""
    shown = kernel.run("%%notify_wechat --as file\nprint('中文')\nprint('b')")
    assert shown.box.startswith("✓ sent")
    assert _kinds(box) == ["text", "file"]
    assert "1 file (output.txt) follow" in box.inbox[0]["content"]
    assert _files(box)["output.txt"].decode("utf-8-sig") == "中文\nb\n"


def test_a_long_output(kernel, box):
    """The text has the last lines and the count; the file has all of them."""
    kernel.run("%%notify_wechat\nfor n in range(30):\n    print('line', n)")
    text = box.inbox[0]["content"]
    assert "Last 20 of 30 output lines" in text
    assert "line 29" in text
    whole = "".join(f"line {n}\n" for n in range(30))
    assert _files(box)["output.txt"].decode("utf-8-sig") == whole


def test_text_alone(kernel, box):
    """``--as text`` sends no pictures and no files; the text says how many plots there are."""
    kernel.run(
        "%%notify_wechat --as text\n" + PLOT + "display(Image(dot))\n"
        "for n in range(30):\n    print(n)"
    )
    assert _kinds(box) == ["text"]
    assert "1 plot: see the notebook" in box.inbox[0]["content"]


def test_max_messages(kernel, box):
    """``--max-messages`` counts text, files and pictures; what is left out is said."""
    cell = PLOT + "for n in range(5):\n    display(Image(dot))\n"
    shown = kernel.run("%%notify_wechat --max-messages 4\n" + cell)
    assert _kinds(box) == ["text", "image", "image", "image"]
    assert "2 more plots: see the notebook" in box.inbox[0]["content"]
    assert "left out: 2 plots; --max-messages 6 sends all" in shown.box
    box.clear()
    kernel.run("%%notify_wechat --max-messages 6\n" + cell)
    assert _kinds(box).count("image") == 5


def test_once(kernel, box):
    """A repeated run is not sent twice, and its reader learns when it went out."""
    cell = "day = '11-25'\n{}"
    line = "%%notify_wechat --once report-{day}\n"
    kernel.run(line + cell.format("1 / 0"))
    assert box.inbox[-1]["content"].startswith("❌")
    assert kernel.run(line + cell.format("42")).box.startswith("✓ sent")
    assert box.inbox[-1]["content"].startswith("✅")
    shown = kernel.run(line + cell.format("42"))
    assert "already sent" in shown.box
    assert len(box.inbox) == 2
    kernel.run(line + "day = '11-26'")
    assert len(box.inbox) == 3


def test_a_key_that_lacks_a_field(kernel, box):
    """Unfilled it would keep tomorrow's message back: nothing is sent, and that is said."""
    shown = kernel.run("%%notify_wechat --once daily-{nowhere}\n42")
    assert shown.value == "42"
    assert box.inbox == []
    assert "{nowhere}" in "".join(str(one) for one in shown.outputs)


@pytest.fixture
def config(folder, box):
    """Writes the config file, in which `ops` is the sandbox's chat."""
    path = folder / "notebook_notify.toml"

    def write(ops="", top=""):
        fields = "\n".join(
            f'{key} = "{value}"' for key, value in box.targets["sandbox-wecom_chat"].items()
        )
        app = "\n".join(
            f"{key} = {value!r}" for key, value in box.targets["sandbox-wecom_app"].items()
        )
        path.write_text(f"{top}\n[targets.ops]\n{fields}\n{ops}\n[targets.alerts]\n{app}\n")
        path.chmod(0o600)

    yield write
    path.unlink()


def test_failures_go_elsewhere(kernel, box, config):
    """A target's ``alert`` gets the failures, and its ``mention`` is named in them, not in others."""
    config('alert = "alerts"\nmention = ["zhangwei", "13800000000"]')
    kernel.run("%%notify --to ops\n42")
    kernel.run("%%notify --to ops\n1 / 0")
    good, bad = box.inbox
    assert (good["channel"], bad["channel"]) == ("wecom_chat", "wecom_app")
    assert "@" not in good["content"].split("\n")[0]


def test_mention(kernel, box):
    """``--mention`` names people in a failure's text, and the report says that none is rung."""
    shown = kernel.run("%%notify_wechat --mention zhangwei --mention 13800000000\n1 / 0")
    (only,) = box.inbox
    assert "@zhangwei @13800000000" in only["content"]
    assert "rings nobody" in shown.box
    box.clear()
    kernel.run("%%notify_wechat --mention zhangwei\n42")
    assert "@zhangwei" not in box.inbox[0]["content"]


def test_a_link_back(kernel, box, config):
    """With ``link`` in the config the message leads back to the notebook."""
    config(top='link = "https://hub.example.com/lab/tree/{path}"')
    kernel.run("__vsc_ipynb_file__ = '/srv/研究/back test.ipynb'")
    kernel.run("%%notify_wechat\n42")
    kernel.run("del __vsc_ipynb_file__")
    assert "https://hub.example.com/lab/tree/" in box.inbox[0]["content"]
    assert "back%20test.ipynb" in box.inbox[0]["content"]


def test_nobody_watches(kernel, box):
    """An unattended run goes on trying after the budget of an attended one is over."""
    box.fail_next(errcode=-1, path="send", count=5)
    shown = kernel.run("%%notify_wechat --timeout 1s --wait 40s\n42")
    assert shown.box.startswith("✓ sent")
    assert len(box.inbox) == 1


def test_a_file_that_is_not_there(kernel, box):
    """The phone learns its name, the notebook the reason, and nobody reads that all was sent."""
    for line in ("%%notify_wechat --attach no.csv\n42", "%notify_wechat --attach no.csv done"):
        shown = kernel.run(line)
        assert box.inbox[-1]["content"].endswith("\n\nNot attached: no.csv")
        assert shown.box.startswith("◐ partial")
        assert "no.csv was not attached: no such file" in shown.box
