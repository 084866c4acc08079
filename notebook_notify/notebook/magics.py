"""The notifying magics, and what registers them with a shell.

Their docstrings are the manual in English: ``%%notify_wechat?`` shows it.
"""

from __future__ import annotations

import contextlib
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from notebook_notify.notebook.auto_magics import NotifyAutoMagics
from notebook_notify.notebook.manuals import in_chinese, parser_of, write
from notebook_notify.notebook.options import notify_arguments, parse, refuse_secrets_in
from notebook_notify.notebook.outbox_magics import OutboxMagics, look
from notebook_notify.notebook.runner import Runner
from notebook_notify.notebook.sandbox_magics import SandboxMagics
from notebook_notify.notebook.target_magics import TargetMagics
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_notify.notebook.calls import Call

#: The notifying magics, and the family of targets that each sends to by default.
FAMILIES = {
    "notify_wechat": "wechat",
    "notify_wechat_app": "wechat_app",
    "notify_dingtalk": "dingtalk",
    "notify": None,
}
#: Those whose words are names of targets.
_NAMING = ("notify_targets", "notify_setup")


@magics_class
class NotifyMagics(Magics):
    """Run a cell and send its output, or send a text."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.runner = Runner(shell, self.ready)

    @line_cell_magic
    @no_var_expand
    @notify_arguments
    @in_chinese(
        """运行单元，然后把它的输出或错误发到企业微信群。

        写在单元的第一行::

            %%notify_wechat --to ops --title "夜间回测" --summary "Sharpe {sharpe:.2f}"
            sharpe, table = backtest(start, end)
            table

        单元照常运行：输出实时显示，``Out[n]`` 和报错都是它自己的。
        作为一行，或加 ``--text`` 写在单元上，则发送文字本身；选项写在文字之前::

            %notify_wechat --to ops 训练完成，loss {loss:.4f}

        不写 ``--to`` 时用默认目标；``%notify_targets`` 查看已有目标，``%notify_setup 名称``
        新建一个，``%notify_sandbox`` 不用账号先试。
        """
    )
    def notify_wechat(self, line: str, cell: str | None = None) -> None:
        """Run the cell, then send its output or its error to a WeCom group (企业微信群).

        Over a cell, on its first line::

            %%notify_wechat --to ops --title "nightly backtest" --summary "Sharpe {sharpe:.2f}"
            sharpe, table = backtest(start, end)
            table

        The cell runs as it would without: output appears live, ``Out[n]`` and errors are its own.
        As a line, or with ``--text`` over a cell, the text itself is sent; options go first::

            %notify_wechat --to ops training finished, loss {loss:.4f}

        Without ``--to`` the default target is used; ``%notify_targets`` shows what there is,
        ``%notify_setup NAME`` saves one, ``%notify_sandbox`` lets you try without an account.
        """
        self._serve("notify_wechat", line, cell)

    @line_cell_magic
    @no_var_expand
    @notify_arguments
    @in_chinese(
        """运行单元，然后由企业微信应用把它的输出或错误发给成员。

        发给已保存目标写明的成员、部门或标签；凭证写在这一行时，发给应用可见范围内的所有人。
        其余同 ``%%notify_wechat``。
        """
    )
    def notify_wechat_app(self, line: str, cell: str | None = None) -> None:
        """Run the cell, then send its output or its error by a WeCom application (企业微信应用).

        It reaches the users, parties or tags of the saved target; with credentials on the line,
        everyone in the application's visible scope. All else as with ``%%notify_wechat``.
        """
        self._serve("notify_wechat_app", line, cell)

    @line_cell_magic
    @no_var_expand
    @notify_arguments
    @in_chinese(
        """运行单元，然后把它的输出或错误发到钉钉群。

        其余同 ``%%notify_wechat``。
        """
    )
    def notify_dingtalk(self, line: str, cell: str | None = None) -> None:
        """Run the cell, then send its output or its error to a DingTalk group (钉钉群).

        All else as with ``%%notify_wechat``.
        """
        self._serve("notify_dingtalk", line, cell)

    @line_cell_magic
    @no_var_expand
    @notify_arguments
    @in_chinese(
        """运行单元，然后把它的输出或错误发给任何已保存的目标。

        ``--to`` 指明发给谁，可写多次。其余同 ``%%notify_wechat``。
        """
    )
    def notify(self, line: str, cell: str | None = None) -> None:
        """Run the cell, then send its output or its error to any saved target.

        ``--to`` says where, and may be given several times. All else as with ``%%notify_wechat``.
        """
        self._serve("notify", line, cell)

    def ready(self, first: str) -> Call | None:
        """The call of a magic line that can be stripped, or ``None``; pure."""
        named = re.match(r"%%(\w+)(.*)", first.rstrip("\n"))
        if named is None or named[1] not in FAMILIES:
            return None
        from notebook_notify.notebook.calls import make_call

        with contextlib.suppress(UsageError):
            options = parse(named[2], self._parser(named[1]))
            if not options.text and not options.rest:
                return make_call(options, FAMILIES[named[1]], self.shell)
        return None

    def _parser(self, magic: str) -> Any:
        return parser_of(getattr(self, magic))

    def _serve(self, magic: str, line: str, cell: str | None) -> None:
        from notebook_notify.notebook.calls import make_call
        from notebook_notify.notebook.telling import send_text

        options = parse(line, self._parser(magic))
        if cell is None:
            if not options.rest:
                raise UsageError(
                    say(
                        f"没有要发送的文字。%{magic} 文字…，或在单元第一行用 %%{magic}",
                        f"no text to send: %{magic} TEXT, or %%{magic} on the first line of a cell",
                    )
                )
            send_text(make_call(options, FAMILIES[magic], self.shell), options.rest, self.shell)
            return
        if options.rest:
            title = options.rest.strip().strip("\"'“”‘’")
            raise UsageError(
                say(
                    f'%%{magic} 这一行只放选项；标题用 --title，例如 --title "{title}"',
                    f"the line of %%{magic} takes options only; name the run with "
                    f'--title "{title}"',
                )
            )
        if not cell.strip():
            raise UsageError(
                say(
                    f"%%{magic} 之下没有内容：没有运行，也没有发送；只发文字用 %{magic} 文字…",
                    f"nothing stands below %%{magic}: nothing ran, nothing was sent; "
                    f"to send a text: %{magic} TEXT",
                )
            )
        if options.text:
            refuse_secrets_in(cell)
        call = make_call(options, FAMILIES[magic], self.shell)
        if options.text:
            send_text(call, cell.rstrip("\n"), self.shell)
        else:
            self.runner.run_nested(call, cell)


def load(shell: Any) -> None:
    """Register all magics with *shell*; doing it twice is harmless."""
    if _loaded(shell):
        return
    magics = NotifyMagics(shell)
    magics.runner.install()
    auto = NotifyAutoMagics(shell, magics.runner)
    for one in (magics, auto, TargetMagics(shell), SandboxMagics(shell), OutboxMagics(shell)):
        write(one)
        shell.register_magics(one)
        for key, name in _completed(one):
            shell.set_hook("complete_command", partial(_complete, one, name), str_key=key)
    look()


def unload(shell: Any) -> None:
    """Take all of it away again."""
    manager = shell.magics_manager
    completers = shell.strdispatchers.get("complete_command")
    _let_go()
    for one in _loaded(shell):
        if isinstance(one, NotifyMagics):
            one.runner.uninstall()
        if isinstance(one, NotifyAutoMagics | SandboxMagics):
            one.close()
        for key, _ in _completed(one):
            if completers is not None:
                completers.strs.pop(key, None)
        for kind, names in one.magics.items():
            for name in names:
                manager.magics[kind].pop(name, None)
        manager.registry.pop(type(one).__name__, None)
        shell.configurables[:] = [other for other in shell.configurables if other is not one]


def _let_go() -> None:
    """End what was begun beside the cells; what was never imported began nothing."""
    recent = sys.modules.get("notebook_notify.notebook.recent")
    if recent is not None:
        recent.RECENT.clear()
    deathwatch = sys.modules.get("notebook_notify.notebook.deathwatch")
    if deathwatch is not None:
        deathwatch.DEATHWATCH.close()


def _loaded(shell: Any) -> list[Any]:
    registry = shell.magics_manager.registry
    names = ("NotifyMagics", "NotifyAutoMagics", "TargetMagics", "SandboxMagics", "OutboxMagics")
    return [registry[name] for name in names if name in registry]


def _completed(magics: Magics) -> Iterator[tuple[str, str]]:
    """The magics that take options, as they begin a line, and by name."""
    for kind, prefix in (("line", "%"), ("cell", "%%")):
        for name in magics.magics[kind]:
            if hasattr(getattr(magics, name), "decorators"):
                yield f"{prefix}{name}", name


def _complete(magics: Magics, name: str, _completer: Any, event: Any) -> list[str]:
    """Option names, and what may stand after an option: names of targets, choices."""
    from notebook_notify.sender import TARGETS

    options = parser_of(getattr(magics, name))._option_string_actions  # noqa: SLF001 - argparse's
    before = event.text_until_cursor.removesuffix(event.symbol).replace("=", " ").split()
    option = options.get(before[-1]) if before else None
    if option is None or option.nargs == 0:
        if name in _NAMING and not event.symbol.startswith("-"):
            return TARGETS.names(None)
        return sorted(option for option in options if option.startswith("--"))
    if option.dest == "to":
        return TARGETS.names(FAMILIES.get(name))
    return list(option.choices or ())
