"""Messages of a kernel, read from the frames that go to its socket."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_notify.content import escaped, spool
from notebook_notify.content.screen import Screen
from notebook_notify.notebook import frames
from notebook_notify.notebook.frames import BIG, read_frames

PNG = b"\x89PNG\r\n\x1a\n"


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


def test_a_big_error_is_one():
    """``%run`` of a script that fails with a long text has failed, whatever the traceback holds."""
    text = 'said "evalue": "x"\n' * BIG
    content = {"traceback": [f"ValueError: {text}"], "ename": "ValueError", "evalue": text}
    told = _read(_frames("error", content)).error
    assert told.startswith('ValueError: said "evalue": "x"\nsaid')
    assert len(told) <= 64 << 10


UNIT = st.sampled_from(
    ["a", "\n", "\\", '"', "中", "🎉", "\x00", "\\n", "\\\\n", "\r", "é", "\u2028"]
)


@settings(max_examples=100)
@given(
    st.lists(UNIT, min_size=1, max_size=12).map("".join),
    st.integers(0, 40),
    st.integers(20, 60),
    st.booleans(),
    st.sampled_from([0, 30, spool.MOST]),
)
def test_of_a_big_stream_nothing_is_lost(pattern, lead, end, ascii_only, most):
    """A message too big to be parsed is cut anywhere: no character is broken, no line uncounted."""
    text = "a" * lead + pattern * 40
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "BIG", 40)
        patch.setattr(frames, "END", end)
        patch.setattr(escaped, "CHUNK", end)
        patch.setattr(spool, "BLOCK", end)
        record = _read(
            _stream("first\nsec"), _stream(text, ensure_ascii=ascii_only), _stream("\nlast")
        )
        whole = Screen()
        for part in ("first\nsec", text, "\nlast"):
            whole.stream(part)
        page = whole.record()
        assert record.total == page.total
        assert record.lines == page.lines[-len(record.lines) :]
        assert record.complete.file() == page.complete.file()
        patch.setattr(spool, "MOST", most)
        again = _read(
            _stream("first\nsec"), _stream(text, ensure_ascii=ascii_only), _stream("\nlast")
        )
        assert (again.total, again.lines) == (record.total, record.lines)


def test_who_listens_hears_all(monkeypatch):
    """Nothing is only counted while somebody waits for a word in it."""
    monkeypatch.setattr(spool, "MOST", 0)
    screen, heard = Screen(), []
    screen.listen(heard.append)
    text = "loss: 1\n" * 100_000
    read_frames(_stream(text), b"p1", screen)
    assert "".join(heard) == text


def test_a_big_stream():
    """Of a stream message over the limit the end is kept, and all is at hand."""
    lines = [f'{n} \\ "quoted" 中文\t' for n in range(40_000)]
    text = "\n".join(lines) + "\n"
    assert len(json.dumps(text)) > BIG
    for ascii_only in (True, False):
        record = _read(_stream("before\n"), _stream(text, ensure_ascii=ascii_only))
        assert record.total == 40_001
        assert record.lines[-1] == lines[-1]
        assert record.lines[0] in lines
        assert len(record.lines) > 500
        assert record.complete.file().decode() == f"before\n{text}"


def test_backslashes_without_end():
    """A text of nothing but backslashes is read too, and quickly."""
    record = _read(_stream("\\" * 3_000_000 + "\nend"))
    assert record.lines[-1] == "end"
    assert record.total == 2


def test_big_displays():
    """Of a big display the text form and the picture are read, and the message is not parsed."""
    data = {
        "text/html": '"text/plain": "no"' * 20_000,
        "text/plain": 'a "table"\n中文 \\',
        "image/png": b64encode(PNG * BIG).decode(),
    }
    metadata = {"image/png": {"width": 5}}
    content = {"data": data, "metadata": metadata, "transient": {"display_id": "d1"}}
    update = {"data": {"text/plain": "new"}, "metadata": {}, "transient": {"display_id": "d1"}}
    record = _read(_frames("display_data", content))
    assert record.lines == ('a "table"', "中文 \\")
    assert (record.images, record.pictures) == (1, (PNG * BIG,))
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
    kept, _, said = record.value.partition("…")
    assert len(kept) > 5000
    assert text.startswith(kept)
    assert f"{len(text) - len(kept):,}" in said


@pytest.mark.parametrize(
    ("coded", "kept"),
    [
        (b64encode(PNG * 50_000).decode(), PNG * 50_000),
        ("\n".join([b64encode(PNG * 3).decode()] * 9_000), PNG * 27_000),
        ("A" * BIG + "A", b""),
        ("*" * BIG, b""),
        ("中" * BIG, b""),
        (f'<svg a="中">{" " * BIG}</svg>', f'<svg a="中">{" " * BIG}</svg>'.encode()),
        (b64encode(PNG * (4 << 20)).decode() + "AAAA", b""),
    ],
)
def test_big_pictures(coded, kept):
    """A big picture is kept if it is one and has room; whatever it is, it counts."""
    content = {"data": {"image/png": coded}, "metadata": {"image/png": {"height": 1}}}
    record = _read(_frames("display_data", content, ensure_ascii=False))
    assert record.images == 1
    assert record.pictures == ((kept,) if kept else ())


def test_big_forms_of_an_object():
    """An object that only names its class is told by its Markdown or HTML in big messages too."""
    plain = "<IPython.core.display.HTML object>"
    html = '<p class="a">words</p>\n' * 15_000
    content = {"data": {"text/plain": plain, "text/html": html}, "metadata": {}}
    record = _read(_frames("execute_result", content))
    assert record.html == html
    assert record.value.startswith("words\nwords\n")
    content["data"]["text/html"] = "<p>much</p>" * 300_000
    record = _read(_frames("execute_result", content))
    assert record.html == ""
    assert record.value.startswith("much\nmuch\n")
    content["data"]["text/markdown"] = "**m**\n" * 100_000
    record = _read(_frames("execute_result", content))
    assert record.markdown == record.value
    assert record.value.startswith("**m**\n**m**")


def test_a_big_figure_without_a_picture():
    """Plotly's JSON, in a kernel that draws no picture of it, counts as a figure."""
    figure = {"data": [{"y": list(range(100_000))}], "layout": {}}
    content = {"data": {"application/vnd.plotly.v1+json": figure}, "metadata": {}}
    record = _read(_frames("display_data", content))
    assert (record.images, record.pictures, record.lines) == (1, (), ())
