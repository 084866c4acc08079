"""Under the magic a cell shows what it shows without it, and the message carries its text."""

from __future__ import annotations

import pytest

from notebook_notify.content.plain import plain_lines


def test_output_is_live_and_sent(kernel, message, tmp_path):
    """Each line is on the page as soon as it is printed: the cell goes on once it was seen there."""
    seen = tmp_path / "seen"

    def ticked():
        return any(m["msg_type"] == "stream" for _, m in kernel._client.arrivals)

    shown = kernel.met(
        "%%notify_wechat\nimport os, time\n"
        "print('tick', 0, flush=True)\n"
        f"for n in range(150):\n    if os.path.exists({str(seen)!r}): break\n    time.sleep(0.1)\n"
        "else:\n    raise TimeoutError\n"
        "for n in range(1, 4): print('tick', n)",
        when=ticked,
        act=seen.touch,
    )
    assert shown.error is None
    assert shown.text == "tick 0\ntick 1\ntick 2\ntick 3\n"
    text = message()
    assert text.startswith("✅ Done · cell [")
    assert text.endswith("Output\ntick 0\ntick 1\ntick 2\ntick 3")
    assert shown.box.startswith("✓ sent sandbox-wecom_chat")


def test_value_and_underscore_are_the_cells_own(kernel, message):
    """``Out[n]`` and ``_`` hold the value, the cell has its number, and the message the value."""
    shown = kernel.run("%%notify_wechat\nanswer = 6 * 7\nanswer")
    assert shown.value == "42"
    assert "Result\n42" in message()
    n = shown.count
    after = kernel.run(f"print(_, Out[{n}], In[{n}].splitlines()[-1], _i{n}.splitlines()[0])")
    assert after.text == "42 42 answer %%notify_wechat\n"
    assert after.count == n + 1


def test_await_runs_in_the_kernels_loop(kernel, message):
    """``await`` works, and what the cell shows after it arrives."""
    shown = kernel.run(
        "%%notify_wechat\nimport asyncio\nawait asyncio.sleep(0)\nprint('awoken')\nawait asyncio.sleep(0, 'late')"
    )
    assert shown.error is None
    assert (shown.text, shown.value) == ("awoken\n", "'late'")
    text = message()
    assert "'late'" in text
    assert "awoken" in text


