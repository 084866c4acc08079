"""What goes along with a cell's message, and what is told of what cannot."""

from __future__ import annotations

import os
import threading

import pandas as pd
import pytest

from notebook_notify.content import enclosures
from notebook_notify.content.enclosures import named_files, pictures, table_file
from notebook_notify.content.screen import Record
from notebook_notify.content.tables import read_table

PNG, JPEG = b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0...."


def attach(*paths):
    """The files that these paths give, and the notes."""
    notes = []
    return [
        (one.name, one.data) for one in named_files([str(path) for path in paths], notes)
    ], notes


def csv(frame):
    """The files that a frame's form gives, and the notes."""
    notes = []
    return list(table_file(read_table(frame._repr_html_()), frame, notes)), notes


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
        f"{tmp_path / 'no.txt'} was not attached: No such file or directory",
        f"{tmp_path} was not attached: it is not a file",
    ]
    assert [note.partition(" was not attached: ")[0] for note in notes[2:]] == [
        "~no-such-user/x",
        "a\0b",
    ]


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


def test_the_last_pictures():
    """Two pictures at most go along, the last, numbered as they stand under the cell."""
    record = Record(images=3, pictures=(PNG, PNG, JPEG))
    assert [(one.name, one.data) for one in pictures(record)] == [
        ("plot-2.png", PNG),
        ("plot-3.jpg", JPEG),
    ]
    assert [one.name for one in pictures(Record(images=1, pictures=(PNG,)))] == ["plot-1.png"]
    assert list(pictures(Record())) == []


@pytest.mark.parametrize(
    ("rows", "columns", "names"),
    [(10, 4, []), (11, 4, ["table.csv"]), (240, 1, ["table.csv"]), (1, 5, ["table.csv"])],
)
def test_what_is_not_told_whole_goes_along(rows, columns, names):
    """A table of more than ten rows or four columns goes along as CSV; a small one is told."""
    files, notes = csv(pd.DataFrame([range(columns)] * rows))
    assert [one.name for one in files] == names
    assert notes == []
    assert all(one.data.count(b"\n") == rows + 1 for one in files)


def test_a_cut_table_is_told(monkeypatch):
    """If the file has not all rows, that is told."""
    monkeypatch.setattr("notebook_notify.content.tables.MOST_CELLS", 2000)
    files, notes = csv(pd.DataFrame({"a": range(5000)}))
    assert files[0].data.count(b"\n") == 2001
    assert notes == ["table.csv has the first 2,000 of 5,000 rows"]


def test_no_table_no_file():
    """Without a table, and for what cannot be written, there is no file."""
    assert list(table_file(None, 7, [])) == []
    wide = read_table(pd.DataFrame([range(9)])._repr_html_())
    assert list(table_file(wide, object(), [])) == []
