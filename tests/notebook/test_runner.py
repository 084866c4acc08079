"""What frames a cell: it harms neither the cell nor the shell, and says so if it could not begin."""

from __future__ import annotations

import signal
import sys

import IPython
import pytest
from IPython.utils.capture import capture_output

from notebook_notify.notebook import telling
from notebook_notify.notebook.capture import Capture
from notebook_notify.secret import remember


@pytest.fixture
def sent(run, shell, monkeypatch):
    """The sandbox is the default; gives what is told of each cell, which is then not sent."""
    run("%notify_sandbox -o box")
    told = []
    monkeypatch.setattr(telling, "tell", lambda call, ended, shell, *_, **__: told.append(ended))
    yield told
    shell.user_ns["box"].stop()


def _listeners(shell):
    """What of ours stands in the place of others' methods."""
    places = [(shell, "_showtraceback"), (shell, "showtraceback"), (sys.stdout, "write")]
    places += [(shell.displayhook, "write_format_data")]
    return [
        name
        for owner, name in places
        if "notebook_notify" in (getattr(vars(owner).get(name), "__module__", None) or "")
    ]


def test_two_magics_below_others(run, shell, sent):
    """``%%time`` and ``%%notify``, twice over one another, run the cell and tell of it twice."""
    shown = run("%%time\n%%notify_wechat\n%%time\n%%notify_wechat\nprint('ran')")
    assert "AttributeError" not in shown
    assert "ran" in shown
    assert len(sent) == 2
    assert not {"showtraceback", "showsyntaxerror"} & vars(shell).keys()


@pytest.mark.skipif(IPython.version_info < (9, 4), reason="%%time keeps the error to itself there")
def test_an_error_below_two_magics_is_shown_once(run, sent):
    """The cell's own error comes through both, and is shown once."""
    shown = run("%%time\n%%notify_wechat\n%%time\n%%notify_wechat\n1/0")
    assert shown.count("Traceback (most recent call last)") == 1
    assert "AttributeError" not in shown
    assert len(sent) == 2


def test_somebody_elses_tracebacks_stay(run, shell, sent):
    """Who shows tracebacks in place of IPython, as ``rich`` does, goes on doing so."""
    seen = []

    def theirs(*args, **kwargs):
        seen.append(args)

    shell.showtraceback = theirs
    try:
        run("%%time\n%%notify_wechat\nprint('ran')")
        assert shell.showtraceback is theirs
        run("1/0")
        assert len(seen) == 1
    finally:
        del shell.showtraceback


