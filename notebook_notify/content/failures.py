"""An exception, as people are told of it: what, where, and the line of theirs that led there."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from notebook_notify.content.facts import Failure, Place
from notebook_notify.content.plain import plain_lines
from notebook_notify.texts import say

if TYPE_CHECKING:
    from types import FrameType

#: Code that is not the user's: the standard library and what pip installed.
_LIBRARIES = tuple(
    {
        path
        for key in ("stdlib", "platstdlib", "purelib", "platlib")
        if (path := sysconfig.get_path(key))
    }
)

#: What is read of an exception's text, in characters: some hold all the data that they are about.
LONGEST = 20_000


#: How many of a group's exceptions are named.
MOST_INNER = 3


def failure(error: BaseException, shell: Any = None, count: int | None = None) -> Failure:
    """What to tell of *error*, raised by cell ``[count]`` of *shell*, or by a script."""
    if isinstance(error, SyntaxError) and error.lineno and _is_cell(error.filename, shell):
        place = Place(_line(count, error.lineno), (error.text or "").strip())
        return Failure(_headline(error), error.lineno, (place,))
    steps = list(traceback.walk_tb(error.__traceback__))
    own = [(frame, line) for frame, line in steps if _is_own(frame)]
    cell = [(frame, line) for frame, line in own if _is_cell(frame.f_code.co_filename, shell)]
    if not cell:
        places = tuple(_script_place(frame, line) for frame, line in own[-1:])
        return Failure(_headline(error), places=places)
    cell_frame, cell_line = next(
        ((frame, line) for frame, line in reversed(cell) if frame.f_code.co_name == "<module>"),
        cell[-1],
    )
    here = Place(_line(count, cell_line), _code(cell_frame, cell_line))
    frame, line = own[-1]
    if frame is cell_frame:
        return Failure(_headline(error), cell_line, (here,))
    if _is_cell(frame.f_code.co_filename, shell):
        there = Place(f"{_function(frame)}, {_line(None, line)}", _code(frame, line))
    else:
        there = _script_place(frame, line)
    return Failure(_headline(error), cell_line, (there, here))


def is_interrupt(error: BaseException | None) -> bool:
    """Ctrl-C, which an async cell sees as a cancelled task."""
    import asyncio

    return isinstance(error, (KeyboardInterrupt, asyncio.CancelledError))


def _headline(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - the user's class may raise anything
        said = "<str() failed>"
    if isinstance(error, SyntaxError):
        said = error.msg or said
    lines = [line.strip() for line in plain_lines(said[:LONGEST]) if line.strip()]
    name = type(error).__name__
    told = f"{name}: {' '.join(lines[:3])}" if lines else name
    if isinstance(error, BaseExceptionGroup):  # what it holds says more than its own text
        told += " · " + "; ".join(map(_headline, error.exceptions[:MOST_INNER]))
    return told


def _is_cell(name: str | None, shell: Any) -> bool:
    """Whether the file of that name is the code of a cell."""
    if name is None:
        return False
    cells = getattr(getattr(shell, "compile", None), "_filename_map", None)
    if cells is None:  # IPython 7 has no such map; it keeps its cells' code by their names
        cells = getattr(linecache, "_ipython_cache", {})
    return name in cells or name.startswith(("<ipython-input-", "<timed "))


#: Frames of their own before Python 3.12, which no reader thinks of as such.
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


def _is_own(frame: FrameType) -> bool:
    """Whether the frame is the user's code: of no library, and no mere comprehension."""
    name = frame.f_code.co_filename
    if frame.f_code.co_name in _COMPREHENSIONS or name.startswith("<frozen"):
        return False
    return name.startswith("<") or not (name.startswith(_LIBRARIES) or "site-packages" in name)


def _script_place(frame: FrameType, line: int) -> Place:
    where = f"{PurePath(frame.f_code.co_filename).name}:{line}"
    if frame.f_code.co_name != "<module>":
        where = f"{_function(frame)}, {where}"
    return Place(where, _code(frame, line))


def _function(frame: FrameType) -> str:
    return f"{frame.f_code.co_qualname.replace('<locals>.', '')}()"


def _line(count: int | None, line: int) -> str:
    text = say(f"第 {line} 行", f"line {line}")
    return text if count is None else f"[{count}] {text}"


def _code(frame: FrameType, line: int) -> str:
    return linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
