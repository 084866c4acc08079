"""Ctrl-C at any moment of a notified cell: IPython is whole after it, and the next cell works."""

from __future__ import annotations

import random
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

#: How often Ctrl-C is pressed, and the seed of the moments.
ROUNDS, SEED = 40, 20261125
#: How long the cell takes at least, and its send, in seconds.
CELL_TAKES, SEND_TAKES = 0.08, 0.3
#: By then IPython, told of the end, has called our hook.
NEXT = 0.002

#: Registered before ours: a moment is counted from before our hooks hear of a begin or an end.
ARM = """
import os, signal, sys, threading
coming, moment, stop, pressing = None, None, None, None

def begin(info):
    global coming, moment
    moment, coming = coming, None
    arm("begin")

def arm(event):
    global stop, pressing
    if moment is None or moment[0] != event:
        return
    stop = threading.Event()
    def press(stop=stop):
        if not stop.wait(moment[1]):
            os.kill(os.getpid(), signal.SIGINT)
    pressing = threading.Thread(target=press)
    pressing.start()

get_ipython().events.register("pre_run_cell", begin)
get_ipython().events.register("post_run_cell", lambda result: arm("end"))
shell = get_ipython()
outside = signal.getsignal(signal.SIGINT)
"""
#: Registered after ours: what is pressed later would be IPython's own affair.
DISARM = """
def disarm(result):
    global pressing
    if pressing is not None:
        stop.set()
        pressing.join()
        pressing = None

get_ipython().events.register("post_run_cell", disarm)

def state():
    thread = shell.kernel.iopub_thread
    return {
        "streams": (id(sys.stdout), id(sys.stderr)),
        "hooks": sorted(name for one in (shell, thread, shell.displayhook, shell.kernel.session,
                                          shell.display_pub, sys.stdout, sys.stderr)
                        for name, value in vars(one).items() if "notebook_notify" in repr(value)
                        and name not in ("events", "input_transformers_cleanup")),
        "wrapped": "send_multipart" in vars(thread),
        "events": {name: len(calls) for name, calls in shell.events.callbacks.items()},
        "transformers": len(shell.input_transformers_cleanup),
        "signal": signal.getsignal(signal.SIGINT) is outside,
    }
"""
CELL = """%%notify_wechat --timeout 3s --as text
import time
done = False
for n in range(40):
    print('line', n)
    time.sleep(0.002)
done = True
'the value'
"""


@pytest.fixture(scope="module")
def pressed(start_kernel, environment_for, folder, shared_box):
    """A kernel in which Ctrl-C can be pressed at a moment of the next cell."""
    with start_kernel(environment_for(folder)) as kernel:
        assert kernel.run(ARM).error is None
        kernel.run(f"%load_ext notebook_notify\n%notify_sandbox --url {shared_box.url}")
        assert kernel.run(DISARM).error is None
        kernel.run("kept = 6 * 7\nkept")
        kernel.run("%notify_wechat warm")
        kernel.run("whole = state()")
        yield kernel


def _moments():
    """After the cell's begin and after its end: half of them at once, the rest anywhere."""
    chance = random.Random(SEED)
    spans = [
        ("begin", 0, 0.004),
        ("end", NEXT, SEND_TAKES / 5),
        ("begin", 0, CELL_TAKES),
        ("end", NEXT, SEND_TAKES),
    ]
    for event, *span in spans * (ROUNDS // len(spans)):
        yield event, chance.uniform(*span)


def test_ctrl_c_at_any_moment(pressed, box):
    """Streams, hooks and signals are as before, Out stands, and the next cell is told of."""
    met = {"in the cell": 0, "in sending": 0, "before or after": 0}
    for moment in _moments():
        box.clear()
        box.fail_next("drip", path="appchat/send", seconds=0.004)
        pressed.run(f"coming = {moment}; done = None")
        shown = pressed.run(CELL)
        told = f"Ctrl-C {moment}: {shown.box or shown.text[-300:]} {shown.tracebacks}"
        checked = pressed.run("print((state() == whole) or state(), done, Out[4], kept, end='')")
        assert checked.error is None, told
        whole, done, out = checked.text.rsplit(" ", 3)[:3]
        assert (whole, out) == ("True", "42"), (told, checked.text)
        if done == "True" and shown.error is not None:
            met["in sending"] += 1
            assert shown.error.ename == "KeyboardInterrupt", told
        else:
            met["in the cell" if shown.error else "before or after"] += 1
        assert len(box.inbox) <= 1, told
        if shown.box.startswith("✓"):
            assert len(box.inbox) == 1, told
        box.faults.__init__()
        box.clear()
        after = pressed.run("%%notify_wechat\nprint('after')\n'next'")
        assert (after.value, after.text) == ("'next'", "after\n"), told
        assert after.box.startswith("✓ sent"), (told, after.box)
        assert len(box.inbox) == 1
    print(met)
    assert met["in the cell"] >= 5
    assert met["in sending"] >= 5
