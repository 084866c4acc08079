"""``%notify_auto``: what switches it on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments
from IPython.display import display

from notebook_notify.delivery import TIMEOUT
from notebook_notify.notebook.line import split_line
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
    @magic_arguments()
    @argument("-t", "--to", action="append", metavar="NAME", help="a saved target; repeatable")
    @argument(
        "--on",
        choices=("always", "error", "success"),
        default="always",
        help="which batches are told",
    )
    @argument(
        "--after", type=seconds, default=0.0, metavar="TIME", help="only batches this long: 60, 5m"
    )
    @argument("--title", metavar="TEXT", help="what the messages call the run")
    @argument(
        "--mention",
        action="append",
        metavar="WHO",
        help="mention an id or a mobile number if a cell failed; repeatable",
    )
    @argument(
        "--timeout",
        type=seconds,
        default=TIMEOUT,
        metavar="TIME",
        help=f"longest wait for the outcome under a failed cell; default {TIMEOUT:.0f}s",
    )
    @argument(
        "--wait",
        type=seconds,
        metavar="TIME",
        help=f"the same where nobody watches the run; default {WAIT / 60:.0f}m",
    )
    def notify_auto(self, line: str) -> None:
        """Tell of every later cell of this notebook, or stop doing so.

        每个后续单元运行完都发消息；接连运行的单元合为一条消息。

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
        magic: Any = self.notify_auto  # the decorator gives it its parser
        parser = magic.parser
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
        which = {
            "always": "",
            "error": say("只在出错时", "errors only"),
            "success": say("只在成功时", "successes only"),
        }[call.options.on]
        least = say(f"运行满 {span}的", f"{span} or longer") if call.options.after else ""
        labels = say("、", ", ").join(target.label for target in call.targets)
        on = say(f"自动通知已开启 → {labels}", f"%notify_auto is on → {labels}")
        return " · ".join(filter(None, (on, which, least, *call.notes)))
