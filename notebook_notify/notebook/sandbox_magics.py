"""``%notify_sandbox`` and ``%notify_inbox``: try everything without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from notebook_notify.errors import NotifyError
from notebook_notify.texts import language, say

if TYPE_CHECKING:
    from notebook_notify.sandbox import Sandbox, SandboxClient


@magics_class
class SandboxMagics(Magics):
    """Starts the sandbox, and shows what it received."""

    shell: Any
    _sandbox: Sandbox | SandboxClient | None = None

    @line_magic
    @no_var_expand
    @magic_arguments()
    @argument("--url", help="use the sandbox at this address instead of starting one here")
    @argument("-o", "--out", metavar="VAR", help="the variable that takes the sandbox")
    def notify_sandbox(self, line: str) -> None:
        """Start the sandbox on this machine and make it the default: nothing goes to a phone.

        It answers as WeCom and DingTalk do, and keeps what it receives: ``%notify_inbox`` shows
        it. With ``-o VAR``, ``VAR.inbox`` are the messages, and ``VAR.fail_next(...)`` makes the
        next request fail.
        """
        from notebook_notify.sandbox import Sandbox, SandboxClient
        from notebook_notify.sender import TARGETS

        arguments = parse_argstring(self.notify_sandbox, line)
        if arguments.out is not None and not arguments.out.isidentifier():
            raise UsageError(say("-o 后面应是变量名", "-o takes a variable's name"))
        if arguments.url:
            self._sandbox = SandboxClient(arguments.url)
        elif not isinstance(self._sandbox, Sandbox):
            self._sandbox = Sandbox().start()
        try:
            TARGETS.use_sandbox(self._sandbox.targets)
        except (OSError, ValueError, NotifyError):
            self._sandbox = None
            message = say(
                f"{arguments.url} 没有沙盒在应答", f"no sandbox answers at {arguments.url}"
            )
        else:
            if arguments.out:
                self.shell.user_ns[arguments.out] = self._sandbox
            self._show()
            return
        raise UsageError(message)

    @line_magic
    @no_var_expand
    def notify_inbox(self, line: str) -> None:
        """Show the messages that the sandbox received, as a phone would."""
        if line.strip():
            raise UsageError(say("%notify_inbox 不带参数", "%notify_inbox takes no argument"))
        if self._sandbox is None:
            raise UsageError(
                say("沙盒没有启动：先 %notify_sandbox", "no sandbox yet: %notify_sandbox first")
            )
        self._show()

    def _show(self) -> None:
        from notebook_notify.sandbox import page

        sandbox: Any = self._sandbox
        messages, lang = sandbox.inbox, language()
        display(
            {
                "text/plain": page.plain(messages, lang),
                "text/html": page.inline(messages, sandbox.url, lang, sandbox.media_bytes),
            },
            raw=True,
        )
