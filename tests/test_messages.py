"""A message is a value, and lists of texts, pictures and files make one."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from notebook_notify.messages import File, Image, Markdown, Message, Text, named


def test_text_is_a_value():
    """A message is a value: equal by content, not changed."""
    assert Text("完成") == Text("完成")
    assert Message("x", mention=("a",)) == Message("x", mention=("a",))
    with pytest.raises(FrozenInstanceError):
        Text("完成").content = "x"


def test_texts_become_paragraphs_and_the_rest_goes_along():
    """A list is one message: its texts in order with a blank line between, then what follows."""
    plot, table = Image(b"123456"), File(b"123456", "a.csv")
    assert Message.of(["first", plot, Text("second"), table]) == Message(
        "first\n\nsecond", (plot, table)
    )


def test_markdown_is_told_from_text():
    """``Markdown`` makes a Markdown message with its title; beside it, plain texts are read so."""
    assert Message.of(Markdown("**x**", "日报")) == Message("**x**", markdown=True, title="日报")
    assert Message.of(["intro", Markdown("**x**")]) == Message("intro\n\n**x**", markdown=True)
    assert not Message.of("**x**").markdown


def test_what_is_empty():
    """White space alone is nothing to send; a picture without a text is something."""
    assert Message.of(" \n").empty
    assert Message.of(Markdown("\u3000")).empty
    assert not Message.of(Image(b"123456")).empty


@pytest.mark.parametrize(
    ("mention", "line"),
    [
        (("zhangwei", "13800000000"), "@zhangwei @13800000000"),
        (("@zhangwei", " zhangwei ", "all"), "@zhangwei @all"),
        (("张 三\n李四", "", " @ "), "@张 三 李四"),
        ((), ""),
    ],
)
def test_people_are_named_on_one_line(mention, line):
    """Each is named once, with one ``@``, whatever white space came along with the id."""
    assert named(mention) == line
