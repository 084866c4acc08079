"""``%notify_auto``: what switches it on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from notebook_notify.delivery import HOLD
from notebook_notify.notebook.line import split_line
from notebook_notify.notebook.manuals import argument, in_chinese, parser_of
from notebook_notify.notebook.options import WAIT, Options, seconds
from notebook_notify.texts import duration, say

if TYPE_CHECKING:
    from notebook_notify.notebook.auto import Auto
    from notebook_notify.notebook.runner import Runner


@magics_class
class NotifyAutoMagics(Magics):
    """Tells of every later cell.

    Args:
        shell: the ``InteractiveShell``.
        runner: what frames its cells.
    """

    def __init__(self, shell: Any, runner: Runner) -> None:
        super().__init__(shell)
        self._runner = runner
        self._auto: Auto | None = None

    @line_magic
    @no_var_expand
    @argument(
        "-t",
        "--to",
        action="append",
        metavar="NAME",
        help=("已保存的目标；可重复", "a saved target; repeatable"),
    )
    @argument(
        "--on",
        choices=("always", "error", "success"),
        default="always",
        help=("哪些运行要通知", "which batches are told"),
    )
    @argument(
        "--after",
        type=seconds,
        default=0.0,
        metavar="TIME",
        help=("只通知运行至少这么久的：60、5m", "only batches this long: 60, 5m"),
    )
    @argument(
        "--title", metavar="TEXT", help=("消息里对这次运行的称呼", "what the messages call the run")
    )
    @argument(
        "--mention",
        action="append",
        metavar="WHO",
        help=(
            "失败时提醒谁：账号或手机号；可重复",
            "mention an id or a mobile number if a cell failed; repeatable",
        ),
    )
    @argument(
        "--timeout",
        type=seconds,
        metavar="TIME",
        help=(
            f"单元失败时最多等多久结果；默认 {HOLD:.0f}s，之后在后台继续发送",
            f"longest wait under a failed cell; default {HOLD:.0f}s, then it goes on by itself",
        ),
    )
    @argument(
        "--wait",
        type=seconds,
        metavar="TIME",
        help=(
            f"无人值守时最多等多久；默认 {WAIT / 60:.0f}m",
            f"the same where nobody watches the run; default {WAIT / 60:.0f}m",
        ),
    )
    @in_chinese(
        """此后的每个单元运行完都发消息，或停止这样做。

        ::

            %notify_auto --to ops --after 60 --on error
            %notify_auto on
            %notify_auto off
            %notify_auto

        间隔不到 2 秒、接连运行的单元合为一条消息，在最后一个结束 2 秒后或内核结束时发出；
        失败的单元立即通知，自己中断的不通知；带有自己的 ``%%notify…`` 行的单元只由那一行通知。
        ``on`` 用默认目标；什么都不写则显示当前状态和上一条消息的结果。
        """
    )
    def notify_auto(self, line: str) -> None:
        """Tell of every later cell of this notebook, or stop doing so.

        ::

            %notify_auto --to ops --after 60 --on error
            %notify_auto on
            %notify_auto off
            %notify_auto

        Cells that follow each other within 2 s are one batch and one message, sent 2 s after the
        last one, or when the kernel ends. A failed cell is told at once; a cell that you stopped
        is not. A cell with its own ``%%notify…`` line is told by that alone. ``on`` takes the
        default target; without anything it says what is on, and what became of the last message.
        """
        parser = parser_of(self.notify_auto)
        tokens, word = split_line(line, parser)
        word = word.strip()
        if word not in ("", "on", "off") or (word == "off" and tokens):
            raise UsageError(
                say(
                    "%notify_auto 后面是选项、on 或 off",
                    "%notify_auto takes options, on or off",
                )
            )
        if word == "off":
            self._switch(None)
        elif tokens or word == "on":
            arguments = vars(parser.parse_args(tokens))
            arguments |= {name: tuple(arguments[name] or ()) for name in ("to", "mention")}
            from notebook_notify.notebook.auto import Auto
            from notebook_notify.notebook.calls import make_call

            self._switch(Auto(make_call(Options(**arguments), None, self.shell), self.shell))
        self._say(last=not tokens and not word)

    def close(self) -> None:
        """Switch it off; what waits is not sent."""
        if self._auto is not None:
            self._auto.close()
        self._runner.overhear = self._auto = None

    def _switch(self, auto: Auto | None) -> None:
        """Have *auto* told of later cells; what waits is sent as before."""
        if self._auto is not None:
            self._auto.show_trouble()
        self._auto = auto
        self._runner.overhear = auto.overhear if auto is not None else None

    def _say(self, *, last: bool) -> None:
        display({"text/plain": f"notebook_notify: {self._state()}"}, raw=True)
        if last and self._auto is not None:
            self._auto.show_last()

    def _state(self) -> str:
        if self._auto is None:
            return say(
                "自动通知未开启（%notify_auto --to 名称 开启）",
                "%notify_auto is off (%notify_auto --to NAME switches it on)",
            )
        call = self._auto.call
        span = duration(call.options.after)
        span += "钟" if span.endswith("分") else ""  # alone it would be a mark at school
        which = {
            "always": "",
            "error": say("只在出错时", "errors only"),
            "success": say("只在成功时", "successes only"),
        }[call.options.on]
        least = say(f"运行至少 {span}", f"cells of {span} or longer") if call.options.after else ""
        labels = say("、", ", ").join(target.label for target in call.targets)
        on = say(f"自动通知已开启 → {labels}", f"%notify_auto is on → {labels}")
        return " · ".join(filter(None, (on, which, least, *call.notes)))
