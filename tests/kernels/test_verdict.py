"""The verdict on the phone is what the reader of the notebook would say."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("cell", "headline"),
    [
        ("%run {folder}/bad.py", "ZeroDivisionError: division by zero"),
        ("get_ipython().run_cell('1/0')", "ZeroDivisionError: division by zero"),
        (
            "class Bad:\n    def __repr__(self):\n        raise ValueError('no form')\nBad()",
            "ValueError: no form",
        ),
    ],
    ids=["run", "run_cell", "repr"],
)
def test_an_error_that_is_shown_is_no_success(kernel, message, folder, cell, headline):
    """A cell under which an error stands is told as failed, though IPython calls it done."""
    (folder / "bad.py").write_text("1/0\n")
    kernel.run("%%notify_wechat --on error\n" + cell.format(folder=folder))
    head, error = message().splitlines()[:2]
    assert head.startswith("❌ Failed")
    assert error == headline


def test_an_error_that_was_cleared_is_none(kernel, message):
    """What the cell itself took off the page does not count."""
    kernel.run(
        "%%notify_wechat\nfrom IPython.display import clear_output\n"
        "get_ipython().run_cell('1/0')\nclear_output()\nprint('well')"
    )
    assert message().startswith("✅ Done")


def test_a_groups_traceback_is_not_its_output(kernel, message):
    """Of an exception group, whose traceback IPython prints, the cell's own output is told."""
    kernel.run(
        "%%notify_wechat\nimport asyncio\nprint('mine')\n"
        "async def fails():\n    raise ValueError('x')\n"
        "async with asyncio.TaskGroup() as group:\n    group.create_task(fails())"
    )
    text = message()
    assert text.splitlines()[1].startswith("ExceptionGroup: unhandled errors in a TaskGroup")
    assert text.endswith("Output before it\nmine")


@pytest.mark.parametrize(
    "option", ["--title x", "--summary x", "--source", "--on error", "--after 1m"]
)
@pytest.mark.parametrize("form", ["%notify_wechat {} text", "%%notify_wechat --text {}\ntext"])
def test_options_for_cells_are_refused_for_texts(kernel, box, form, option):
    """An option that a text cannot have is an error, not dropped in silence."""
    before = len(box.inbox)
    shown = kernel.run(form.format(option))
    assert f"UsageError: {option.split()[0]} is for cells that run" in shown.text
    assert len(box.inbox) == before


def test_the_variable_never_holds_an_earlier_report(kernel, message):
    """Where nothing was sent, `-o` holds nothing."""
    kernel.run("%%notify_wechat -o report\n1")
    message()
    kernel.run("%%notify_wechat -o report --on error\n1")
    assert kernel.run("report is None").value == "True"
    kernel.run("%notify_wechat -o report --dry-run x")
    assert kernel.run("report is None").value == "True"


def test_a_comprehension_is_no_place_of_its_own(kernel, message):
    """An error within a comprehension is one of the line on which that stands."""
    shown = kernel.run("%%notify_wechat\nd = {}\nx = [d[k] for k in 'ab']")
    assert f"Where\n[{shown.count}] line 3\n    x = [d[k] for k in 'ab']" in message()
