"""The message on a kernel that stopped while a cell ran. Pure: facts in, message out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_notify.content.compose import HEADLINE_BYTES, LEAST_BYTES, TITLE_BYTES
from notebook_notify.content.plain import line_of
from notebook_notify.messages import Message, room_for
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.checks import names
from notebook_notify.secret import scrub
from notebook_notify.sizes import clip
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_notify.targets import Target

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
    mention = mention or names(target.get("mention"))
    text = "\n".join(_lines(stopped, channel.mark()))
    room = max(LEAST_BYTES, channel.text_limit - room_for(mention))
    return Message(clip(text, room), mention=mention)


def _lines(stopped: Stopped, mark: str) -> Iterator[str]:
    title, span = line_of(stopped.title, TITLE_BYTES), duration(stopped.elapsed)
    yield say(
        f"💥 内核已停止 · {title} · 运行 {span}后", f"💥 Kernel stopped · {title} · after {span}"
    )
    yield say(
        "单元没有跑完，变量已丢失。常见原因：内存不足、原生代码崩溃、被人或系统结束",
        "The cell did not finish; its variables are lost. Usual causes: memory ran out, native "
        "code crashed, someone or the system ended it",
    )
    when = f"{local(stopped.moment):%m-%d %H:%M:%S}"
    yield " · ".join(filter(None, (scrub(stopped.who), scrub(stopped.where), when, mark)))
    if stopped.line:
        line = line_of(stopped.line, HEADLINE_BYTES)
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
