"""README's matrix, channel by kind of output: each cell of it is what a sandbox receives."""

from __future__ import annotations

import atexit
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image as Picture
from traitlets.config import Config

from notebook_notify import load_ipython_extension, unload_ipython_extension
from notebook_notify.messages import File, Image, Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.sender import SENDER, TARGETS
from notebook_notify.targets import Target

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
KINDS = ("text", "Markdown", "image", "table", "file", "mention")
NARROW = pd.DataFrame({"return": [0.5], "weight": [1]}, index=["Moutai"])
WIDE = pd.DataFrame({f"c{n}": range(3) for n in range(9)})


def matrix() -> dict[tuple[str, str], str]:
    """What README says, by channel and kind."""
    _, _, below = README.partition("| channel | " + " | ".join(KINDS) + " |\n")
    rows = [re.split(r" *\| *", line)[1:-1] for line in below.partition("\n\n")[0].splitlines()[1:]]
    return {
        (row[0].strip("`"), kind): cell
        for row in rows
        for kind, cell in zip(KINDS, row[1:], strict=True)
    }


def png(width: int = 40) -> bytes:
    """A picture."""
    content = io.BytesIO()
    Picture.new("RGB", (width, 30), (200, 90, 40)).save(content, "PNG")
    return content.getvalue()


def store(name: str, data: bytes) -> str:
    """The function of a user's that stores pictures, as the test has it."""
    return STORED["function"](name, data)


STORED: dict = {}
STORE = f"{__name__}:store"


def target(channel: str) -> Target:
    """The sandbox's target of a channel."""
    return TARGETS.resolve(f"sandbox-{channel}")


@pytest.fixture
def arrives(sandbox):
    """Sends a message to the sandbox's target of a channel; gives what its inbox has."""
    TARGETS.use_sandbox(sandbox.targets)

    def send(channel: str, message: Message) -> list:
        (result,) = SENDER.send([(target(channel), message)], timeout=20).results
        assert result.outcome == "sent", result
        return received(sandbox)

    return send


def received(sandbox) -> list:
    """The messages, each upload's bytes with it; the inbox is empty then.

    A work notice ends with the time of day, which is taken off here.
    """
    found = [
        one | {"bytes": sandbox.media_bytes(one["media"]) if one["media"] else None}
        for one in sandbox.inbox
    ]
    for one in found:
        if one["channel"] == "dingtalk_notice" and not one["media"]:
            one["content"], times = re.subn(r"\n+\d\d:\d\d:\d\d$", "", one["content"])
            assert times == 1
    sandbox.clear()
    return found


@pytest.fixture
def ran(sandbox):
    """Runs a cell over which `%%notify` stands; gives what the inbox has."""
    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    load_ipython_extension(shell)

    def run(channel: str, value: object) -> list:
        shell.user_ns["value"] = value
        with capture_output():
            shell.run_cell(f"%notify_sandbox --url {sandbox.url}")
            shell.run_cell(f"%%notify --to sandbox-{channel}\nvalue")
        return received(sandbox)

    yield run
    unload_ipython_extension(shell)
    atexit.unregister(shell.atexit_operations)  # each would collect all garbage at the end
    InteractiveShell.clear_instance()


