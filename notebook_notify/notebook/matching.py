"""Regular expressions of the user's, matched where they can hang nothing but themselves.

Python holds its lock while it matches, on whatever thread: a pattern that takes for ever would
freeze the whole kernel, Ctrl-C included. So they are matched in a process of their own, which
is killed if it takes too long.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING

from notebook_notify.errors import NotifyError
from notebook_notify.processes import bare_environment
from notebook_notify.texts import duration, say

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What runs there: the patterns on the first line, then a batch of lines on each.
_PROGRAM = """
import json, re, sys
patterns = [re.compile(one) for one in json.loads(sys.stdin.readline())]
for batch in sys.stdin:
    found = None
    for number, line in enumerate(json.loads(batch)):
        starts = [match.start() for one in patterns if (match := one.search(line))]
        if starts:
            found = [number, min(starts)]
            break
    print(json.dumps(found), flush=True)
"""


class Matcher:
    """Finds the first line that one of *patterns* matches. Not thread-safe.

    The process is started by the first search: some 20 ms, which pass beside the cell.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = list(patterns)
        self._process: subprocess.Popen[str] | None = None

    def first(self, lines: Sequence[str], within: float) -> tuple[int, int] | None:
        """Which line matches first, and where in it the match begins; ``None`` if none does.

        Raises:
            NotifyError: it took more than *within* seconds, or there can be no such process.
        """
        try:
            process = self._started()
        except (OSError, ValueError) as error:
            raise NotifyError(
                say(f"无法启动匹配进程：{error}", f"no process to match in: {error}")
            ) from error
        killer = threading.Timer(within, process.kill)
        killer.daemon = True
        killer.start()
        try:
            answer = _ask(process, json.dumps(lines))
        except (OSError, ValueError):  # killed: a broken pipe, or half an answer
            self.close()
            span = duration(within)
            raise NotifyError(say(f"匹配超过 {span}", f"matching took more than {span}")) from None
        finally:
            killer.cancel()
        return answer

    def close(self) -> None:
        """End the process; twice is harmless."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what could not be written
                    pipe.close()  # type: ignore[union-attr]  # both are pipes
            process.wait()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", "-S", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="ascii",
                env=bare_environment(),
                start_new_session=True,  # Ctrl-C is for the cell
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            _write(self._process.stdin, json.dumps(self._patterns))
        return self._process


def _ask(process: subprocess.Popen[str], question: str) -> tuple[int, int] | None:
    _write(process.stdin, question)
    answer = json.loads(process.stdout.readline())  # type: ignore[union-attr]  # a pipe
    return None if answer is None else (answer[0], answer[1])


def _write(pipe: IO[str] | None, line: str) -> None:
    pipe.write(line + "\n")  # type: ignore[union-attr]  # a pipe
    pipe.flush()  # type: ignore[union-attr]  # a pipe
