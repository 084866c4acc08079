"""What a real cell shows while it runs reaches the phone while it runs: through the magic."""

from __future__ import annotations

import pytest


@pytest.fixture
def watching(kernel, box):
    """The kernel, with fractions of a second for minutes."""
    kernel.run(
        "import sys, time\nfrom notebook_notify.notebook import options\noptions.LEAST_PAUSE = 0.5\n"
        "%notify_wechat warm"
    )
    box.clear()
    return kernel


def _kinds(box):
    return [str(one["content"]).split(" ")[0] for one in box.inbox]


def test_progress_alert_silence_and_the_end_arrive_in_order(watching, box):
    """Each in its time; the last message is that of the end, and the box is as ever."""
    shown = watching.run(
        "%%notify_wechat --title run --every 0.6s --stalled 2s --alert 'loss: nan'\n"
        "from tqdm import tqdm\n"
        "for step in tqdm(range(30), mininterval=0):\n"
        "    time.sleep(0.1)\n"
        "    if step == 26:\n"
        "        tqdm.write('epoch 3 loss: nan', file=sys.stdout)\n"
        "time.sleep(4)\n"
        "6 * 7"
    )
    assert (shown.error, shown.value) == (None, "42")
    kinds = _kinds(box)
    assert kinds[0] == "⏳"
    assert kinds.count("🔔") == kinds.count("⚠️") == 1
    assert kinds.index("🔔") < kinds.index("⚠️")
    assert kinds[-1] == "✅"
    assert shown.box.startswith("✓ sent")
    assert "\n" not in shown.box


def test_an_alert_is_told_whatever_on_says(watching, box):
    """A cell that went well after an alert that was not yet told is told with it."""
    shown = watching.run("%%notify_wechat --on error --alert ERROR\nprint('code: ERROR')")
    assert shown.error is None
    (only,) = box.inbox
    assert "🔔 Alert after" in only["content"]
    assert ": code: ERROR" in only["content"]
    box.clear()
    watching.run("%%notify_wechat --on error --alert ERROR\nprint('fine')")
    assert box.inbox == []


def test_the_box_says_what_did_not_arrive(watching, box):
    """A progress message that failed is a note under the end's outcome."""
    box.fail_next(errcode=60020, path="send")
    shown = watching.run("%%notify_wechat --every 0.7s\ntime.sleep(3)\n6 * 7")
    assert shown.value == "42"
    assert shown.box.startswith("✓ sent")
    assert "did not fully arrive: 1" in shown.box
    assert "60020" in shown.box


@pytest.mark.parametrize("line", ["os.write(1, b'code: ERROR\\n')", "!echo code: ERROR"])
def test_output_of_children_and_descriptors_is_heard(watching, box, line):
    """Whatever shows on the page can alert, not only ``print``."""
    watching.run(f"%%notify_wechat --title run --alert ERROR\nimport os\n{line}\ntime.sleep(2.5)")
    first, last = (one["content"].split("\n") for one in box.inbox)
    assert first[0].startswith("🔔 Alert · run · ")
    assert first[1] == "code: ERROR"
    assert last[0].startswith("✅")


def test_an_interrupted_cell_is_watched_no_longer(watching, box):
    """Ctrl-C ends the watch with the cell; the last message is that of the end."""
    shown = watching.interrupted(
        "%%notify_wechat --every 0.7s\ntime.sleep(20)", when=lambda: bool(box.inbox)
    )
    assert "KeyboardInterrupt" in shown.tracebacks[0]
    told = _kinds(box)
    assert told[-1] == "⏹"
    watching.run("time.sleep(1.5)")
    assert _kinds(box) == told
