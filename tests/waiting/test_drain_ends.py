"""How a drain ends: with Python, with a server that hangs, in a forked child."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from notebook_notify.waiting import drain as module


@pytest.fixture
def saved(sandbox):
    """A target of the sandbox, saved as a user's is; gives what writes it anew."""
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    ding = sandbox.dingtalk

    def save(url=sandbox.url):
        path.write_text(
            f'[targets.ops]\nchannel = "dingtalk_chat"\napp_key = "{ding.app_key}"\n'
            f'app_secret = "{ding.app_secret}"\nchat_id = "{ding.chat_id}"\nbase_url = "{url}"\n'
        )

    save()
    return save


def texts(sandbox):
    """What arrived, oldest first."""
    return [one["content"] for one in sandbox.inbox]


END = """
    import os, sys, time, warnings
    from pathlib import Path
    from notebook_notify import sender
    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.waiting.drain import Drain
    from notebook_notify.messages import Message
    from notebook_notify.waiting.queueing import place_of
    warnings.simplefilter("ignore", DeprecationWarning)
    path = Path(os.environ["NOTEBOOK_NOTIFY_STATE"], "outbox.sqlite3")
    def find(name): return sender.TARGETS.resolve(name)
    def send(target, passage, seconds):
        seconds = min(seconds, 5)
        return sender.SENDER.send([(target, passage.message)], timeout=seconds, passage=passage)
    drain = Drain(lambda: Outbox(path), find, send)
    os.register_at_fork(after_in_child=drain.renew)
    def put(*texts):
        place = place_of(find("ops"))
        drain.put(lambda box: [box.put("ops", place, Message(text)) for text in texts])
"""


def run(code):
    """Another process with a drain of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(END) + textwrap.dedent(code)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_the_end_of_python(saved, sandbox, outbox):
    """What can go out within two seconds does; of the rest one line says how it will."""
    done = run("put('one'); drain.close()")
    assert (done.stderr, texts(sandbox)) == ("", ["one"])
    # All is in the one file then: whoever moves it away leaves nothing behind.
    assert [one.name for one in outbox.path.parent.glob("outbox*")] == ["outbox.sqlite3"]
    saved(url="http://127.0.0.1:9")
    done = run("put('two', 'three'); drain.close()")
    assert "notebook_notify: 2 queued: the next kernel" in done.stderr
    assert "outbox flush" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_end_is_not_held_up(saved, sandbox, outbox):
    """A server that hangs costs two seconds at most; what was on its way is unknown then."""
    sandbox.fail_next("hang", path="chat/send", seconds=20)
    begun = "put('one'); began = time.monotonic(); drain.close(); print(time.monotonic() - began)"
    done = run(begun)
    assert float(done.stdout) < module.FLUSH + 1
    assert "1 queued" in done.stderr
    (item,) = outbox.items()
    assert item.state == "unknown"


def test_what_is_told_at_the_end_is_so(saved, sandbox, outbox):
    """What another thread has sent meanwhile does not count as waiting."""
    sandbox.fail_next("hang", path="chat/send", seconds=20)
    code = """
        from concurrent.futures import Future
        from notebook_notify.platforms import CHANNELS
        from notebook_notify.reports import SendResult
        from notebook_notify.waiting import drain as module
        module.SOON = 10.0  # a busy machine counts too
        put("one")
        while "flying" not in [item.state for item in drain.outbox.items()]:
            time.sleep(0.01)
        def store(outbox):
            place = place_of(find("ops"))
            return outbox.board("ops", place, Message("two"), flying=True)
        sent = SendResult("ops", "", "sent", parts_sent=1)
        drain.adopt(Future(), store, lambda: sent, CHANNELS["dingtalk_chat"], 1)
        drain.close()
    """
    assert "notebook_notify: 1 queued" in run(code).stderr
    assert [item.title for item in outbox.items()] == ["one"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_sends_nothing(saved, sandbox, outbox):
    """It may queue, and its parent sends it; locks that were held do not matter."""
    code = """
        import threading
        with drain._lock:
            child = os.fork()
            if not child:
                put("of the child")
                drain.flush(0.5)
                os._exit(len(drain.outbox.items()) + 10 * (drain._thread is None))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        drain.flush(10)
        print(len(drain.outbox.items()))
    """
    done = run(code)
    assert (done.stdout, done.stderr) == ("11\n0\n", "")
    assert texts(sandbox) == ["of the child"]


def test_a_death_between_acceptance_and_note(saved, sandbox, outbox):
    """The platform has a part, and the kernel dies before it is noted: the repeat is marked."""
    code = """
        from notebook_notify.waiting.queueing import Passage
        Passage.land = lambda self, part: os._exit(7)
        put("\\n".join(f"line {n} " + "x" * 90 for n in range(60)))
        drain.flush(20)
    """
    assert run(code).returncode == 7
    (first,) = texts(sandbox)
    (item,) = outbox.items()
    assert (item.state, item.why, item.accepted) == ("unknown", "sender", 0)
    code = "import time; drain.outbox._clock = lambda: time.time() + 61; drain.flush(20)"
    assert run(code).returncode == 0
    again = texts(sandbox)[1:]
    assert outbox.items() == []
    assert f"possible repeat · {item.id}" in again[0]
    assert first.split("line 0 ")[1][:50] in again[0]


def test_a_flush_that_is_the_last(saved, sandbox, outbox):
    """``outbox flush --timeout`` ends in time, and says what became of what met a server that hangs."""
    sandbox.fail_next("hang", path="chat/send", seconds=20)
    code = """
        from notebook_notify.waiting.outgoing import cells, do
        drain.start = lambda start=drain.start: None
        put("one", "two")
        del drain.start
        print(do(drain, ["flush"], 3, last=True))
        print(*(row[5] for row in cells(drain)), sep="\\n")
    """
    done = run(code)
    came, one, two = done.stdout.splitlines()
    assert came == "(2, '2 still waiting')"
    assert one.startswith("unknown, to be repeated once at ")
    assert two.startswith("queued")
    assert "being sent" not in done.stdout
