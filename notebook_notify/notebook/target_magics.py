"""``%notify_targets``, ``%notify_setup``, ``%notify_history``: what is known, and what went out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from notebook_notify.errors import NotifyError
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable


@magics_class
class TargetMagics(Magics):
    """Shows targets and sets them up; shows what they were sent."""

    @line_magic
    @no_var_expand
    @magic_arguments()
    @argument("--check", action="store_true", help="prove them step by step; posts nothing")
    @argument("--post", action="store_true", help="with --check: then post a line to each")
    @argument("names", nargs="*", metavar="NAME", help="with --check: which; else the defaults")
    def notify_targets(self, line: str) -> None:
        """Show which targets are known, where each comes from, and what it lacks.

        Secrets are masked; a reference (``env:NAME``, ``keyring:SERVICE/USER``) is shown as it is.
        With ``--check`` credential, IP list, permission and chat are proved as far as the platform
        can be asked, step by step, and nothing is posted. Of a robot nothing can be asked: what
        only a message proves is said. ``--check --post`` then posts a line to each.
        """
        from notebook_notify.notebook.target_table import check, show

        arguments = parse_argstring(self.notify_targets, line)
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
    @magic_arguments()
    @argument("name", help="what to call the target, e.g. ops")
    @argument("--secret", action="store_true", help="ask for the saved target's secret alone")
    @argument("--channel", metavar="KIND", help="e.g. wecom_chat; skips the question for it")
    @argument("--proxy", metavar="URL", help="the proxy whose address the platform trusts")
    @argument("--base-url", metavar="URL", help="another API address than the platform's own")
    def notify_setup(self, line: str) -> None:
        """Ask step by step for a target, save it, prove it, and offer a test message.

        Secrets are asked for without echo, and saved in a file that only you can read; a
        reference (``env:NAME`` or ``keyring:SERVICE/USER``) is kept as a reference. Who has no
        chat id leaves it empty, and the chat is made. ``--secret`` replaces the secret alone of a
        saved target.
        """
        from notebook_notify.notebook.setup_dialogue import set_secret, set_up

        arguments = parse_argstring(self.notify_setup, line)
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
    @magic_arguments()
    @argument("-n", "--count", type=int, default=20, metavar="N", help="how many; default 20")
    def notify_history(self, line: str) -> None:
        """Show what was sent lately, from all your notebooks and scripts, the newest first.

        Of each message its first line alone is kept, for at most 90 days.
        """
        from notebook_notify.notebook.history_table import show

        arguments = parse_argstring(self.notify_history, line)
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
