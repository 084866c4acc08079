"""What the form says, as it will be sent."""

from __future__ import annotations

import re

import pytest

from notebook_notify.messages import File, Image
from notebook_notify.panel.drafting import (
    About,
    Fitting,
    Letter,
    many,
    mentioned,
    preview,
    takes,
    uploaded,
)
from notebook_notify.platforms.base import Words
from notebook_notify.sender import TARGETS, post

KINDS = (
    *("wecom_chat", "wecom_robot", "wecom_app", "dingtalk_chat"),
    *("dingtalk_robot", "dingtalk_app_robot", "dingtalk_notice"),
)


@pytest.fixture
def target(sandbox):
    """A target of the sandbox, by its channel."""
    TARGETS.use_sandbox(sandbox.targets)
    return lambda kind: TARGETS.resolve(f"sandbox-{kind}")


def _untimed(text):
    """Without the time of day, which a channel may add when it sends."""
    return re.sub(r"\d\d:\d\d:\d\d$", "TIME", text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("markdown", [False, True])
def test_the_preview_is_what_arrives(sandbox, target, png, kind, markdown) -> None:
    """On every channel the texts of the preview are those in the inbox, and so is their number."""
    letter = Letter(
        "第一行 first\n\n" + "字" * 900,
        markdown,
        mention=("zhangwei",),
        attachment=Image(png, "净值.png"),
    )
    shown = preview(letter, target(kind), Fitting())
    assert not shown.refusal
    report = post([(target(kind), letter.making(target(kind)))])
    assert report.results[0].parts_sent == shown.messages
    texts = [_untimed(one["content"]) for one in sandbox.inbox if not one["media"]]
    assert texts == [_untimed(one.text) for one in shown.parts]
    assert len([one for one in sandbox.inbox if one["media"]]) == len(shown.along)


def test_sizes_are_bytes_of_utf8(target) -> None:
    """A Chinese character counts three, an emoji four."""
    assert preview(Letter("字🙂a"), target("wecom_chat"), Fitting()).size == 8


def test_a_text_that_is_too_long_is_refused_with_the_way_out(target) -> None:
    """More parts than a channel takes in a minute: the preview says to send a file."""
    shown = preview(Letter("x" * 100_000), target("wecom_robot"), Fitting())
    assert "too long" in shown.refusal
    assert not shown.messages


def test_nothing_written_is_nothing_refused(target) -> None:
    """An empty form is no mistake yet."""
    shown = preview(Letter("  "), target("wecom_chat"), Fitting())
    assert (shown.messages, shown.refusal) == (0, "")


def test_what_does_not_go_along_is_named(target) -> None:
    """A file that is too large is in the text as missing, and in a note."""
    letter = Letter("see", attachment=File(b"x" * (21 << 20), "big.bin"))
    shown = preview(letter, target("wecom_chat"), Fitting())
    assert shown.along == ()
    assert "Not attached: big.bin" in shown.parts[-1].text
    assert any("over 20 MB" in note for note in shown.notes)


def test_an_attachment_is_fitted_once(target, monkeypatch) -> None:
    """While its reader types, a picture is not scaled down again for every letter."""
    calls = []
    from notebook_notify.panel import drafting

    real = drafting.fit
    monkeypatch.setattr(drafting, "fit", lambda *a, **k: calls.append(1) or real(*a, **k))
    fitting, file = Fitting(), File(b"0123456789", "a.txt")
    for text in ("a", "ab", "abc"):
        preview(Letter(text, attachment=file), target("dingtalk_notice"), fitting)
    assert len(calls) == 1
    preview(
        Letter("d", attachment=File(b"9876543210", "a.txt")), target("dingtalk_notice"), fitting
    )
    assert len(calls) == 2


def test_a_picture_is_known_by_its_bytes(png) -> None:
    """What was uploaded is a picture if it is one, whatever its name says."""
    assert isinstance(uploaded("a.txt", png), Image)
    assert isinstance(uploaded("a.png", b"no picture"), File)


@pytest.mark.parametrize(
    ("typed", "people"),
    [
        ("", ()),
        ("zhangwei，李四 @13800000000、zhangwei", ("zhangwei", "李四", "13800000000")),
        ("@all", ("all",)),
    ],
)
def test_people_as_they_are_typed(typed, people) -> None:
    """Commas of both languages, spaces and @ are understood; each one is named once."""
    assert mentioned(typed) == people


def test_a_large_group_is_asked_about(target) -> None:
    """Where the platform tells how many are in a group, more than 20 are asked about."""
    letter = Letter("x")
    assert "21 members" in many(letter, target("wecom_chat"), About("research", 21))
    assert many(letter, target("wecom_chat"), About("research", 20)) == ""
    assert many(letter, target("wecom_chat"), About("research")) == ""
    assert many(letter, target("wecom_chat"), None) == ""


def test_what_a_channel_takes_is_told(target) -> None:
    """Limits are those of the channel."""
    assert takes(target("wecom_robot")) == "pictures up to 2 MB, files up to 20 MB"
    assert "neither" in takes(target("dingtalk_robot"))


def test_mentions_ring_as_they_will(target) -> None:
    """Whom a robot rings is in the part that the preview shows."""
    (part,) = preview(Letter("x", mention=("lisi",)), target("wecom_robot"), Fitting()).parts
    assert part == Words("x", mention=("lisi",))
