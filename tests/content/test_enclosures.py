"""What goes along with a cell's message, and what is told of what cannot."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from notebook_notify.content import enclosures
from notebook_notify.content.enclosures import gather, named_files, pack
from notebook_notify.content.screen import Record
from notebook_notify.platforms.base import MediaLimits

PNG, JPEG, SVG = b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0....", b"<svg></svg>"


def attach(*paths):
    """The files that these paths give, and the notes."""
    named = named_files([str(path) for path in paths])
    return [(one.name, one.data) for one in named.files], list(named.notes)


def test_named_files(tmp_path, monkeypatch):
    """A file goes along under its own name; ~ is the home folder."""
    (tmp_path / "报告 1.csv").write_bytes(b"1,2\n3,4\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    files = [("报告 1.csv", b"1,2\n3,4\n")]
    assert attach(tmp_path / "报告 1.csv") == (files, [])
    assert attach("~/报告 1.csv") == (files, [])


def test_what_cannot_be_attached(tmp_path):
    """A missing file, a folder and unusable names are told, and the others go along."""
    (tmp_path / "a.txt").write_bytes(b"123456")
    files, notes = attach(
        tmp_path / "no.txt", tmp_path, "~no-such-user/x", "a\0b", tmp_path / "a.txt"
    )
    assert files == [("a.txt", b"123456")]
    assert notes[:2] == [
        f"{tmp_path / 'no.txt'} was not attached: no such file",
        f"{tmp_path} was not attached: it is not a file",
    ]
    assert [note.partition(" was not attached: ")[0] for note in notes[2:]] == [
        "~no-such-user/x",
        "a\0b",
    ]


def test_files_that_could_not_be_read_are_named(tmp_path):
    """Of the named files those that are not there are known by name, for the message to tell."""
    (tmp_path / "a.txt").write_bytes(b"123456")
    paths = [str(tmp_path / name) for name in ("no.txt", "a.txt", "b/a.txt")]
    assert gather(Record(), None, attach=paths).unread == ("no.txt", "a.txt")


def test_figures_without_a_picture_are_told():
    """A figure that no message can carry is told, unless none was to go along."""
    record = Record(images=3, pictures=(PNG,))
    (note,) = gather(record, None).notes
    assert note.startswith("2 plots cannot go along: ")
    assert gather(record, None, images=False).notes == ()


def test_a_note_in_chinese(tmp_path, monkeypatch):
    """What is told is told in the reader's language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert attach(tmp_path)[1] == [f"没有附上 {tmp_path}：不是文件"]


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    """A file of the limit goes along, one byte more does not."""
    monkeypatch.setattr(enclosures, "MOST_BYTES", 1 << 20)
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(1 << 20))
    assert len(attach(path)[0]) == 1
    path.write_bytes(bytes((1 << 20) + 1))
    assert attach(path) == ([], [f"{path} was not attached: over 1 MB"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices_are_not_read(tmp_path):
    """What has no end, or is never written, does not hold the notebook up."""
    os.mkfifo(tmp_path / "pipe")
    found = []
    thread = threading.Thread(
        target=lambda: found.append(attach(tmp_path / "pipe", "/dev/zero")), daemon=True
    )
    thread.start()
    thread.join(5)
    ((files, notes),) = found
    assert files == []
    assert all(note.endswith("it is not a file") for note in notes)


# ── what goes along with a message ───────────────────────────────────────────────────────────

ANY = MediaLimits(frozenset({"png", "jpeg"}), 10 << 20, 20 << 20)
OFFICE = replace(ANY, file_types=frozenset({"xlsx", "zip"}))
WIDE = pd.DataFrame([range(9)] * 3)


class Output:
    """The complete output of a record."""

    def file(self):
        return b"all of it"


class Lost(Output):
    def file(self):
        raise OSError(5, "Input/output error")


def record(value=None, pictures=(), total=0, complete=None):
    """What a cell showed: a value, pictures, and so many lines."""
    html = value._repr_html_() if value is not None else ""
    return Record(
        value="x" if html else None,
        html=html,
        images=len(pictures),
        pictures=tuple(pictures),
        total=total,
        complete=complete,
    )


def packed(value=None, *, media=ANY, most=None, form="auto", whole=True, found=None, **more):
    """The names of what goes along, and the notes."""
    found = found or gather(record(value, **more), value)
    made = pack(found, media=media, most=most, form=form, whole=whole)
    return [one.name for one in made.attachments], list(made.notes)


def names(*arguments, **more):
    """The names alone."""
    return packed(*arguments, **more)[0]


def test_the_last_pictures():
    """Two pictures at most go along, the last, numbered as they stand under the cell."""
    found = gather(Record(images=5, pictures=(PNG, JPEG, SVG)), None)
    made = pack(found, media=ANY, most=None, form="auto", whole=True)
    assert [(one.name, one.data) for one in made.attachments] == [
        ("plot-4.jpg", JPEG),
        ("plot-5.svg", SVG),
    ]
    assert made.images == 2
    assert made.notes == ("left out: 1 plot; --max-messages 4 sends all",)
    assert names(pictures=[PNG]) == ["plot-1.png"]
    assert names() == []


def test_no_images():
    """Without pictures neither plots nor a table's picture goes along, and none is missed."""
    found = gather(record(WIDE, [PNG] * 3), WIDE, images=False)
    assert packed(found=found) == (["table.csv"], [])


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (10, 4, []),
        (11, 4, ["table.csv"]),
        (240, 1, ["table.csv"]),
        (1, 5, ["table.png", "table.csv"]),
    ],
)
def test_a_table_that_is_not_told_whole(rows, columns, expected):
    """With more than ten rows a table goes along as a file, with more than four columns drawn too."""
    assert packed(pd.DataFrame([range(columns)] * rows)) == (expected, [])


