"""The last cells that ran under a magic or ``%notify_auto``."""

from __future__ import annotations

import pytest

from notebook_notify.content.facts import Run
from notebook_notify.content.screen import PICTURES, Record
from notebook_notify.notebook.recent import MOST, RECENT, Recent
from notebook_notify.sender import TARGETS


@pytest.fixture(autouse=True)
def none_before():
    """Each test begins without any."""
    RECENT.clear()
    yield
    RECENT.clear()


def _run(title="t", pictures=()):
    return Run(
        "done", title, 0.0, 1.0, "me", record=Record(images=len(pictures), pictures=pictures)
    )


def test_cells_without_a_magic_are_not_kept(run, sandbox) -> None:
    """Nothing is kept where no magic was used, nor of a text that was sent."""
    run(f"%notify_sandbox --url {sandbox.url}")
    run("print('private')")
    run("%notify_wechat a text")
    assert RECENT.cells() == ()


def test_a_cell_can_be_sent_afterwards(run, sandbox) -> None:
    """Its message for another target tells what its own told, with a line of the sender's."""
    run(f"%notify_sandbox --url {sandbox.url}")
    run("%%notify_wechat --title backtest\nprint('epoch 1')\n6 * 7")
    (cell,) = RECENT.cells()
    message = cell.message(TARGETS.resolve("sandbox-dingtalk_chat"), summary="look")
    for said in ("backtest", "look", "epoch 1", "42"):
        assert said in message.text


def test_one_that_was_not_told_is_kept_too(run, sandbox) -> None:
    """A cell whose options kept its message back can still be sent by hand, failed or not."""
    run(f"%notify_sandbox --url {sandbox.url}")
    run("%%notify_wechat --on error\n1")
    run("%%notify_wechat --dry-run\n2")
    run("%%notify_wechat --on success\nraise KeyError('k')")
    assert [one.run.verdict for one in RECENT.cells()] == ["failed", "done", "done"]


def test_cells_of_notify_auto(run, sandbox) -> None:
    """Cells that `%notify_auto` overhears are kept."""
    run(f"%notify_sandbox --url {sandbox.url}")
    run("%notify_auto --to sandbox-wecom_chat --on error")
    run("print('overheard')")
    run("%notify_auto off")
    run("print('not any more')")
    assert [one.run.record.lines for one in RECENT.cells()] == [("overheard",)]


def test_no_more_than_ten() -> None:
    """The newest ten are kept, the newest first; each has a number of its own."""
    recent = Recent()
    for number in range(MOST + 3):
        recent.keep(_run(str(number)))
    kept = recent.cells()
    assert [one.run.title for one in kept] == [str(n) for n in range(MOST + 2, 2, -1)]
    assert len({one.number for one in kept}) == MOST


def test_pictures_are_bounded_in_memory() -> None:
    """Of all cells together no more pictures are kept than of one; the oldest lose theirs."""
    recent = Recent()
    third = b"x" * (PICTURES // 3)
    for number in range(5):
        recent.keep(_run(str(number), (third,)))
    pictures = [one.run.record.pictures for one in recent.cells()]
    assert pictures == [(third,), (third,), (third,), (), ()]
    assert sum(len(one) for many in pictures for one in many) <= PICTURES


def test_no_object_of_the_users_is_held(run, sandbox, shell) -> None:
    """A cell's value can be collected: what is kept is what it showed."""
    import gc
    import weakref

    run(f"%notify_sandbox --url {sandbox.url}")
    run("class Big:\n    def __repr__(self): return 'big one'")
    run("%%notify_wechat\nbig = Big()\nbig")
    reference = weakref.ref(shell.user_ns["big"])
    shell.reset(new_session=True)
    gc.collect()
    assert reference() is None
    (cell,) = RECENT.cells()
    assert "big one" in cell.message(TARGETS.resolve("sandbox-wecom_chat")).text


def test_unloading_forgets_them(run, sandbox, shell) -> None:
    """After `%unload_ext` nothing is kept."""
    from notebook_notify import load_ipython_extension, unload_ipython_extension

    run(f"%notify_sandbox --url {sandbox.url}")
    run("%%notify_wechat\n1")
    assert RECENT.cells()
    unload_ipython_extension(shell)
    assert not RECENT.cells()
    load_ipython_extension(shell)


def test_who_listens_is_told_and_hurts_no_cell(run, sandbox) -> None:
    """A panel hears of each new cell for as long as it lives; its failure is not the cell's."""
    heard = []

    class Listener:
        def hear(self) -> None:
            heard.append(RECENT.cells()[0].run.verdict)
            raise RuntimeError("not the cell's business")

    listener = Listener()
    RECENT.listen(listener.hear)
    run(f"%notify_sandbox --url {sandbox.url}")
    shown = run("%%notify_wechat\n1")
    assert heard == ["done"]
    assert "sent sandbox-wecom_chat" in shown
    assert "business" not in shown
    del listener
    run("%%notify_wechat\n1")
    assert heard == ["done"]
