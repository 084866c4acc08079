"""``%notify_auto`` in a shell of this process: what is told, when, and what is left behind."""

from __future__ import annotations

import os
import threading
import time

import pytest
from IPython.utils.capture import capture_output

from notebook_notify.notebook import auto, magics, options
from notebook_notify.notebook.capture import Capture
from notebook_notify.sender import DRAIN


@pytest.fixture
def box(run, shell):
    """The sandbox that is the default."""
    run("%notify_sandbox -o box")
    yield shell.user_ns["box"]
    shell.user_ns["box"].stop()


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """Batches end after a moment, and somebody sits there."""
    monkeypatch.setattr(auto, "PAUSE", 0.3)
    monkeypatch.setattr(auto, "attended", lambda shell: True)
    yield
    assert _gone()


def _threads():
    return [one for one in threading.enumerate() if one.name == "notebook_notify auto"]


def _gone(within=5.0):
    """Whether no thread of ours is left soon."""
    deadline = time.monotonic() + within
    while _threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not _threads()


def _texts(box):
    assert _gone()
    return [str(message["content"]) for message in box.inbox]


def test_cells_that_follow_each_other_are_one_message(run, box):
    """One message on all of them, a moment after the last; the magic's own cell is not in it."""
    run("%notify_auto --to sandbox-wecom_chat --title nightly")
    run("print('one')")
    run("print('two')")
    assert box.inbox == []
    (text,) = _texts(box)
    assert text.startswith("✅ Done · nightly · 2 cells · ")
    assert "· one" in text
    assert text.endswith("Output\ntwo")


def test_cells_that_are_apart_are_two_messages(run, box):
    """A pause between two cells makes two batches; one cell is told as ``%%notify`` would."""
    run("%notify_auto on")
    run("print('one')")
    assert len(_texts(box)) == 1
    run("print('two')\n6 * 7")
    one, two = _texts(box)
    assert one.startswith("✅ Done · cell [")
    assert two.endswith("Result\n42\n\nOutput\ntwo")


def test_a_batch_that_is_due_is_not_lost_to_the_next_cell(run, box, monkeypatch):
    """Though the waiting thread had no turn, a batch whose time is up is sent by itself."""
    monkeypatch.setattr(auto, "_TICK", 0.6)
    run("%notify_auto on")
    run("print('one')")
    time.sleep(0.31)
    run("print('two')")
    assert [text.splitlines()[-1] for text in _texts(box)] == ["one", "two"]


def test_a_long_cell_keeps_the_batch(run, box):
    """How long a cell runs ends no batch: the pause is what is between cells."""
    run("%notify_auto on")
    run("print('one')")
    run("import time; time.sleep(0.7); print('two')")
    (text,) = _texts(box)
    assert "2 cells" in text


def test_an_error_is_told_at_once(run, box):
    """With all that the batch has so far, and its report stands under the cell."""
    run("%notify_auto on")
    run("print('one')")
    shown = run("1/0")
    (message,) = box.inbox
    assert message["content"].startswith("❌ Failed · cell [")
    assert "last of 2" in message["content"]
    assert "ZeroDivisionError" in message["content"]
    assert "✓ sent" in shown
    run("print('three')")
    assert "Done · cell [" in _texts(box)[1]


def test_only_errors(run, box):
    """``--on error`` tells nothing else, and no thread waits."""
    run("%notify_auto --on error")
    run("print('one')")
    assert _threads() == []
    run("1/0")
    assert len(_texts(box)) == 1


def test_only_successes(run, box):
    """``--on success`` tells no error."""
    run("%notify_auto --on success")
    run("1/0")
    run("print('one')")
    (text,) = _texts(box)
    assert text.startswith("✅")


def test_only_long_batches(run, box):
    """``--after`` counts from the first cell's start to the last one's end."""
    run("%notify_auto --after 0.5")
    run("print('one')")
    assert _threads() == []
    time.sleep(0.35)
    run("1/0")
    assert _texts(box) == []
    for _ in range(3):
        run("import time; time.sleep(0.2)")
    (text,) = _texts(box)
    assert "3 cells" in text


def test_ctrl_c_is_not_told(run, box):
    """The user is there: neither that cell nor what ran just before it is told."""
    run("%notify_auto on")
    run("print('one')")
    run("raise KeyboardInterrupt")
    assert _texts(box) == []


def test_a_time_limit_is_told_where_nobody_watches(run, box, monkeypatch):
    """An interrupt that no user can have pressed ends an unattended run, and is told."""
    monkeypatch.setattr(auto, "attended", lambda shell: False)
    run("%notify_auto --on error")
    run("raise KeyboardInterrupt")
    (text,) = _texts(box)
    assert text.startswith("⏹ Interrupted")


@pytest.mark.parametrize(
    "cell",
    [
        "# nothing",
        "exit",
        "quit()",
        "%notify_targets",
        "%notify_auto",
        "%notify_wechat hello",
        "  \n%notify_auto\n",
    ],
)
def test_cells_of_our_magics_are_not_told(run, box, cell):
    """What runs nothing of the user's is no cell to be told."""
    run("%notify_auto on")
    run(cell)
    assert [text for text in _texts(box) if text != "hello"] == []


