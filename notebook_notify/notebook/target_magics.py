"""``%notify_targets``, ``%notify_setup``, ``%notify_history``: what is known, and what went out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from notebook_notify.errors import NotifyError
from notebook_notify.notebook.manuals import argument, arguments_of, in_chinese
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable


@magics_class
class TargetMagics(Magics):
    """Shows targets and sets them up; shows what they were sent."""

    @line_magic
    @no_var_expand
    @argument(
        "--check",
        action="store_true",
        help=("逐步验证，不发消息", "prove them step by step; posts nothing"),
    )
    @argument(
        "--post",
        action="store_true",
        help=("与 --check 同用：再各发一行", "with --check: then post a line to each"),
    )
    @argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=("与 --check 同用：哪些；否则是默认目标", "with --check: which; else the defaults"),
    )
    @in_chinese(
        """显示已有的目标、各自来自哪里、还缺什么。

        密钥不显示；引用（``env:变量名``、``keyring:服务/用户``）原样显示。加 ``--check``
        逐步验证凭证、IP、权限和群，平台能查到多少就验证多少，不发任何消息；机器人什么都查不到，
        只有发一条消息才知道，会说明。``--check --post`` 再各发一行。
        """
    )
    def notify_targets(self, line: str) -> None:
        """Show which targets are known, where each comes from, and what it lacks.

        Secrets are masked; a reference (``env:NAME``, ``keyring:SERVICE/USER``) is shown as it is.
        With ``--check`` credential, IP list, permission and chat are proved as far as the platform
        can be asked, step by step, and nothing is posted. Of a robot nothing can be asked: what
        only a message proves is said. ``--check --post`` then posts a line to each.
        """
        from notebook_notify.notebook.target_table import check, show

        arguments = arguments_of(self.notify_targets, line)
        if arguments.check:
            _or_usage_error(lambda: check(arguments.names, post=arguments.post))
        elif arguments.names or arguments.post:
            raise UsageError(
                say("名称和 --post 要与 --check 同用", "a name or --post goes with --check")
            )
        else:
            _or_usage_error(show)

    @line_magic
    @no_var_expand
    @argument(
        "name",
        nargs="?",
        metavar="NAME",
        help=("目标的名称，例如 ops", "what to call the target, e.g. ops"),
    )
    @argument(
        "--secret",
        action="store_true",
        help=("只重新询问已保存目标的密钥", "ask for the saved target's secret alone"),
    )
    @argument(
        "--channel",
        metavar="KIND",
        help=("例如 wecom_chat；不再询问类型", "e.g. wecom_chat; skips the question for it"),
    )
    @argument(
        "--proxy",
        metavar="URL",
        help=("平台信任其地址的代理", "the proxy whose address the platform trusts"),
    )
    @argument(
        "--base-url",
        metavar="URL",
        help=("代替平台官方的 API 地址", "another API address than the platform's own"),
    )
    @in_chinese(
        """一步步询问并保存一个目标，验证它，并可发一条测试消息。

        询问密钥时不回显，保存在仅本人可读的文件里；引用（``env:变量名`` 或
        ``keyring:服务/用户``）按引用保存。没有群 ID 就留空，会建一个群。
        ``--secret`` 只更换已保存目标的密钥。
        """
    )
    def notify_setup(self, line: str) -> None:
        """Ask step by step for a target, save it, prove it, and offer a test message.

        Secrets are asked for without echo, and saved in a file that only you can read; a
        reference (``env:NAME`` or ``keyring:SERVICE/USER``) is kept as a reference. Who has no
        chat id leaves it empty, and the chat is made. ``--secret`` replaces the secret alone of a
        saved target.
        """
        from notebook_notify.notebook.setup_dialogue import set_secret, set_up

        arguments = None
        try:
            arguments = arguments_of(self.notify_setup, line)
        except UsageError:  # what it says may quote the line, and a secret in it
            if "--secret" not in line:
                raise
        if arguments is None:
            raise UsageError(
                say(
                    "只写 %notify_setup 名称 --secret：密钥随后询问，不回显。若已写出，它现在已留在"
                    "这个单元和 IPython 的历史里：请在平台上重置该密钥",
                    "%notify_setup NAME --secret stands alone: the secret is asked for, without "
                    "echo. One that was typed now stands in this cell and in IPython's history: "
                    "renew it at the platform",
                )
            )
        if not arguments.name:
            raise UsageError(
                say(
                    "写上目标的名称，例如 %notify_setup ops",
                    "say what to call the target, e.g. %notify_setup ops",
                )
            )
        if arguments.secret:
            if arguments.channel or arguments.proxy or arguments.base_url:
                raise UsageError(say("--secret 只改密钥", "--secret goes alone"))
            _or_usage_error(lambda: set_secret(arguments.name))
            return
        extra = {"proxy": arguments.proxy, "base_url": arguments.base_url}
        given = {key: value for key, value in extra.items() if value is not None}
        _or_usage_error(lambda: set_up(arguments.name, arguments.channel, given))

    @line_magic
    @no_var_expand
    @argument(
        "-n",
        "--count",
        type=int,
        default=20,
        metavar="N",
        help=("几条；默认 20", "how many; default 20"),
    )
    @in_chinese(
        """显示最近发送的消息，包括你的所有笔记本和脚本发出的，最新的在前。

        每条消息只留下第一行，最多 90 天。
        """
    )
    def notify_history(self, line: str) -> None:
        """Show what was sent lately, from all your notebooks and scripts, the newest first.

        Of each message its first line alone is kept, for at most 90 days.
        """
        from notebook_notify.notebook.history_table import show

        arguments = arguments_of(self.notify_history, line)
        if arguments.count < 1:
            raise UsageError(say("-n 至少为 1", "-n is at least 1"))
        _or_usage_error(lambda: show(arguments.count))


def _or_usage_error(job: Callable[[], None]) -> None:
    """Run *job*; the caller's mistakes are shown as one line, as IPython shows its own."""
    try:
        job()
        return
    except NotifyError as error:
        message = str(error)
    raise UsageError(message)
