"""An IPython shell in this process, without history and without a kernel."""

from __future__ import annotations

import builtins
import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def run(shell: InteractiveShell) -> Callable[[str], Any]:
    """Run a cell; gives what it showed, as text."""

    def run(cell: str) -> str:
        with capture_output() as shown:
            shell.run_cell(cell, store_history=True)
        texts = [str(one.data.get("text/plain", "")) for one in shown.outputs]
        return "\n".join([shown.stdout, shown.stderr, *texts])

    return run


@pytest.fixture
def config() -> Path:
    """The path of the config file, which is not there yet."""
    return Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])


@pytest.fixture
def answers(monkeypatch):
    """Answer questions by a word in them, of several answers the next; getpass asks for secrets."""

    def answer(said: dict[str, str | list[str]], secret: str | list[str] = "") -> list[str]:
        asked: list[str] = []

        def of(text: str | list[str]) -> str:
            return text if isinstance(text, str) else text.pop(0) if text else ""

        def reply(question: str = "") -> str:
            asked.append(question)
            return next((of(text) for word, text in said.items() if word in question), "")

        def reply_unseen(question: str = "") -> str:
            asked.append(question)
            return of(secret)

        monkeypatch.setattr(builtins, "input", reply)
        monkeypatch.setattr(getpass, "getpass", reply_unseen)
        return asked

    return answer