def test_a_value_that_is_not_shown():
    """A cell that ends with a semicolon shows no table, and none goes along."""
    assert gather(Record(), WIDE).table is None
    assert gather(Record(value="x"), pa.table({"a": [1], "b": [2]})).table.height == 1


def test_a_cut_table_is_told(monkeypatch):
    """If the file has not all rows, that is told."""
    monkeypatch.setattr("notebook_notify.content.sheets.MOST_CELLS", 2000)
    frame = pd.DataFrame({"a": range(5000)})
    assert packed(frame)[1] == ["table.csv has the first 2,000 of 5,000 rows"]


def test_a_channel_without_csv():
    """Where no CSV is taken a table goes as a workbook, which opens there, unless it has no room."""
    assert names(WIDE, media=OFFICE) == ["table.png", "table.xlsx"]
    many = pl.DataFrame({str(n): [n] for n in range(16_385)})
    assert names(many, media=OFFICE) == ["table.png", "table.csv"]
    assert names(WIDE, media=replace(ANY, file_types=frozenset({"zip"})))[1] == "table.csv"


def test_output_that_the_text_cuts():
    """If the text has not all of the output, that goes along whole; else it does not."""
    more = {"total": 500, "complete": Output()}
    assert names(whole=False, **more) == ["output.txt"]
    assert names(whole=True, **more) == []
    assert names(whole=False, total=500) == []  # the disk did not take it
    found = gather(record(**more), None)
    made = pack(found, media=ANY, most=None, form="auto", whole=False)
    assert made.attachments[0].data == b"all of it"


def test_output_that_cannot_be_read():
    """If the disk does not give the output back, that is told, and the rest goes along."""
    assert packed(whole=False, total=99, complete=Lost(), pictures=[PNG]) == (
        ["plot-1.png"],
        ["output.txt was not attached: Input/output error"],
    )


