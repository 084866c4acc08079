"""Whatever a cell shows: the message is made, is plain, and can leave."""

from __future__ import annotations

import re
import time

from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_notify.content.plain import plain_lines
from notebook_notify.content.screen import Screen
from notebook_notify.delivery.transport import Request
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.sending.parts import words_of

SCRAPS = st.sampled_from(
    [
        "\r",
        "\n",
        "\r\n",
        "\b",
        "\x1b[2K",
        "\x1b[1A",
        "\x1b[31m",
        "\x1b]8;;http://x\x07",
        "\x1b",
        "\x9b",
        "\x1b[",
        "\x1b[999999999C",
        "\0",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x85",
        "\u2028",
        "\u202e",
        "\ud83d",
        "\udc00",
        "👨‍👩‍👧",
        "中",
        "e\u0301",
        "a" * 70,
        " " * 70,
        "\t",
        "100%|████| 5/5",
    ]
)
TEXTS = st.lists(SCRAPS | st.text(max_size=5), max_size=12).map("".join)
FORMS = st.dictionaries(
    st.sampled_from(
        ["text/plain", "text/html", "text/markdown", "image/png", "image/svg+xml", "x/y"]
    ),
    TEXTS | st.none() | st.integers() | st.lists(TEXTS, max_size=2) | st.binary(max_size=4),
    max_size=3,
)
CONTENTS = st.one_of(
    st.tuples(st.just("stream"), st.fixed_dictionaries({"text": TEXTS, "name": st.just("stdout")})),
    st.tuples(
        st.sampled_from(["display_data", "execute_result", "update_display_data"]),
        st.fixed_dictionaries(
            {"data": FORMS},
            optional={"transient": st.dictionaries(st.just("display_id"), TEXTS, max_size=1)},
        ),
    ),
    st.tuples(
        st.just("error"),
        st.fixed_dictionaries(
            {"ename": TEXTS, "evalue": TEXTS, "traceback": st.lists(TEXTS, max_size=2)}
        ),
    ),
    st.tuples(st.just("clear_output"), st.fixed_dictionaries({"wait": st.booleans()})),
    st.tuples(st.sampled_from(["status", "comm_msg", "", "x"]), st.just({})),
)


@settings(max_examples=80)
@given(st.lists(CONTENTS, max_size=12), st.integers(30, 300))
@example([("stream", {"text": "\ud83d", "name": "stdout"}), ("stream", {"text": "\udc00"})], 99)
@example([("stream", {"text": "\x1b[" * 2000})], 99)
@example([("execute_result", {"data": {"text/plain": "\ud800", "text/html": "\ud800"}})], 99)
def test_any_output(contents, budget):
    """No order of outputs raises; the lines are plain, and their number is no less than is kept."""
    screen = Screen(budget)
    for kind, content in contents:
        screen.message(kind, content)
    record = screen.record()
    assert record.total >= len(record.lines)
    for line in record.lines:
        assert "\x1b" not in line
        assert not {"\r", "\n", "\b"} & set(line)
    screen.tail()


@given(TEXTS)
def test_plain_lines_are_final(text):
    """What was made plain once stays as it is."""
    for line in filter(None, plain_lines(text)):
        assert plain_lines(line) == [line]


@settings(max_examples=40)
@given(TEXTS.filter(str.strip), st.booleans(), st.lists(TEXTS, max_size=2))
def test_any_text_can_leave(text, markdown, mention):
    """A text of anything becomes requests whose bodies are UTF-8, on every channel."""
    for channel in CHANNELS.values():
        message = Message(text, markdown=markdown, title=text, mention=tuple(mention))
        for words in words_of(message, channel, ""):
            body = (
                Request("POST", "https://h/", payload=channel.wire(words)).body()
                if hasattr(channel, "wire")
                else words.text.encode("utf-8", "replace")
            )
            body.decode()


def test_a_long_line_of_control_characters_takes_no_time():
    """The forms that take a reader of patterns longest cost no more than plain text."""
    for scrap in ("\x1b[", "\x1b]8;;", "\r", "\b", "\x1b", "a\b", "\ud83d"):
        began = time.monotonic()
        screen = Screen()
        screen.stream(scrap * 200_000)
        screen.record()
        assert time.monotonic() - began < 3, repr(scrap)
    assert not re.search("\x1b", "".join(plain_lines("\x1b[" * 9)))