def test_a_cell_with_its_own_line_is_told_once(run, box):
    """By that line, on the first line or below another magic, ready or not."""
    run("%notify_auto on")
    run("%%notify_wechat\nprint('one')")
    run("%%time\n%%notify_wechat\nprint('two')")
    run("%%notify_wechat --to nobody\nprint('three')")
    assert len(_texts(box)) == 2


def test_cells_in_the_background_are_not_told(run, shell, box):
    """Silent ones, those without a history and those within a cell belong to programs."""
    run("%notify_auto on")
    with capture_output():
        shell.run_cell("1", silent=True)
        shell.run_cell("1", store_history=False)
    assert _texts(box) == []
    run("get_ipython().run_cell('print(1)', store_history=True)")
    (text,) = _texts(box)
    assert "2 cells" not in text


def test_a_failed_message_is_told_under_the_next_cell(run, box):
    """Nobody sees a success; what did not go out is shown once, under the cell that runs next."""
    run("%notify_auto --timeout 2")
    run("print('one')")
    assert _gone()
    assert run("print('two')") == "two\n\n"
    assert _gone()
    box.stop()
    run("print('three')")
    assert _gone(10)
    shown = run("%notify_targets")
    assert "✗" not in shown
    shown = run("print('four')")
    assert "✗ not sent" in shown
    assert "%notify_auto · cell [" in shown
    assert "✗ not sent" in run("%notify_auto")
    assert _gone(10)


def test_a_message_that_cannot_be_tried_is_told(run, box, monkeypatch):
    """Whatever our own mistake, it is said in one line without secrets, and not raised."""

    def refuse(*args, **kwargs):
        raise ValueError("token=abcdef0123456789")

    run("%notify_auto on")
    monkeypatch.setattr("notebook_notify.sender.SENDER.send", refuse)
    run("print('one')")
    assert _gone()
    shown = run("1/0")
    assert shown.count("ValueError") == 2  # the first cell's, and this one's
    assert "abcdef0123456789" not in shown
    assert "ValueError" not in run("print('two')")


def test_off(run, box):
    """Later cells are not told; what ran before is."""
    run("%notify_auto on")
    run("print('one')")
    run("%notify_auto off")
    run("print('two')")
    (text,) = _texts(box)
    assert text.endswith("one")


def test_unloading_sends_nothing_more(run, shell, box):
    """It is switched off, what waits is dropped, and its thread ends."""
    run("%notify_auto on")
    run("print('one')")
    assert len(_threads()) == 1
    magics.unload(shell)
    assert _gone(0.25)
    run("print('two')")
    time.sleep(0.5)
    assert box.inbox == []
    magics.load(shell)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_sends_nothing(run, shell, box):
    """A child that goes on within the cell, and fails in it, tells nobody."""
    run("%notify_auto on")
    with capture_output():
        shell.user_ns["parent"] = os.getpid()
        shell.run_cell(
            "import os\npid = os.fork()\nif not pid:\n    1/0\n_ = os.waitpid(pid, 0)",
            store_history=True,
        )
        if os.getpid() != shell.user_ns["parent"]:
            os._exit(0)
    (text,) = _texts(box)
    assert text.startswith("✅")


def test_listening_that_fails_is_said(run, box, monkeypatch):
    """The cell runs, and one line says that it was not notified."""

    def refuse(self):
        raise OSError("no tee")

    run("%notify_auto on")
    monkeypatch.setattr(Capture, "start", refuse)
    shown = run("print('ran')")
    assert "ran" in shown
    assert "was not notified: OSError" in shown


def test_a_misplaced_magic_still_gets_its_hint(run, box):
    """A cell that is listened to is told where ``%%notify`` belongs, as any other."""
    run("%notify_auto --on success")
    assert "belongs on the first line" in run("x = 1\n%%notify_wechat")


def test_other_cells_results_are_as_ever(shell, run, box):
    """What others learn of a cell that is listened to is IPython's own."""
    before = shell.run_cell("1", store_history=True).execution_count
    count = shell.execution_count
    run("%notify_auto --after 1h")
    with capture_output():
        after = shell.run_cell("1", store_history=True).execution_count
    assert (after is None) == (before is None)
    assert shell.execution_count == count + 2


def test_people_are_named_if_a_cell_failed(run, box):
    """``--mention`` is for failures alone."""
    run("%notify_auto --mention zhangwei")
    run("print('one')")
    assert _gone()
    run("1/0")
    well, failed = _texts(box)
    assert "@zhangwei" not in well
    assert "@zhangwei" in failed


def test_a_failed_cell_is_held_for_a_moment(run, save, sandbox, monkeypatch):
    """What has no answer by then goes on behind the cell, and arrives."""
    monkeypatch.setattr(options, "HOLD", 0.3)
    run("%notify_auto --to ops")
    sandbox.fail_next("drip", path="chat/send", seconds=2 / 80)
    assert "… queued ops (DingTalk group) · still being sent; this box will" in run("1/0")
    deadline = time.monotonic() + 10
    while DRAIN.outbox.items() and time.monotonic() < deadline:
        time.sleep(0.02)
    (text,) = _texts(sandbox)
    assert text.startswith("❌ Failed")
