"""What is told of a cell that still runs: how far it is, that it went quiet, a line to look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from notebook_notify.content.compose import HEADLINE_BYTES, TITLE_BYTES
from notebook_notify.content.plain import line_of
from notebook_notify.secret import scrub
from notebook_notify.sizes import clip
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["progress", "stalled", "alert"]

_TIME = r"(?:\d+:)?\d+:\d\d"
#: tqdm's text form, ``42%|####      | 42/100 [3:10:00<4:20:00, 1.2s/it]``; the bar itself may be
#: missing (``ncols=0``), and what is left may be ``?``.
#: https://tqdm.github.io/docs/tqdm/#tqdm-objects (``bar_format``)
_TQDM = re.compile(rf"(?<![\d.])(\d{{1,3}})%(?:\|[^|]*\|)? +\S+/\S+ +\[({_TIME})<({_TIME}|\?)[,\]]")
#: Rich's default columns: ``Working... ━━━━╺━━━ 42% 0:01:23``.
#: https://rich.readthedocs.io/en/stable/progress.html
_RICH = re.compile(rf"[━╸╺]{{4,}} +(\d{{1,3}})% +({_TIME})")
#: Keras 3 and 2: ``12/100 ━━━━ 1:23 7ms/step``, ``12/100 [=>....] - ETA: 1:23``.
#: https://keras.io/api/utils/python_utils/#progbar-class
_KERAS = re.compile(
    rf"(?<!\S)(\d+)/(\d+) (?:[━╸╺]{{4,}}|\[[=>.]{{4,}}\]) (?:- ETA: )?({_TIME}|\d+s)\b"
)
_EPOCH = re.compile(r"\s*Epoch +\d+/(\d+)\s*")


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress bar, as it stands on the page.

    Attributes:
        percent: 0 to 100; below 100 as long as it says that time is left.
        left: seconds that it says are left, or ``None``.
        elapsed: seconds that it has run, or ``None``.
    """

    percent: int
    left: float | None
    elapsed: float | None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to tell of a cell that still runs.

    Attributes:
        kind: ``progress``, ``stalled`` or ``alert``.
        moment: when it was so, seconds since the epoch.
        elapsed: how long the cell had run, in seconds.
        line: the last line of the output, or the one that matched; may be empty.
        percent: how far the run is, if a progress bar says so.
        left: seconds that are left of it, if the bar says so.
        quiet: seconds without output.
    """

    kind: Kind
    moment: float
    elapsed: float
    line: str = ""
    percent: int | None = None
    left: float | None = None
    quiet: float = 0.0


def read_progress(line: str) -> Progress | None:
    """The last progress bar in *line*, if it is one of tqdm, Rich or Keras; nothing is guessed.

    A tqdm without a total has no percentage, so it is no progress.
    """
    if found := _last(_TQDM, line):
        left = None if found[3] == "?" else _seconds(found[3])
        return _progress(int(found[1]), left, _seconds(found[2]))
    if found := _last(_RICH, line):
        return _paced(int(found[1]), _seconds(found[2]))
    if found := _last(_KERAS, line):
        done, total = int(found[1]), int(found[2])
        return _paced(done * 100 // total, _seconds(found[3])) if total else None
    return None


def run_progress(lines: Sequence[str], elapsed: float) -> Progress | None:
    """How far the run is by the bars among its last *lines*; *elapsed* seconds of it are over.

    A loop has bars within bars, and a run many loops one after the other. So the bar that runs
    longest is taken, and only if it has run for half of the time at least; what is finished, or
    is one epoch of several, says nothing about the whole.
    """
    best: Progress | None = None
    for line in lines:
        if (epoch := _EPOCH.fullmatch(line)) and int(epoch[1]) > 1:
            return None
        bar = read_progress(line)
        if bar is None or bar.elapsed is None or bar.percent == 100:  # noqa: PLR2004 - per cent
            continue
        if best is None or best.elapsed is None or bar.elapsed >= best.elapsed:
            best = bar
    if best is None or best.elapsed is None or best.elapsed + 1 < elapsed / 2:
        return None  # bars count whole seconds
    return best


def compose_happening(
    title: str, who: str, where: str, happening: Happening, max_bytes: int, *, mark: str = ""
) -> str:
    """The message on *happening*: at most *max_bytes* bytes of UTF-8, in the reader's language.

    Args:
        title: what the user called the run, else its cell.
        who: user and machine.
        where: notebook and cell; may be empty.
        happening: what to tell.
        max_bytes: the most bytes of UTF-8.
        mark: what makes the text unlike another of the same second.
    """
    title = line_of(title, TITLE_BYTES)
    line = line_of(happening.line, HEADLINE_BYTES)
    if happening.kind == "stalled" and line:
        line = say(f"最后一行：{line}", f"Last line: {line}")
    facts = (scrub(who), scrub(where), f"{local(happening.moment):%H:%M:%S}", mark)
    lines = (_head(title, happening), line, " · ".join(filter(None, facts)))
    return clip("\n".join(filter(None, lines)), max_bytes)


def alert_line(alert: Happening) -> str:
    """*alert* as a line of the message on the cell's end, which came before it was told."""
    line = line_of(alert.line, HEADLINE_BYTES)
    after = duration(alert.elapsed)
    return say(f"🔔 输出告警（运行 {after}时）：{line}", f"🔔 Alert after {after}: {line}")


def _head(title: str, happening: Happening) -> str:
    span = duration(happening.elapsed)
    so_far = say(f"已运行 {span}", f"{span} so far")
    if happening.kind == "alert":
        return say(f"🔔 输出告警 · {title} · {so_far}", f"🔔 Alert · {title} · {so_far}")
    if happening.kind == "stalled":
        quiet = duration(happening.quiet)
        return say(
            f"⚠️ {quiet}无输出 · {title} · {so_far}", f"⚠️ No output for {quiet} · {title} · {so_far}"
        )
    if happening.percent is None:
        return say(f"⏳ 运行中 · {title} · {so_far}", f"⏳ Running · {title} · {so_far}")
    head = f"⏳ {happening.percent}% · {title} · {so_far}"
    if not happening.left:
        return head
    left = duration(happening.left)
    return head + say(f"，约剩 {left}", f", about {left} left")


def _last(shape: re.Pattern[str], line: str) -> re.Match[str] | None:
    return next(reversed(list(shape.finditer(line))), None)


def _seconds(text: str) -> float:
    """``83s``, ``1:23`` or ``3:10:00`` in seconds; hours may be more than 24."""
    seconds = 0
    for part in text.removesuffix("s").split(":"):
        seconds = seconds * 60 + int(part)
    return float(seconds)


def _paced(percent: int, left: float) -> Progress | None:
    """A bar that says only what is left: how long it has run follows from its pace."""
    if percent >= 100:  # noqa: PLR2004 - finished bars tell how long they took instead
        return _progress(percent, None, None)
    return _progress(percent, left, left * percent / (100 - percent))


def _progress(percent: int, left: float | None, elapsed: float | None) -> Progress | None:
    if percent > 100:  # noqa: PLR2004 - per cent
        return None
    return Progress(min(percent, 99) if left else percent, left, elapsed)