def test_one_file_beside_those_that_are_named(tmp_path):
    """By default a table goes before the output; what is left out is told; what is named goes."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"123456")
    shown = record(WIDE, [PNG] * 3, total=500, complete=Output())
    found = gather(shown, WIDE, attach=[str(path)])
    assert packed(found=found, whole=False) == (
        ["table.png", "plot-3.png", "table.csv", "a.txt"],
        ["left out: output.txt, 2 plots; --max-messages 8 sends all"],
    )
    # Three lines are in the text, though the table is not.
    found = gather(replace(shown, total=3), WIDE)
    assert "output.txt" not in names(found=found, whole=False, most=9)


@pytest.mark.parametrize(
    ("most", "expected", "missing"),
    [
        (1, [], "a.txt, table.csv, output.txt, table.png, 3 plots"),
        (2, ["a.txt"], "table.csv, output.txt, table.png, 3 plots"),
        (3, ["table.csv", "a.txt"], "output.txt, table.png, 3 plots"),
        (5, ["table.png", "table.csv", "output.txt", "a.txt"], "3 plots"),
        (6, ["table.png", "plot-3.png", "table.csv", "output.txt", "a.txt"], "2 plots"),
        (8, None, ""),
        (99, None, ""),
    ],
)
def test_max_messages(tmp_path, most, expected, missing):
    """--max-messages counts the text and all that goes along, the most important first."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"123456")
    shown = record(WIDE, [PNG] * 3, total=500, complete=Output())
    found = gather(shown, WIDE, attach=[str(path)])
    every = ["table.png", "plot-1.png", "plot-2.png", "plot-3.png"]
    every += ["table.csv", "output.txt", "a.txt"]
    notes = [f"left out: {missing}; --max-messages 8 sends all"] if missing else []
    got = packed(found=found, whole=False, most=most)
    assert got == (every if expected is None else expected, notes)
    assert len(got[0]) <= most - 1


def test_as_text(tmp_path):
    """As text nothing goes along but what is named."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"123456")
    found = gather(record(WIDE, [PNG], 500, Output()), WIDE, attach=[str(path)])
    assert packed(found=found, form="text", whole=False) == (["a.txt"], [])


def test_as_file():
    """As file the output and the table go along even if the text tells all of both."""
    small = pd.DataFrame({"a": [1], "b": [2]})
    assert packed(small, form="file", total=1, complete=Output()) == (
        ["table.csv", "output.txt"],
        [],
    )
    assert names(small, form="file", media=OFFICE) == ["table.xlsx"]


def test_without_pillow(monkeypatch):
    """Where Pillow is missing the table goes as a file, and a note says what would draw it."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    got, (note,) = packed(WIDE, pictures=[PNG, PNG])
    assert got == ["plot-1.png", "plot-2.png", "table.csv"]
    assert "pip install pillow" in note


def test_a_huge_frame_does_not_hold_the_notebook_up():
    """Of 100,000 rows and 200 columns the first are taken in a second or two."""
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(100_000, 200)))
    shown = record(frame)
    started = time.process_time()
    found = gather(shown, frame)
    assert time.process_time() - started < 5
    assert (found.table.height, found.table.width, found.sheet.rows) == (100_000, 200, 1000)


def test_what_a_channel_cannot_carry_is_not_made():
    """Where neither pictures nor files are taken, only named files are tried, and it is said."""
    nothing = MediaLimits(frozenset(), 0, 0, frozenset())
    plots = gather(record(WIDE, pictures=(PNG, PNG)), WIDE)
    made = pack(plots, media=nothing, most=None, form="auto", whole=True)
    assert (made.attachments, made.images) == ((), 0)
    assert made.notes == ("this channel cannot carry all of it: see the notebook for the rest",)
    assert packed(media=nothing) == ([], [])
    pictures = replace(nothing, image_types=frozenset({"png"}), image_bytes=1 << 20)
    assert names(WIDE, media=pictures, pictures=(PNG,)) == ["table.png", "plot-1.png"]
