"""What is told of a cell while it runs, and when."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field

import pytest

from notebook_notify.notebook import watch as module
from notebook_notify.notebook.watch import Watch
from notebook_notify.reports import SendReport, SendResult
from notebook_notify.secret import remember

MINUTE = 60.0
SENT = SendReport((SendResult("ops", "group", "sent"),))
FAILED = SendReport((SendResult("ops", "group", "failed", error={"errmsg": "no such host"}),))


@dataclass
class Cell:
    """A cell that prints at given minutes, on a clock of its own that stands while nobody sleeps."""

    ends: float
    prints: list[tuple[float, str]] = field(default_factory=list)
    every: float | None = None
    stalled: float | None = None
    alerts: tuple[str, ...] = ()
    outcome: SendReport | None = SENT
    now: float = 0.0
    heard: float = 0.0
    shown: str = ""
    callback: object = None

    def __post_init__(self):
        self.told = []

    def tail(self):
        return tuple(self.shown.split("\n")[-5:])

    def listen(self, callback):
        self.callback = callback

    def tell(self, happening):
        self.told.append((self.now / MINUTE, happening))
        return self.outcome

    def wait(self, seconds):
        until = min(self.now + seconds, self.ends * MINUTE)
        while self.prints and self.prints[0][0] * MINUTE <= until:
            minute, text = self.prints.pop(0)
            self.heard = minute * MINUTE
            self.shown += text
            if self.callback:
                self.callback(text)
        self.now = until
        return until >= self.ends * MINUTE

    def run(self):
        """Gives at which minutes what was told, and what is left."""
        watch = Watch(
            self,
            every=self.every,
            stalled=self.stalled,
            alerts=self.alerts,
            tell=self.tell,
            clock=lambda: self.now,
            wait=self.wait,
        )
        watch.start()
        if watch._thread is not None:
            watch._thread.join(20)
        left = watch.stop(20)
        return [(round(minute, 1), one.kind) for minute, one in self.told], left


def test_progress_comes_so_often():
    """Every hour of a cell, from its beginning on, with what its bar says."""
    bar = "\r50%|##  | 1/2 [1:00:00<1:00:00, 1h/it]"
    cell = Cell(200, [(1, "loading\n"), (60, bar)], every=60 * MINUTE)
    told, left = cell.run()
    assert told == [(60, "progress"), (120, "progress"), (180, "progress")]
    first, second, third = [one for _, one in cell.told]
    assert (first.elapsed, first.percent, first.left) == (3600, 50, 3600)
    assert first.line == bar.strip()
    assert second.percent == 50
    assert third.percent is None  # the bar stands still since two hours: it tells nothing now
    assert (left.notes, left.alert) == ((), None)


def test_silence_is_told_once():
    """The first time that nothing was shown for half an hour, not again."""
    cell = Cell(300, [(10, "a\n"), (20, "b\n"), (100, "c\n")], stalled=30 * MINUTE)
    told, _ = cell.run()
    assert told == [(50, "stalled")]
    happening = cell.told[0][1]
    assert (happening.quiet, happening.line) == (1800, "b")


def test_a_cell_that_shows_nothing_is_silent_from_its_beginning():
    """Silence counts from the beginning."""
    assert Cell(60, stalled=30 * MINUTE).run()[0] == [(30, "stalled")]
    assert Cell(29, stalled=30 * MINUTE).run()[0] == []


def test_an_alert_is_told_once_and_quotes_the_line():
    """The first line that matches, within a second; what comes later is not told again."""
    prints = [
        (10, "step 1 loss: 0.4\n\x1b[31mstep 2 loss: n"),
        (11, "an\x1b[0m\n"),
        (30, "loss: nan\n"),
    ]
    cell = Cell(60, prints, alerts=("Traceback", r"loss:\s*nan"))
    told, left = cell.run()
    assert told == [(11, "alert")]
    assert cell.told[0][1].line == "step 2 loss: nan"
    assert left.alert is None


def test_lines_ended_by_a_carriage_return_are_looked_through():
    """A progress bar writes the same line anew; each time is a line."""
    cell = Cell(60, [(10, "\r 1% loss=0.1\r 2% loss=nan\r 3% loss=0.1")], alerts=("nan",))
    assert cell.run()[0] == [(10, "alert")]
    assert cell.told[0][1].line == " 2% loss=nan"


def test_messages_are_minutes_apart():
    """An alert one minute after a progress message waits for four; so does progress after it."""
    cell = Cell(80, [(31, "loss: nan\n")], every=30 * MINUTE, alerts=("nan",))
    told, _ = cell.run()
    assert told == [(30, "progress"), (35, "alert"), (60, "progress")]
    assert cell.told[1][1].elapsed == pytest.approx(31 * MINUTE, abs=1)  # when it was so
    cell = Cell(67, [(28, "loss: nan\n")], every=30 * MINUTE, alerts=("nan",))
    assert cell.run()[0] == [(28, "alert"), (33, "progress"), (63, "progress")]


def test_silence_that_ended_while_it_waited_is_not_told():
    """What is told is true when it is told."""
    quiet = [(4.5, "a\n")]
    spoken = [*quiet, (12, "b\n")]
    assert Cell(17, quiet, every=10 * MINUTE, stalled=6 * MINUTE).run()[0] == [
        (10, "progress"),
        (15, "stalled"),
    ]
    assert Cell(17, spoken, every=10 * MINUTE, stalled=6 * MINUTE).run()[0] == [(10, "progress")]


def test_an_alert_that_the_end_overtakes_is_handed_back():
    """Whether it waited, came with the last output, or was no whole line: it is not lost."""
    waited = Cell(32, [(31, "loss: nan\n")], every=30 * MINUTE, alerts=("nan",))
    unfinished = Cell(32, [(31, "loss: nan")], alerts=("nan",))
    for cell, expected in ((waited, ["progress"]), (unfinished, [])):
        told, left = cell.run()
        assert [kind for _, kind in told] == expected
        assert left.alert.line == "loss: nan"


def test_what_did_not_arrive_is_noted():
    """The reader of the box learns how many messages failed, and why; no secret is in it."""
    cell = Cell(100, every=30 * MINUTE, outcome=FAILED)
    assert cell.run()[1].notes == (
        (
            "messages while it ran that did not fully arrive: 3; the last: not sent ops (group)"
            " · no such host"
        ),
    )
    remember("correct-horse-battery")
    cell = Cell(40, every=30 * MINUTE)
    cell.outcome = property()  # no report: reading it fails
    (note,) = cell.run()[1].notes
    assert "AttributeError" in note

    def broken(happening):
        raise OSError("correct-horse-battery")

    cell = Cell(40, every=30 * MINUTE)
    cell.tell = broken
    (note,) = cell.run()[1].notes
    assert "OSError: ••••" in note


def test_a_screen_that_fails_breaks_nothing(capfd):
    """The watch ends, says so in the box, and nothing is printed into the cell."""
    cell = Cell(40, every=30 * MINUTE)
    cell.tail = None
    told, left = cell.run()
    assert told == []
    assert left.notes[0].startswith("no longer watched: TypeError")
    assert capfd.readouterr() == ("", "")


def test_a_pattern_that_takes_for_ever_hangs_nothing(monkeypatch):
    """Other threads run on meanwhile; it is given up, and the box says so."""
    monkeypatch.setattr(module, "MATCHING", 1.0)
    cell = Cell(10, [(1, "a" * 100 + "b\n"), (5, "plain\n")], alerts=("(a+)+$", "plain"))
    turns, done = [0], threading.Event()

    def turn():
        while not done.wait(0.01):
            turns[0] += 1

    other = threading.Thread(target=turn)
    other.start()
    told, left = cell.run()
    done.set()
    other.join()
    assert turns[0] > 20
    assert told == []
    assert left.notes == ("--alert gave up: matching took more than 1.0 s",)


def test_long_lines_and_floods_are_bounded():
    """A line that never ends, and output faster than it is looked through, cost bounded memory."""
    ears = module._Ears(("nan",))
    for _ in range(100):
        ears.hear("x" * (1 << 20))
    assert sum(map(len, ears._heard)) <= module.PENDING
    assert ears.look(10, last=False) is None
    assert len(ears._rest) <= 2 * module.LINE
    ears.hear("\n" + "y" * 900 + " loss: nan\n")
    found = ears.look(10, last=False)
    assert found.startswith("…y")
    assert found.endswith(" loss: nan")
    assert len(found) < 100
    ears.hear("nan\n")
    assert not ears._heard  # found once, nothing more is kept


def test_a_quoted_line_has_no_secret():
    """The line is masked before it is cut."""
    remember("correct-horse-battery")
    ears = module._Ears(("nan",))
    ears.hear("x" * 200 + "correct-horse-battery loss: nan\n")
    found = ears.look(10, last=False)
    assert "••••" in found
    assert "battery" not in found


def _real(cell, **options):
    watch = Watch(
        cell, **{"every": None, "stalled": None, "alerts": (), "tell": cell.tell} | options
    )
    watch.start()
    return watch


def test_nothing_begins_after_the_end_and_one_in_flight_is_waited_for(monkeypatch):
    """The end waits for a message that is on its way, but no longer than it may."""
    monkeypatch.setattr(module.options, "LEAST_PAUSE", 0.0)
    cell, begun, go = Cell(0), threading.Event(), threading.Event()

    def slow(happening):
        cell.told.append(happening)
        begun.set()
        go.wait(20)
        return FAILED

    for seconds, expected in ((0.2, "no outcome yet"), (20, "did not fully arrive: 1")):
        go.clear()
        begun.clear()
        cell.told.clear()
        watch = _real(cell, every=0.01, tell=slow)
        assert begun.wait(20)
        watch.hush()
        if seconds > 1:
            go.set()
        started = time.monotonic()
        (note,) = watch.stop(seconds).notes
        assert time.monotonic() - started < seconds + 1
        assert expected in note
        go.set()
        watch._thread.join(20)
        assert len(cell.told) == 1


def test_without_options_there_is_no_thread():
    """Off by default: no thread, no listener, no cost."""
    cell = Cell(0)
    before = threading.active_count()
    watch = _real(cell)
    assert (threading.active_count(), cell.callback) == (before, None)
    assert watch.stop(5) == module.Untold()


def test_a_short_cell_costs_nearly_nothing():
    """A cell that ends before anything is due waits for nothing."""
    took = []
    for _ in range(20):
        started = time.perf_counter()
        _real(Cell(0), every=300.0, stalled=300.0, alerts=("nan",)).stop(5)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.005  # 0.2 ms on an idle machine; what a busy one adds is not ours


def test_close_leaves_no_thread_and_no_process():
    """A cell that is forgotten leaves nothing behind."""
    cell = Cell(0)
    watch = _real(cell, alerts=("nan",))
    cell.callback("some text\n")
    deadline = time.monotonic() + 20
    while watch._ears._matcher._process is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process = watch._ears._matcher._process
    watch.close()
    watch.close()
    watch._thread.join(20)
    assert not watch._thread.is_alive()
    assert process.poll() is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_sends_nothing(monkeypatch):
    """In the child the watch is dead, and its end waits for nothing."""
    monkeypatch.setattr(module.options, "LEAST_PAUSE", 0.0)
    cell = Cell(0)
    watch = _real(cell, every=0.3, alerts=("nan",))
    child = os.fork()
    if not child:
        time.sleep(0.6)
        fine = not cell.told and watch.stop(5) == module.Untold()
        watch.close()
        os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0
    watch.stop(5)
    assert cell.told