def unpacked(one) -> dict[str, bytes]:
    """The files in a zip that arrived."""
    with zipfile.ZipFile(io.BytesIO(one["bytes"])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_matrix_has_every_channel() -> None:
    """Whoever adds a channel says what it can show."""
    assert {channel for channel, _ in matrix()} == set(CHANNELS)


@pytest.mark.parametrize("channel", CHANNELS)
def test_text(arrives, channel) -> None:
    """A text arrives as it was written, as a text."""
    assert matrix()[channel, "text"] == "yes"
    text = "✅ 完成 <b> **x**\n第二行 😀"
    (one,) = arrives(channel, Message(text))
    assert (one["channel"], one["msgtype"], one["content"]) == (channel, "text", text)


@pytest.mark.parametrize("channel", CHANNELS)
def test_markdown(arrives, channel) -> None:
    """Markdown arrives as the platform's own type, its marks as they were written."""
    assert matrix()[channel, "Markdown"] == "yes"
    text = "**完成**  \n> 第二行"
    (one,) = arrives(channel, Message(text, markdown=True, title="完成"))
    assert (one["channel"], one["msgtype"], one["content"]) == (channel, "markdown", text)
    assert one["title"] == ("完成" if channel.startswith("dingtalk") else "")


@pytest.mark.parametrize("channel", CHANNELS)
def test_image(sandbox, arrives, monkeypatch, channel) -> None:
    """A picture arrives as a picture, byte for byte; one too large as the smaller one promised.

    Where none can, the text says so; or it stands at the address that a function gives it.
    """
    content = png()
    if matrix()[channel, "image"] == "by address":
        report = SENDER.send([(target(channel), Message("look", (Image(content),)))], timeout=20)
        assert report.outcome == "partial"
        (text,) = received(sandbox)
        assert text["content"] == "look\n\nNot attached: plot.png"
        monkeypatch.setitem(STORED, "function", lambda _name, _data: "https://x.example/1.png")
        stored = replace(target(channel), fields={**target(channel).fields, "image_url": STORE})
        assert SENDER.send([(stored, Message("look", (Image(content),)))], timeout=20)
        text, one = received(sandbox)
        assert text["content"] == "look\n\n📎 1 image follows"
        assert one["content"] == "![plot.png](https://x.example/1.png)"
        return
    assert matrix()[channel, "image"] == "yes"
    text, one = arrives(channel, Message("look", (Image(content, "plot.png"),)))
    assert text["content"] == "look\n\n📎 1 image follows"
    assert (one["msgtype"], one["bytes"]) == ("image", content)

    large = io.BytesIO()
    Picture.effect_noise((5300, 4600), 100).save(large, "PNG")
    assert len(large.getvalue()) > CHANNELS[channel].media.image_bytes
    _, one = arrives(channel, Message("look", (Image(large.getvalue(), "plot.png"),)))
    assert one["msgtype"] == "image"
    assert one["media"]["name"].endswith(".jpg")
    assert len(one["bytes"]) <= CHANNELS[channel].media.image_bytes
    with Picture.open(io.BytesIO(one["bytes"])) as smaller:
        smaller.load()
        assert smaller.width / smaller.height == pytest.approx(5300 / 4600, rel=0.01)


@pytest.mark.parametrize("channel", CHANNELS)
def test_table(ran, channel) -> None:
    """A narrow table is told in rows; of a wide one a picture and the whole as a file arrive."""
    cell = matrix()[channel, "table"]
    (text,) = ran(channel, NARROW)
    assert "Moutai: return 0.5, weight 1" in text["content"]
    first, *along = ran(channel, WIDE)
    if cell == "rows":
        assert "3 rows × 9 columns" in first["content"]
        assert along == []
        return
    by_type = {one["msgtype"]: one for one in along}
    assert len(by_type) == len(along) == 2
    with Picture.open(io.BytesIO(by_type["image"]["bytes"])) as picture:
        picture.load()
    name, content = by_type["file"]["media"]["name"], by_type["file"]["bytes"]
    if cell == "rows; wide: picture, CSV":
        assert name == "table.csv"
        assert pd.read_csv(io.BytesIO(content), index_col=0).equals(WIDE)
    else:
        assert cell == "rows; wide: picture, xlsx"
        assert name == "table.xlsx"
        assert pd.read_excel(io.BytesIO(content), index_col=0).equals(WIDE)


@pytest.mark.parametrize("channel", CHANNELS)
def test_file(sandbox, arrives, channel) -> None:
    """A file arrives under its name, byte for byte; in a zip where its kind is not taken."""
    cell = matrix()[channel, "file"]
    if cell == "no":
        message = Message("look", (File(b"123456", "a.csv"),))
        report = SENDER.send([(target(channel), message)], timeout=20)
        assert report.outcome == "partial"
        assert "a.csv was not sent" in report.results[0].notes[0]
        (text,) = received(sandbox)
        assert text["content"] == "look\n\nNot attached: a.csv"
        return
    for name in ("表.csv", "output.txt", "book.xlsx"):
        content = f"the bytes of {name}".encode()
        text, one = arrives(channel, Message("look", (File(content, name),)))
        assert one["msgtype"] == "file"
        assert one["media"]["name"] in text["content"]
        if cell == "zip" and name != "book.xlsx":
            assert one["media"]["name"] == f"{name}.zip"
            assert unpacked(one) == {name: content}
        else:
            assert cell in {"yes", "zip"}
            assert (one["media"]["name"], one["bytes"]) == (name, content)


@pytest.mark.parametrize("channel", CHANNELS)
def test_mention(sandbox, arrives, channel) -> None:
    """Those who are mentioned are rung; else they are named, and the sender is told so."""
    message = Message("look", mention=("zhangwei", "13800000000"))
    (one,) = arrives(channel, message)
    if matrix()[channel, "mention"] == "yes":
        assert set(one["mentions"]) == {"zhangwei", "13800000000"}
        return
    assert matrix()[channel, "mention"] == "named only"
    assert one["msgtype"] == "text"
    assert "@zhangwei @13800000000" in one["content"]
    report = SENDER.send([(target(channel), message)], timeout=20)
    assert any("ring" in note for note in report.results[0].notes), report.results[0].notes