STREAMS = {
    "print": ("print('from print')", "from print"),
    "stderr": ("import sys\nprint('from stderr', file=sys.stderr)", "from stderr"),
    "shell": ("!echo from shell", "from shell"),
    "thread": (
        "import threading\nt = threading.Thread(target=print, args=('from thread',))\nt.start(); t.join()",
        "from thread",
    ),
    "descriptor": ("import os\nos.write(1, b'from fd one\\n');", "from fd one"),
    "descriptor2": ("import os\nos.write(2, b'from fd two\\n');", "from fd two"),
    "subprocess": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(\"from child\")']);",
        "from child",
    ),
    "c": ("import ctypes\nctypes.CDLL(None).puts(b'from c');", "from c"),
    "warning": ("import warnings\nwarnings.warn('from warning')", "from warning"),
    "logging": ("import logging\nlogging.getLogger('x').warning('from logging')", "from logging"),
    "huge": (r"print('line\n' * 200_000 + 'from huge')", "from huge"),
    "redirected": (
        "import io, sys\nprint('from the page')\nkept = sys.stdout\nsys.stdout = io.StringIO()",
        "from the page",
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_every_way_to_write_is_shown_and_sent(kernel, box, name):
    """However a cell writes, its text is under the cell and in the message."""
    source, expected = STREAMS[name]
    shown = kernel.run(f"%%notify_wechat\n{source}")
    if name == "redirected":
        kernel.run("sys.stdout = kept")
    assert shown.error is None
    assert expected in shown.text
    assert expected in box.inbox[0]["content"]


def test_a_forked_childs_print_is_shown_and_sent(kernel, message):
    """What a forked child prints is in the message, and the child does not hang."""
    shown = kernel.run(
        "%%notify_wechat\n"
        "import warnings; warnings.simplefilter('ignore')\n"
        "import multiprocessing as mp\n"
        "ps = [mp.get_context('fork').Process(target=print, args=(f'from fork {n}',)) for n in range(3)]\n"
        "[p.start() for p in ps]; [p.join(20) for p in ps]\n"
        "import time; time.sleep(1.5)\n"
        "[p.exitcode for p in ps]"
    )
    assert shown.value == "[0, 0, 0]"
    text = message()
    for n in range(3):
        assert f"from fork {n}" in shown.text
        assert f"from fork {n}" in text


def test_the_last_write_is_never_lost(kernel, box):
    """What a cell writes to a file descriptor last is in the message, busy threads or not."""
    kernel.run(
        "import os, threading\nstop = threading.Event()\n"
        "def spin():\n    while not stop.is_set(): sum(range(1000))\n"
        "threading.Thread(target=spin, daemon=True).start()"
    )
    for n in range(12):
        kernel.run(f"%%notify_wechat --title t{n}\nos.write(1, b'LAST{n}\\n');")
    kernel.run("stop.set()")
    for n in range(12, 25):
        kernel.run(f"%%notify_wechat --title t{n}\nos.write(1, b'LAST{n}\\n');")
    assert [n for n, m in enumerate(box.inbox) if f"LAST{n}" not in m["content"]] == []
    assert len(box.inbox) == 25


def test_displays_updates_and_clear_output(kernel, message):
    """The message holds what stands on the page at the end: updated, and not what was cleared."""
    shown = kernel.run(
        "%%notify_wechat\nfrom IPython.display import display, clear_output\n"
        "print('before')\nclear_output(wait=True)\nprint('after')\n"
        "h = display('first', display_id=True)\nh.update('second')\n"
    )
    assert shown.error is None
    assert shown.text == "after\n"
    text = message()
    assert "after\n'second'" in text
    assert "before" not in text
    assert "first" not in text


PAGE = {
    "value": """
from IPython.display import display, Pretty
class Shown:
    def _ipython_display_(self):
        self.handle = display(Pretty('old'), display_id=True)
shown = Shown()
display(shown)
shown.handle.update(Pretty('new'))
""",
    "two displays": """
from IPython.display import display, Pretty, update_display
for name in 'ab': display(Pretty(name), display_id=name)
update_display(Pretty('B'), display_id='b')
print('after')
update_display(Pretty('A'), display_id='a')
""",
    "clear and wait": """
from IPython.display import clear_output, display, Pretty
for n in range(5):
    clear_output(wait=True)
    print('step', n)
    display(Pretty(f'shown {n}'))
""",
    "clear": """
from IPython.display import clear_output
print('gone')
clear_output()
print('kept')
""",
    "carriage returns": r"""
for n in range(101): print(f'\r{n}%', end='', flush=True)
print('\nshort\rSH\nend')
""",
}
ENDS = {
    "value": ["new"],
    "two displays": ["A", "B", "after"],
    "clear and wait": ["step 4", "shown 4"],
    "clear": ["kept"],
    "carriage returns": ["100%", "SHort", "end"],
}


@pytest.mark.parametrize("name", PAGE)
def test_the_message_has_what_the_page_has_at_the_end(kernel, message, name):
    """Updates, clearing and overwriting: the notebook's outputs and the message say the same."""
    shown = kernel.run(f"%%notify_wechat\n{PAGE[name]}")
    assert shown.error is None
    page = "".join(
        output.text if output.output_type == "stream" else output.data["text/plain"] + "\n"
        for output in shown.outputs[:-1]  # without our box
    )
    assert plain_lines(page) == ENDS[name]
    assert message().endswith("Output\n" + "\n".join(ENDS[name]))


def test_progress_bars_are_sent_as_they_ended(kernel, message):
    """Of a tqdm bar the message holds the last state, as the page does."""
    shown = kernel.run(
        "%%notify_wechat\nfrom tqdm import tqdm\n"
        "for n in tqdm(range(50), ncols=60, mininterval=0): pass\nprint('done')"
    )
    assert "100%|" in shown.text
    text = message()
    assert text.count("%|") == 1
    assert "| 50/50 [" in text
    assert text.endswith("done")


def test_pictures_are_shown_and_go_along(kernel, box):
    """A figure is drawn under the cell as ever, and follows the message."""
    shown = kernel.run(
        "%%notify_wechat\n%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    )
    assert any("image/png" in o.get("data", {}) for o in shown.outputs)
    assert [one["msgtype"] for one in box.inbox] == ["text", "image"]


def test_inner_cell_magics(kernel, message):
    """``%%time`` below our line times the cell, whose output and value are sent."""
    shown = kernel.run("%%notify_wechat\n%%time\nprint('timed')\n40 + 2")
    assert "Wall time" in shown.text
    assert shown.value == "42"
    text = message()
    assert "timed" in text
    assert "Wall time" in text
    assert "42" in text


def test_below_another_cell_magic(kernel, message):
    """Below ``%%time`` ours works as well, and names the cell by the notebook's number."""
    shown = kernel.run("%%time\n%%notify_wechat\nprint('inner')")
    assert shown.error is None
    assert "Wall time" in shown.text
    text = message()
    assert f"cell [{shown.count}]" in text
    assert "inner" in text
    failed = kernel.run("%%time\n%%notify_wechat\n1/0")
    plain = kernel.run("%%time\n1/0")  # up to IPython 9.2 it keeps the error from the cell
    assert (failed.error is None) == (plain.error is None)
    assert "ZeroDivisionError" in "".join((failed.text, *failed.tracebacks))
    assert len(failed.tracebacks) == len(plain.tracebacks)
    assert "ZeroDivisionError: division by zero" in message()


def test_cells_within_the_cell(kernel, message):
    """A cell that runs other cells is one run: one message, with all of their output."""
    shown = kernel.run(
        "%%notify_wechat\nprint('outer')\nget_ipython().run_cell('print(\"inner\")\\n5')\nprint('end')"
    )
    assert shown.error is None
    text = message()
    assert text.endswith("outer\ninner\nend")


def test_only_this_cells_output(kernel, message):
    """The next message has nothing of the cell before, and %%writefile content is no magic."""
    kernel.run("print('of another cell')")
    kernel.run("%%notify_wechat\nprint('mine')")
    assert "of another cell" not in message()
    kernel.run("%%writefile /dev/null\n%%notify_wechat\nprint(1)")


def test_summary_title_and_options(kernel, box):
    """``--title``, ``--summary``, ``--source``, ``--on``, ``--after`` and ``-o`` do what they say."""
    kernel.run("name = 'nightly'")
    kernel.run(
        '%%notify_wechat --title "{name} run" --summary "loss {loss:.2f}, {nothing}" --source -o report\n'
        "loss = 0.123"
    )
    text = box.inbox[-1]["content"]
    assert text.startswith("✅ Done · nightly run · ")
    assert "\nloss 0.12, {nothing}\n" in text
    assert "Code\nloss = 0.123" in text
    assert kernel.run("report.ok").value == "True"
    box.clear()
    assert kernel.run("%%notify_wechat --on error\n1").box == ""
    assert kernel.run("%%notify_wechat --after 1m\n1").box == ""
    kernel.run("%%notify_wechat --on success\n1/0")
    assert box.inbox == []
    left_out = kernel.run("%%notify_wechat --dry-run --after 1m\n1").outputs[-1].data["text/plain"]
    assert "--after leaves this run out, nothing would be sent" in left_out
    dry = kernel.run("%%notify_wechat --dry-run\nprint('not sent')")
    assert "not sent" in dry.outputs[-1].data["text/plain"]
    dry = kernel.run(
        "%%notify_wechat --dry-run --max-messages 1\n"
        "display({'image/png': 'iVBORw0KGgo='}, raw=True)"
    )
    assert "--max-messages 2 sends all" in dry.outputs[-1].data["text/plain"]
    assert box.inbox == []


def test_line_forms_and_text(kernel, box):
    """The line form and ``--text`` send the text as typed, its fields filled in."""
    kernel.run("loss = 0.5")
    kernel.run("%notify_wechat training finished, loss {loss:.3f}, $HOME it's {odd}")
    kernel.run('%%notify_wechat --text\nraise "me" {loss}\n  中文\n')
    assert [m["content"] for m in box.inbox] == [
        "training finished, loss 0.500, $HOME it's {odd}",
        'raise "me" 0.5\n  中文',
    ]


def test_questions_are_texts(kernel, box):
    """A text that ends in a question mark is sent, not taken for a call for help."""
    kernel.run("%notify_wechat are you there?")
    kernel.run("if True:\n    %notify_wechat it's 50% done, ok??\nx = 1")
    kernel.run("%%notify_wechat --title q\n%notify_wechat really?")
    kernel.run("%%notify_wechat --text\n%notify_wechat as typed?")
    assert [m["content"].split(" · ")[0] for m in box.inbox] == [
        "are you there?",
        "it's 50% done, ok??",
        "really?",
        "✅ Done",
        "%notify_wechat as typed?",
    ]
    shown = kernel.run('s = """\n%notify_wechat within?\n"""\ns')
    assert shown.value == repr("\n%notify_wechat within?\n")
    page = kernel.ask("execute", "%notify_wechat?")["payload"][0]["data"]["text/plain"]
    assert "--title" in page


def test_all_platforms(kernel, box):
    """Each of the three magics reaches its platform, ``%%notify`` several at once."""
    kernel.run("%%notify_wechat\nprint(1)")
    kernel.run("%%notify_wechat_app\nprint(2)")
    kernel.run("%%notify_dingtalk\nprint(3)")
    shown = kernel.run(
        "%%notify --to sandbox-wecom_chat --to sandbox-dingtalk_chat -o report\nprint(4)"
    )
    assert shown.error is None
    channels = [m["channel"] for m in box.inbox]
    assert channels[:3] == ["wecom_chat", "wecom_app", "dingtalk_chat"]
    assert sorted(channels[3:]) == ["dingtalk_chat", "wecom_chat"]
