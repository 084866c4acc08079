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
    _own: Sandbox | None = None  # the one started here; with --url another is used meanwhile

    @line_magic
    @no_var_expand
    @magic_arguments()
    @argument(
        "--url", help="use the sandbox at this address, {name} filled in; empty: start one here"
    )
    @argument("-o", "--out", metavar="VAR", help="the variable that takes the sandbox")
    def notify_sandbox(self, line: str) -> None:
        """Start the sandbox on this machine and make it the default: nothing goes to a phone.

        在本机启动沙盒并设为默认目标：消息不会发到任何手机。

        It answers as WeCom and DingTalk do, and keeps what it receives: ``%notify_inbox`` shows
        it. With ``-o VAR``, ``VAR.inbox`` are the messages, and ``VAR.fail_next(...)`` makes the
        next request fail.
        """
        from notebook_notify.notebook.filling import fill
        from notebook_notify.sandbox import SandboxClient

        arguments = parse_argstring(self.notify_sandbox, line)
        if arguments.out is not None and not arguments.out.isidentifier():
            raise UsageError(say("-o 后面应是变量名", "-o takes a variable's name"))
        url, failed = fill(arguments.url or "", self.shell.user_ns)
        if failed:
            raise UsageError(say(f"没有变量：{failed[0]}", f"cannot be filled in: {failed[0]}"))
        wrong = self._use(SandboxClient(url)) if url else self.start()
        if wrong:
            raise UsageError(wrong)
        if arguments.out:
            self.shell.user_ns[arguments.out] = self._sandbox
        self._show()

    @property
    def sandbox(self) -> Sandbox | SandboxClient | None:
        """The sandbox that is used, if there is one."""
        return self._sandbox

    def start(self) -> str:
        """Start a sandbox here and make it the default; what is wrong, else an empty string."""
        from notebook_notify.sandbox import Sandbox

        if self._own is None:
            self._own = Sandbox()
        return self._use(self._own.start())  # one that runs is left as it is

    def _use(self, sandbox: Sandbox | SandboxClient) -> str:
        """Make *sandbox* the default; if it is none, give what is wrong and keep the one before."""
        from http.client import HTTPException

        from notebook_notify.sender import TARGETS

        try:
            TARGETS.use_sandbox(sandbox.targets)
        except NotifyError as error:  # an address over which nothing may be sent
            return str(error)
        except (OSError, ValueError, HTTPException):
            return say(f"{sandbox.url} 没有沙盒在应答", f"no sandbox answers at {sandbox.url}")
        except (AttributeError, TypeError):
            return say(
                f"{sandbox.url} 应答的不是沙盒", f"what answers at {sandbox.url} is no sandbox"
            )
        self._sandbox = sandbox
        return ""

    def close(self) -> None:
        """Stop the sandbox that was started here; saved targets are the defaults again."""
        if self._sandbox is not None:
            from notebook_notify.sender import TARGETS

            TARGETS.use_sandbox({})
        if self._own is not None:
            self._own.stop()
        self._sandbox = self._own = None

    @line_magic
    @no_var_expand
    def notify_inbox(self, line: str) -> None:
        """Show the messages that the sandbox received, as a phone would.

        像手机那样显示沙盒收到的消息。
        """
        if line.strip():
            raise UsageError(say("%notify_inbox 不带参数", "%notify_inbox takes no argument"))
        if self._sandbox is None:
            raise UsageError(
                say("沙盒没有启动：先 %notify_sandbox", "no sandbox yet: %notify_sandbox first")
            )
        self._show()

    def _show(self) -> None:
        from http.client import HTTPException

        from notebook_notify.sandbox import page

        sandbox: Any = self._sandbox
        lang = language()
        try:
            messages = sandbox.inbox
            bundle = {
                "text/plain": page.plain(messages, lang),
                "text/html": page.inline(messages, sandbox.url, lang, sandbox.media_bytes),
            }
        except (OSError, RuntimeError):
            told = say(
                "沙盒已不在应答：重新 %notify_sandbox",
                "the sandbox answers no more: %notify_sandbox again",
            )
        except (ValueError, LookupError, TypeError, HTTPException):
            told = say(
                f"{sandbox.url} 的消息无法显示：它可能是别的版本",
                f"the messages at {sandbox.url} cannot be shown: it may be of another version",
            )
        else:
            display(bundle, raw=True)
            return
        raise UsageError(told)
