"""Which cells run, and who sits there."""

from __future__ import annotations

from notebook_notify.notebook import cells


def test_who_sits_there(shell, monkeypatch):
    """A kernel is attended if its cells may ask; a terminal if it is one."""

    class Kernel:
        _allow_stdin = False

    monkeypatch.setattr("sys.stdin", None)
    assert not cells.attended(shell)
    shell.kernel = Kernel()
    try:
        assert not cells.attended(shell)
        shell.kernel._allow_stdin = True
        assert cells.attended(shell)
    finally:
        del shell.kernel
