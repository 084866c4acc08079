"""Several cells that are told as one run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from notebook_notify import texts
from notebook_notify.content.batch import MOST_PARTS, PART_BYTES, Batch, part_lines
from notebook_notify.content.compose import Form, compose
from notebook_notify.content.facts import Failure, Part, Place, Run
from notebook_notify.content.screen import Record
from notebook_notify.secret import remember
from notebook_notify.sizes import size_of

if TYPE_CHECKING:
    from collections.abc import Iterator

START = 1_795_514_707.0  # 2026-11-24 18:05:07 in Shanghai


@pytest.fixture(autouse=True)
def shanghai() -> Iterator[None]:
    """Clocks as in Shanghai."""
    texts.configure(timezone="Asia/Shanghai")
    yield
    texts.configure()


def _cell(count: int, begin: float, took: float, *lines: str, **more: object) -> Run:
    return Run(
        verdict="done",
        title="backtest",
        started=START + begin,
        ended=START + begin + took,
        who="zhangwei@hub",
        where=f"backtest.ipynb [{count}]",
        record=Record(lines=lines, total=len(lines), **more),  # type: ignore[arg-type]
    )


def _batch(*cells: Run, title: str = "backtest", first: int = 5) -> Batch:
    batch = Batch(title)
    for count, cell in enumerate(cells, first):
        batch.add(cell, count)
    return batch


def _text(batch: Batch, max_bytes: int = 2048) -> str:
    return compose(batch.run(), Form(max_bytes)).text


FAILED = replace(
    _cell(7, 721, 3, "238/240 codes ok"),
    verdict="failed",
    failure=Failure("KeyError: '600519.SH'", 7, (Place("[7] line 7", "px = load(codes)"),)),
)
TWO = (_cell(5, 0, 720, "epoch 1/100", "epoch 100/100"), _cell(6, 720.2, 0.1))


def test_one_cell_is_told_as_itself() -> None:
    """A batch of one cell gives the very facts of that cell."""
    cell = _cell(5, 0, 1, "hello")
    assert _batch(cell).run() == cell


def test_several_that_went_well() -> None:
    """The first line counts the cells and has their whole span; then a line for each of note."""
    text = _text(_batch(*TWO, _cell(7, 721, 1739, "saved", value="240")))
    head, where, _, *rest = text.split("\n")
    assert head == "✅ Done · backtest · 3 cells · 41m"
    assert where == "zhangwei@hub · backtest.ipynb [5]–[7] · 11-24 18:05:07→18:46:07"
    assert "\n".join(rest).startswith("Cells\n[5] 12m · epoch 100/100\n[7] 28m · 240\n\nResult")
    assert text.endswith("Result\n240\n\nOutput\nsaved")


def test_several_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in Chinese."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    text = _text(_batch(*TWO))
    assert text.startswith("✅ 完成 · backtest · 2 个单元 · 12分")
    assert "\n\n各单元\n[5] 12分 · epoch 100/100" in text
    failed = _text(_batch(*TWO, FAILED))
    assert failed.startswith("❌ 失败 · backtest · 单元 [7]，共 3 个 · 12分后\nKeyError")


def test_the_last_one_failed() -> None:
    """The first line says which cell of how many failed; the error is told as usual."""
    text = _text(_batch(*TWO, FAILED))
    head, error, where = text.split("\n")[:3]
    assert head == "❌ Failed · backtest · cell [7], last of 3 · after 12m"
    assert error == "KeyError: '600519.SH'"
    assert where.startswith("zhangwei@hub · backtest.ipynb [7] line 7 · ")
    assert "Where\n[7] line 7" in text
    assert "[5] 12m · epoch 100/100" in text
    assert text.endswith("Output before it\n238/240 codes ok")


def test_cells_without_a_title_or_a_notebook() -> None:
    """Without a name the count stands alone."""
    assert _text(_batch(*TWO, title="")).startswith("✅ Done · 2 cells · 12m")


def test_pictures_of_all_cells() -> None:
    """The last two pictures of the batch are kept, and all are counted."""
    first = _cell(5, 0, 1, images=2, pictures=(b"a", b"b"))
    record = _batch(first, _cell(6, 1, 1, images=1, pictures=(b"c",))).run().record
    assert (record.images, record.pictures) == (3, (b"b", b"c"))
    lines = part_lines(_batch(first, _cell(6, 1, 1, images=1)).run().parts)
    assert lines == ("[5] 1.0 s · 2 plots", "[6] 1.0 s · 1 plot")


def test_the_span() -> None:
    """It reaches from the first cell's start to the last one's end, pauses included."""
    assert _batch().span == 0
    assert _batch(_cell(1, 0, 2), _cell(2, 3.5, 1)).span == pytest.approx(4.5)


def test_a_batch_of_nothing_has_no_facts() -> None:
    """Nothing can be told of no cell."""
    with pytest.raises(ValueError, match="no cell"):
        _batch().run()


def test_quick_cells_that_show_nothing_have_no_line() -> None:
    """They are counted, and that is all."""
    run = _batch(*(_cell(n, n, 0.1) for n in range(20))).run()
    assert run.parts == ()
    assert "20 cells" in run.title
    assert "Cells\n" not in _text(_batch(*TWO[1:], *TWO[1:]))


def test_many_cells_give_few_lines() -> None:
    """Of many the longest have a line, in the order in which they ran; the others are counted."""
    parts = [Part(n, took, "x" * 500) for n, took in enumerate([1, 9, 2, 8, 3, 7, 6, 5, 4, 10, 11])]
    lines = part_lines(parts)
    assert len(lines) == MOST_PARTS + 1
    assert [line.split("]")[0] for line in lines[:-1]] == [
        "[1", "[3", "[5", "[6", "[7", "[8", "[9", "[10",
    ]  # fmt: skip
    assert lines[-1] == "…3 more, shorter ones"
    assert all(size_of(line) <= PART_BYTES for line in lines)
    assert part_lines(parts[:9])[-1] == "…1 more, shorter one"


def test_a_cells_line_is_its_last_with_something_in_it() -> None:
    """The value stands below the output; blank lines say nothing."""
    assert _batch(_cell(1, 0, 1, "a", "b", "  "), TWO[1]).run().parts[0].last == "b"
    assert _batch(_cell(1, 0, 1, "a", value="x\n42\n"), TWO[1]).run().parts[0].last == "42"


def test_secrets_are_masked_before_they_are_cut() -> None:
    """A secret that the cut would halve is not shown in part."""
    secret = "S3CR3T" + "k" * 60
    remember(secret)
    for before in range(PART_BYTES):
        (line,) = part_lines([Part(1, 1, "x" * before + " " + secret)])
        assert "S3CR" not in line


def test_a_padded_line_has_no_half_of_a_secret():
    """White space that is not shown does not have a secret cut that stands after it."""
    remember("correct-horse-battery")
    batch = _batch(_cell(5, 0, 1, " " * 3_990 + "x correct-horse-battery"), _cell(6, 2, 1, "b"))
    first, _ = part_lines(batch.run().parts)
    assert " · x " in first
    assert "correct" not in first