@pytest.mark.parametrize(("language", "said"), [("en", "was not notified: "), ("zh", "没有通知：")])
def test_a_cell_that_could_not_be_begun_says_so(run, sent, monkeypatch, language, said):
    """If listening fails the cell runs, and one line, without secrets, says it was not notified."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)

    def refuse(self):
        raise OSError("token=abcdef0123456789\nof the tee")

    monkeypatch.setattr(Capture, "start", refuse)
    shown = run("%%notify_wechat\nprint('ran')")
    assert "ran" in shown
    (line,) = [line for line in shown.splitlines() if said in line]
    assert "OSError" in line
    assert "of the tee" in line
    assert "abcdef0123456789" not in shown
    assert sent == []
    assert said not in run("print('next')")


def test_trouble_is_cut_where_no_secret_is(run, sent, monkeypatch):
    """Of a long trouble the beginning is shown, and no half of a secret at its end."""
    remember("correct-horse-battery")

    def refuse(self):
        raise OSError("." * 950 + "correct-horse-battery")

    monkeypatch.setattr(Capture, "start", refuse)
    shown = run("%%notify_wechat\nprint('ran')")
    assert "....." in shown
    assert "correct" not in shown


@pytest.mark.skipif(IPython.version_info < (9, 4), reason="%%time keeps the error to itself there")
def test_below_another_magic_our_trouble_is_not_the_cells(run, sent, monkeypatch):
    """Below ``%%time`` too a cell keeps its own error, and trouble of ours is told beside it."""

    def fail(*_, **__):
        raise RuntimeError("ours")

    monkeypatch.setattr(telling, "tell", fail)
    shown = run("%%time\n%%notify_wechat\n1/0")
    assert "notebook_notify: RuntimeError: ours" in shown
    assert shown.count("Traceback (most recent call last)") == 1
    assert "ZeroDivisionError" in shown
    assert "Traceback" not in run("%%time\n%%notify_wechat\nprint('ran')")


@pytest.mark.parametrize("form", ["--wait 0.2s", "--timeout 0.2s", "--timeout 0.2s --wait 9s"])
def test_the_end_has_half_of_the_budget(run, sent, monkeypatch, form):
    """A message that hangs while the cell runs is waited for half of what there is at most."""
    given = []
    monkeypatch.setattr(telling.Watch, "stop", lambda _, within: given.append(within))
    run(f"%%notify_wechat {form}\nprint('ran')")
    assert given == [pytest.approx(0.2 if "9s" in form else 0.1, abs=0.05)]


def test_a_line_taken_away_is_a_cell_told(run, shell, sent):
    """What was found when the line was taken away holds, though targets go before the cell runs."""
    from notebook_notify.sender import TARGETS

    def forget():
        TARGETS.use_sandbox({})

    shell.events.register("pre_execute", forget)
    try:
        run("%%notify_wechat\n6 * 7")
    finally:
        shell.events.unregister("pre_execute", forget)
    assert [ended.value for ended in sent] == [42]


def test_a_silent_cell_says_that_it_was_not_notified(run, shell, sent):
    """A cell that a program runs silently is not notified, and one line says so, once."""
    with capture_output() as shown:
        shell.run_cell("%%notify_wechat\nran = 1", silent=True)
    lines = [one.data["text/plain"] for one in shown.outputs]
    assert lines == ["notebook_notify: this cell was not notified: it was run silently"]
    assert shell.user_ns["ran"] == 1
    with capture_output() as shown:
        shell.run_cell("ran = 2", silent=True)
        shell.run_cell("ran = 3")
    assert shown.outputs == []


def test_ctrl_c_before_the_send_leaves_nothing_listening(shell, sent):
    """Whenever Ctrl-C comes after the cell, its end is told of, and the streams are as before."""

    def press(_signal):
        raise KeyboardInterrupt

    with capture_output(display=False) as shown, pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "getsignal", press)
        shell.run_cell("%%notify_wechat\nprint('ran')", store_history=True)
        assert _listeners(shell) == []
    assert "the message may not have been sent" in shown.stdout + shown.stderr


def test_the_cells_number(run, shell, sent):
    """A message has its cell's number, below other magics too; a cell without one has none."""
    count = shell.execution_count
    run("%%notify_wechat\n1")
    run("%%time\n%%notify_wechat\n1")
    run("%%notify_wechat\n1/0")
    run("%%notify_wechat\n1 +")
    assert [ended.count for ended in sent] == [count, count + 1, count + 2, count + 3]
    with capture_output():
        shell.run_cell("%%notify_wechat\n1", store_history=False)
    assert sent[-1].count is None


def test_other_cells_results_are_as_ever(shell, sent):
    """The result of a cell that is not notified is IPython's own."""
    shell.events.register("post_run_cell", change := _without_number)
    callbacks = shell.events.callbacks["post_run_cell"]
    callbacks.insert(0, callbacks.pop())  # before ours
    try:
        with capture_output():
            result = shell.run_cell("1", store_history=True)
    finally:
        shell.events.unregister("post_run_cell", change)
    assert result.execution_count is None


def _without_number(result):
    result.execution_count = None


def test_ends_that_were_missed_do_not_pile_up(shell, sent, monkeypatch):
    """If the ends of cells go unheard, as with a broken event, their listeners are taken away."""
    runner = shell.magics_manager.registry["NotifyMagics"].runner
    shell.events.unregister("post_run_cell", runner.post_run_cell)
    closed = []
    monkeypatch.setattr(Capture, "close", lambda self: (closed.append(self), self._tap.close()))
    with capture_output():
        for _ in range(40):
            shell.execution_count += 1
            shell.run_cell("%%notify_wechat\n1", store_history=True)
        assert len(runner._cells) <= 16
        assert len(closed) >= 20
        shell.events.register("post_run_cell", runner.post_run_cell)
        runner.uninstall()
        assert _listeners(shell) == []
        runner.install()
