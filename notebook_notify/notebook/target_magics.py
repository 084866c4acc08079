"""``%notify_targets`` and ``%notify_setup``: what is known, and how to make more known."""

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
    """Shows targets and sets them up."""

    @line_magic
    @no_var_expand
    def notify_targets(self, line: str) -> None:
        """Show which targets are known, where each comes from, and what it lacks.

        Secrets are masked; a reference (``env:NAME``, ``keyring:SERVICE/USER``) is shown as it is.
        """
        from notebook_notify.notebook.target_table import show

        if line.strip():
            raise UsageError(say("%notify_targets 不带参数", "%notify_targets takes no argument"))
        _or_usage_error(show)

    @line_magic
    @no_var_expand
    @magic_arguments()
    @argument("name", help="what to call the target, e.g. ops")
    @argument("--channel", metavar="KIND", help="e.g. wecom_chat; skips the question for it")
    @argument("--proxy", metavar="URL", help="the proxy whose address the platform trusts")
    @argument("--base-url", metavar="URL", help="another API address than the platform's own")
    def notify_setup(self, line: str) -> None:
        """Ask step by step for a target, save it, check it, and offer a test message.

        Secrets are asked for without echo, and saved in a file that only you can read; a
        reference (``env:NAME`` or ``keyring:SERVICE/USER``) is kept as a reference.
        """
        from notebook_notify.notebook.setup_dialogue import set_up

        arguments = parse_argstring(self.notify_setup, line)
        extra = {"proxy": arguments.proxy, "base_url": arguments.base_url}
        given = {key: value for key, value in extra.items() if value is not None}
        _or_usage_error(lambda: set_up(arguments.name, arguments.channel, given))


def _or_usage_error(job: Callable[[], None]) -> None:
    """Run *job*; the caller's mistakes are shown as one line, as IPython shows its own."""
    try:
        job()
        return
    except NotifyError as error:
        message = str(error)
    raise UsageError(message)
