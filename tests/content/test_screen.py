"""What the page shows, in bounded memory, with exact counts."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from notebook_notify.content import screen as module
from notebook_notify.content.plain import plain_lines
from notebook_notify.content.screen import Screen
from notebook_notify.secret import remember

PNG = b"\x89PNG\r\n\x1a\n"

TEXT = st.text(st.sampled_from("ab\n\r中\x1b[31m"), max_size=30)
OUTPUT = st.tuples(st.just("stream"), TEXT) | st.tuples(
    st.just("display"), st.text(st.sampled_from("ab\n中"), max_size=20)
)


def _feed(screen, outputs):
    for kind, text in outputs:
        if kind == "stream":
            screen.stream(text)
        else:
            screen.message("display_data", {"data": {"text/plain": text}})


@given(st.lists(OUTPUT, max_size=40), st.integers(20, 60))
def test_counts_are_exact_under_trimming(outputs, budget):
    """However little is kept: the total is exact, and what is kept is the end of the page."""
    small, whole = Screen(budget), Screen(1 << 20)
    _feed(small, outputs)
    _feed(whole, outputs)
    kept, page = small.record(), whole.record()
    assert kept.total == page.total == len(page.lines)
    assert len(kept.lines) <= len(page.lines)
    if len(kept.lines) > 1:
        assert page.lines[-len(kept.lines) + 1 :] == kept.lines[1:]


@given(st.lists(OUTPUT, max_size=40))
def test_nothing_is_changed_within_the_budget(outputs):
    """What fits is kept whole: streams run on, displays stand on lines of their own."""
    screen = Screen()
    _feed(screen, outputs)
    page = ""
    for kind, text in outputs:
        if kind == "stream":
            page += text
        elif text:
            page += ("\n" if page and not page.endswith("\n") else "") + text + "\n"
    assert list(screen.record().lines) == plain_lines(page)
    assert screen.record().total == len(plain_lines(page))


def test_memory_is_bounded():
    """A million writes, ten thousand displays and huge texts leave little behind."""
    screen = Screen(1000)
    for n in range(20_000):
        screen.stream(f"line {n}\n")
    screen.stream("x" * 1_000_000 + "\nend")
    for n in range(10_000):
        screen.message(
            "display_data", {"data": {"image/png": "x" * 10}, "transient": {"display_id": str(n)}}
        )
    screen.message(
        "update_display_data",
        {"data": {"text/plain": "y" * 10**6}, "transient": {"display_id": "9999"}},
    )
    assert len(screen._pieces) <= 2000
    assert sum(len(piece.text) for piece in screen._pieces) <= 2000
    record = screen.record()
    assert record.images == 9_999
    assert record.total == 20_000 + 2 + 1


def test_carriage_returns_and_backspaces_overwrite():
    """Progress bars end up as a terminal shows them."""
    assert plain_lines("10%\r 50%\r100%\nab\b\bxy\nlong\rs\na\r\nb\n") == [
        "100%",
        "xy",
        "song",
        "a",
        "b",
    ]


def test_a_progress_bar_longer_than_the_budget_is_kept():
    """Of a bar that was redrawn ever so often, the last state is kept, as one line."""
    screen = Screen(100)
    for n in range(1000):
        screen.stream(f"\r{n / 10:5.1f}% done", "stderr")
    screen.stream("\nend\n", "stderr")
    assert screen.record().lines == (" 99.9% done", "end")
    assert screen.record().total == 2


def test_colours_and_links_are_dropped():
    """ANSI sequences leave no trace; one that is not closed takes no line with it."""
    text = "\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b(Bok\x1b[2K\n\x1b]0;title\nnext\x00\x1b[\n"
    assert plain_lines(text) == ["red link ok", "", "next["]


def test_half_a_character_is_replaced():
    """A lone surrogate, which no message can carry, becomes a replacement character."""
    assert plain_lines("a\ud83db") == ["a\ufffdb"]


def test_streams_begin_on_their_own_lines():
    """Standard output and error do not run into each other, as on the page."""
    screen = Screen()
    screen.stream("bar 100%", "stderr")
    screen.stream("done\n", "stdout")
    screen.stream("\n", "stderr")
    assert screen.record().lines == ("bar 100%", "done")


def test_clear_output():
    """``clear_output`` clears at once; with ``wait``, only when the next output comes."""
    screen = Screen()
    screen.stream("one\n")
    screen.message("clear_output", {"wait": True})
    assert screen.record().lines == ("one",)
    screen.stream("two\n")
    assert screen.record().lines == ("two",)
    screen.message("display_data", {"data": {"image/png": ""}})
    screen.message("clear_output", {"wait": False})
    assert screen.record() == Screen().record()


def test_updates_values_and_pictures():
    """An update replaces what it names, in place; pictures are counted; the value stands apart."""
    screen = Screen()
    for name in ("a", "b"):
        screen.message(
            "display_data", {"data": {"text/plain": name}, "transient": {"display_id": name}}
        )
    screen.message(
        "update_display_data", {"data": {"text/plain": "A"}, "transient": {"display_id": "a"}}
    )
    screen.message(
        "update_display_data", {"data": {"text/plain": "?"}, "transient": {"display_id": "c"}}
    )
    screen.message("display_data", {"data": {"image/png": "", "text/plain": "<Figure size 1x1>"}})
    screen.message("execute_result", {"data": {"text/plain": "42"}, "transient": {}})
    record = screen.record()
    assert record.lines == ("A", "b")
    assert (record.value, record.images, record.total) == ("42", 1, 2)


def _coded(data):
    return base64.b64encode(data).decode()


def test_the_last_pictures_are_kept_within_bounds(monkeypatch):
    """Of many plots the last are kept, as many as the budget has room for; all are counted."""
    monkeypatch.setattr(module, "PICTURES", 100)
    screen = Screen()
    plots = [PNG + bytes([number]) * 32 for number in range(20)]
    for plot in plots:
        screen.message("display_data", {"data": {"image/png": _coded(plot)}})
    assert screen.record().images == 20
    assert screen.record().pictures == (plots[18], plots[19])
    screen.message("display_data", {"data": {"image/png": _coded(PNG + bytes(100))}})
    assert screen.record().images == 21
    assert screen.record().pictures == (plots[18], plots[19])


def test_displayed_forms_cost_nothing():
    """The HTML of displays, which no message uses, is not kept; that of the value is."""
    screen = Screen()
    for kind in ("display_data", "execute_result"):
        screen.message(kind, {"data": {"text/plain": "t", "text/html": "<b>t</b>"}})
    assert [piece.html for piece in screen._pieces] == [""]
    assert screen.record().html == "<b>t</b>"


def test_of_several_values_none_is_dropped():
    """Where every expression is shown, the last is the value and the others are output."""
    screen = Screen()
    for text in ("one", "two"):
        screen.message("execute_result", {"data": {"text/plain": text}})
    assert (screen.record().lines, screen.record().value) == (("one",), "two")


def test_an_update_of_the_value():
    """A value that is updated is told as it is now, in all its forms."""
    screen = Screen()
    transient = {"display_id": "v"}
    for kind, word in (("execute_result", "old"), ("update_display_data", "new")):
        data = {f"text/{form}": word for form in ("plain", "html", "markdown")}
        screen.message(kind, {"data": data, "transient": transient})
    record = screen.record()
    assert (record.value, record.html, record.markdown) == ("new", "new", "new")
    assert record.total == 0


def test_bytes_are_counted():
    """The size is that of all the text on the page, not only of the lines that are kept."""
    screen = Screen(100)
    text = "".join(f"\x1b[31m{n}\x1b[0m\r中文 {n}\n" for n in range(30_000))
    screen.stream(text)
    record = screen.record()
    page = "".join(f"中文 {n}\n" for n in range(30_000))
    assert record.total_bytes == len(page.encode())
    kept = sum(len(line.encode()) + 1 for line in record.lines)
    assert kept < record.total_bytes
    assert page.endswith("\n".join(record.lines) + "\n")


def test_the_complete_output():
    """The first line and the last, displays and the value: all that the page has is at hand."""
    screen = Screen(100)
    for n in range(30_000):
        screen.stream(f"line {n}\n" if n % 1000 else f"half {n}")
        if n % 1000 == 0:
            screen.message("display_data", {"data": {"text/plain": f"shown {n}"}})
    screen.message("execute_result", {"data": {"text/plain": "42"}})
    lines = [
        line
        for n in range(30_000)
        for line in ([f"line {n}"] if n % 1000 else [f"half {n}", f"shown {n}"])
    ]
    record = screen.record()
    assert record.complete.file().decode() == "\n".join([*lines, "42", ""])
    assert record.total == len(lines)
    assert record.complete.lines == len(lines) + 1
    screen.clear(wait=False)
    screen.stream("new\n")
    assert screen.record().complete.file() == b"new\n"
    assert Screen().record().complete is None


def test_listeners_hear_each_text():
    """A listener is given each text of a stream; one that raises disturbs nobody."""
    screen, heard = Screen(), []

    def broken(text):
        raise RuntimeError(text)

    screen.listen(broken)
    screen.listen(heard.append)
    screen.listen(lambda _: heard.append(screen.tail()))  # it may ask how the page stands
    screen.stream("loss: nan\n")
    screen.message("display_data", {"data": {"text/plain": "no stream"}})
    assert heard == ["loss: nan\n", ("loss: nan",)]
    assert screen.record().lines == ("loss: nan", "no stream")


def test_the_tail_is_the_page_now(monkeypatch):
    """The last lines as they stand: a bar as it was drawn last, of a long line the end."""
    screen = Screen()
    assert screen.tail() == ()
    for n in range(10_000):
        screen.stream(f"step {n}\n\n", "stdout")
    for n in range(101):
        screen.stream(f"\r{n}%", "stderr")
    assert screen.tail()[-2:] == ("step 9999", "100%")
    assert len(screen.tail()) == module.TAIL_LINES
    screen.stream("x" * 10_000 + "end", "stderr")
    assert screen.tail()[-1].endswith("xxend")
    assert len(screen.tail()[-1]) <= module.TAIL


def test_the_tail_has_no_half_of_a_secret():
    """Where a long line is cut, the rest of a secret that stood across the cut is not shown."""
    remember("correct-horse-battery")
    rest = "." * (module.TAIL - 8)
    for writes in ([f"correct-horse-battery{rest}"], ["correct-horse", "-battery", rest]):
        screen = Screen()
        for text in writes:
            screen.stream(text)
        assert "battery" not in screen.tail()[0]


def test_when_something_was_heard(monkeypatch):
    """Each output is noted, updates of displays included; silence is not."""
    now = iter(range(100))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    screen = Screen()
    assert screen.heard == 0
    screen.stream("x")
    screen.message("display_data", {"data": {}, "transient": {"display_id": "d"}})
    screen.message("update_display_data", {"data": {}, "transient": {"display_id": "d"}})
    screen.message("error", {"ename": "E", "evalue": "e"})
    assert screen.heard == 4
    screen.record()
    assert screen.heard == 4
