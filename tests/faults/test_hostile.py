"""Names and texts of strangers: what arrives, and what a report says of it, is plain."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from notebook_notify.content.enclosures import named_files
from notebook_notify.messages import File, Image, Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.reports import SendReport, SendResult
from notebook_notify.sandbox import Sandbox
from notebook_notify.sending.dispatch import Sender
from notebook_notify.targets import Target

#: Names that lead elsewhere, end a header, steer a terminal, turn the text around, or are none.
NAMES = [
    "../../etc/passwd",
    "C:\\windows\\win.ini",
    "a\r\nX-Evil: 1\r\n\r\nb.csv",
    'a"; filename="b.exe',
    "\x1b[31mred\x1b[0m.csv",
    "a\0b.csv",
    "\u202egpj.exe",
    "\ud83d.csv",
    "..",
    "",
    "表" * 400 + ".csv",
]
NOT_PLAIN = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def _target(sandbox, channel):
    fields = {**sandbox.targets[f"sandbox-{channel}"]}
    del fields["channel"]
    return Target(channel, fields, name=channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_any_name_of_a_file(channel):
    """A file arrives whole under a plain name without folders; what cannot go is named as plainly."""
    data = b"the bytes"
    for name in NAMES:
        message = Message("look", (File(data, name), File(b"", name), Image(PNG, name)))
        with Sandbox() as box:
            sender = Sender(pauses=())
            (result,) = sender.send([(_target(box, channel), message)], timeout=20).results
            sender.close()
            files = [box.media_bytes(one["media"]) for one in box.inbox if one["msgtype"] == "file"]
            text, *along = box.inbox
        assert result.outcome == "partial"  # one is empty, whatever the channel
        assert len(files) == (CHANNELS[channel].media.file_bytes > 0)
        names = [one["media"]["name"] for one in along]
        for content in files:
            if zipfile.is_zipfile(io.BytesIO(content)):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    names += archive.namelist()
                    assert [archive.read(one) for one in archive.namelist()] == [data]
            else:
                assert content == data
        for one in names:
            assert not re.search(r"[/\\\"]|^\.", one), one
            assert len(one) <= 104
        for told in ("".join([text["content"], *names]), str(SendReport((result,)))):
            assert not NOT_PLAIN.search(told), (name, told)
            assert not re.search(r"\.\./|X-Evil: 1\n", told)


def test_a_file_that_is_not_there_is_named_plainly(tmp_path, monkeypatch):
    """``--attach`` of a path with anything in it costs a line, and the message names it plainly."""
    monkeypatch.chdir(tmp_path)
    for name in [*NAMES, "gone\n\x1b[2J.csv", str(tmp_path), "\0"]:
        found = named_files([name])
        assert found.files == ()
        assert not any(NOT_PLAIN.search(one) or "\n" in one for one in found.unread)
        assert all(found.unread)
        assert len(found.notes) == 1


@pytest.mark.parametrize("channel", CHANNELS)
def test_any_title(sandbox, channel):
    """A title is one line on the list of chats, whatever stands in it."""
    title = "a\nb\r\x1b[2J\u202e<b>" + "c" * 500
    message = Message("**x**", markdown=True, title=title)
    sender = Sender()
    assert sender.send([(_target(sandbox, channel), message)], timeout=20)
    (one,) = sandbox.inbox
    assert "\n" not in one["title"]
    assert len(one["title"]) <= 64
    sender.close()


def test_what_a_server_says_cannot_break_out_of_a_box():
    """Marks of HTML and of a terminal in every part of a result are shown, and do nothing."""
    bad = "</td><script>x</script>\x1b[2J\u202e\n<img src=x onerror=y> & \"'"
    result = SendResult(
        bad,
        bad,
        "failed",
        {"errcode": 1, "errmsg": bad, bad: [bad]},
        1,
        refused={bad: (bad, bad)},
        notes=(bad,),
        message_ids=(bad,),
    )
    report = SendReport((result,), (bad,))
    html = report._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    for shown in (html, str(report)):
        assert not NOT_PLAIN.search(shown)
