"""Messages of a kernel, read from the frames that go to its socket."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_notify.content.screen import Screen
from notebook_notify.notebook import frames
from notebook_notify.notebook.frames import BIG, read_frames


def _frames(kind, content, parent="p1", **dumps):
    header = json.dumps({"msg_id": "m", "msg_type": kind})
    parent_header = json.dumps({"msg_id": parent})
    body = content if isinstance(content, bytes) else json.dumps(content, **dumps).encode()
    return [b"topic", b"<IDS|MSG>", b"hmac", header.encode(), parent_header.encode(), b"{}", body]


def _read(*messages):
    screen = Screen()
    for message in messages:
        read_frames(message, b"p1", screen)
    return screen.record()


def _stream(text, **more):
    return _frames("stream", {"name": "stdout", "text": text}, **more)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_streams(text):
    """Text arrives as written."""
    whole = Screen()
    whole.stream(text)
    assert _read(_stream(text)) == whole.record()
    assert _read(_stream(text, ensure_ascii=False)) == whole.record()


def test_others_messages_are_not_read():
    """What belongs to another cell, or is no output, is left alone."""
    assert (
        _read(_stream("x", parent="p2"), _frames("status", {"execution_state": "busy"})).total == 0
    )


UNIT = st.sampled_from(
    ["a", "\n", "\\", '"', "中", "🎉", "\x00", "\\n", "\\\\n", "\r", "é", "\u2028"]
)


@settings(max_examples=60)
@given(
    st.lists(UNIT, min_size=1, max_size=12).map("".join),
    st.integers(0, 40),
    st.integers(20, 60),
    st.booleans(),
)
def test_big_streams_are_cut_at_whole_characters(pattern, lead, end, ascii_only):
    """Cut anywhere in a message too big to be parsed: the count is exact, no character is broken."""
    text = "a" * lead + pattern * 30
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "BIG", 40)
        patch.setattr(frames, "END", end)
        patch.setattr(frames, "_CHUNK", 17)
        record = _read(
            _stream("first\n"), _stream(text, ensure_ascii=ascii_only), _stream("\nlast")
        )
    whole = Screen()
    for part in ("first\n", text, "\nlast"):
        whole.stream(part)
    page = whole.record()
    assert record.total == page.total
    assert record.lines[-1] == "last"
    if len(record.lines) > 1:
        assert page.lines[-len(record.lines) + 1 :] == record.lines[1:]


def test_a_big_stream():
    """Of a stream message over the limit the end is kept, the lines before are counted."""
    lines = [f'{n} \\ "quoted" 中文\t' for n in range(40_000)]
    text = "\n".join(lines) + "\n"
    assert len(json.dumps(text)) > BIG
    for ascii_only in (True, False):
        record = _read(_stream("before\n"), _stream(text, ensure_ascii=ascii_only))
        assert record.total == 40_001
        assert record.lines[-1] == lines[-1]
        assert record.lines[0] in lines
        assert len(record.lines) > 500


def test_backslashes_without_end():
    """A text of nothing but backslashes is read too, and quickly."""
    record = _read(_stream("\\" * 3_000_000 + "\nend"))
    assert record.lines[-1] == "end"
    assert record.total == 2


def test_big_displays():
    """Of a big display the text form is read and the picture counted, not parsed."""
    data = {
        "text/html": '"text/plain": "no"' * 20_000,
        "text/plain": 'a "table"\n中文 \\',
        "image/png": "x" * BIG,
    }
    content = {"data": data, "metadata": {}, "transient": {"display_id": "d1"}}
    update = {"data": {"text/plain": "new"}, "metadata": {}, "transient": {"display_id": "d1"}}
    record = _read(_frames("display_data", content))
    assert record.lines == ('a "table"', "中文 \\")
    assert record.images == 1
    assert _read(
        _frames("display_data", content), _frames("update_display_data", update)
    ).lines == ("new",)


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("shift", range(6))
def test_a_big_text_form_is_cut_at_a_whole_character(shift, ascii_only):
    """A value whose text form is itself too big keeps its beginning, whole characters only."""
    text = "x" * shift + "中\n\\" * BIG
    content = {"data": {"text/plain": text}, "metadata": {}, "transient": {}}
    record = _read(_frames("execute_result", content, ensure_ascii=ascii_only))
    assert len(record.value) > 5000
    assert text.startswith(record.value)
