"""The message on a kernel that stopped while a cell ran. Pure: facts in, message out."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from notebook_notify.content.compose import HEADLINE_BYTES, TITLE_BYTES
from notebook_notify.messages import Message, named
from notebook_notify.platforms import CHANNELS
from notebook_notify.secret import scrub
from notebook_notify.sizes import clip, size_of
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_notify.targets import Target

#: The least room for the text, in bytes of UTF-8, however many people are named below it.
_LEAST = 512
_GB = 1 << 30


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory shortly before, in bytes.

    Attributes:
        kernel: the kernel's own.
        used: what was in use within *limit*, by whomever.
        limit: the container's, else the machine's.
    """

    kernel: int
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """A cell that did not finish.

    Attributes:
        title: what the message calls it.
        who: user and machine.
        where: notebook and cell; may be empty.
        moment: when the kernel was found gone, seconds since the epoch.
        elapsed: how long the cell had run by then, in seconds.
        line: the last line of its output that is known; may be empty.
        line_at: when that was shown, seconds since the epoch.
        memory: as it was shortly before, or ``None``.
    """

    title: str
    who: str
    where: str
    moment: float
    elapsed: float
    line: str = ""
    line_at: float = 0.0
    memory: Memory | None = None


def stopped_message(stopped: Stopped, target: Target, mention: tuple[str, ...] = ()) -> Message:
    """The message for *target*, in the reader's language.

    Args:
        stopped: what to tell.
        target: where to.
        mention: whom it should ring, instead of those whom the target names.
    """
    channel = CHANNELS[target.channel]
    mention = mention or tuple(target.get("mention") or ())
    # Room for the line that names people, whatever marks a channel puts around a name.
    room = size_of(named(mention)) + 4 * len(mention)
    # A platform that drops repeats would take two messages of one second for one.
    mark = f"#{token_hex(2)}" if channel.drops_repeats else ""
    text = "\n".join(_lines(stopped, mark))
    return Message(clip(text, max(_LEAST, channel.text_limit - room)), mention=mention)


def _lines(stopped: Stopped, mark: str) -> Iterator[str]:
    title, span = _one_line(stopped.title, TITLE_BYTES), duration(stopped.elapsed)
    yield say(
        f"💥 内核已停止 · {title} · 运行 {span}后", f"💥 Kernel stopped · {title} · after {span}"
    )
    yield say(
        "单元没有跑完，变量已丢失。常见原因：内存不足、原生代码崩溃、被人或系统结束",
        "The cell did not finish; its variables are lost. Usual causes: out of memory, a crash in "
        "native code, an end by someone or by the system",
    )
    when = f"{local(stopped.moment):%m-%d %H:%M:%S}"
    yield " · ".join(filter(None, (scrub(stopped.who), scrub(stopped.where), when, mark)))
    if stopped.line:
        line = _one_line(stopped.line, HEADLINE_BYTES)
        at = f"{local(stopped.line_at):%H:%M:%S}"
        yield say(f"最后一行（{at}）：{line}", f"Last line ({at}): {line}")
    if stopped.memory is not None:
        kernel, used, limit = (
            f"{size / _GB:.1f}"
            for size in (stopped.memory.kernel, stopped.memory.used, stopped.memory.limit)
        )
        yield say(
            f"停止前 内存 {used}/{limit} GB，其中内核 {kernel} GB",
            f"Memory before: {used}/{limit} GB, the kernel's {kernel} GB",
        )


def _one_line(text: str, max_bytes: int) -> str:
    """*text* on one line; masked before it is cut, since half a secret is not found."""
    return clip(" ".join(scrub(text).split()), max_bytes)
