"""``%notify_sandbox`` and ``%notify_inbox``: try everything without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from notebook_notify.errors import NotifyError
from notebook_notify.notebook.manuals import argument, arguments_of, in_chinese
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
    @argument(
        "--url",
        help=(
            "用这个地址的沙盒，{变量} 会填入；为空则在此启动一个",
            "use the sandbox at this address, {name} filled in; empty: start one here",
        ),
    )
    @argument(
        "-o",
        "--out",
        metavar="VAR",
        help=("接收沙盒的变量", "the variable that takes the sandbox"),
    )
    @in_chinese(
        """在本机启动沙盒并设为默认目标：消息不会发到任何手机。

        它像企业微信和钉钉那样应答，并留下收到的消息：``%notify_inbox`` 查看。用了 ``-o VAR``，
        ``VAR.inbox`` 是这些消息，``VAR.fail_next(...)`` 让下一个请求失败。
        """
    )
    def notify_sandbox(self, line: str) -> None:
        """Start the sandbox on this machine and make it the default: nothing goes to a phone.

        It answers as WeCom and DingTalk do, and keeps what it receives: ``%notify_inbox`` shows
        it. With ``-o VAR``, ``VAR.inbox`` are the messages, and ``VAR.fail_next(...)`` makes the
        next request fail.
        """
        from notebook_notify.notebook.filling import fill
        from notebook_notify.sandbox import SandboxClient

        arguments = arguments_of(self.notify_sandbox, line)
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
        self._show(about=True)

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
    @in_chinese("""像手机那样显示沙盒收到的消息。""")
    def notify_inbox(self, line: str) -> None:
        """Show the messages that the sandbox received, as a phone would."""
        if line.strip():
            raise UsageError(say("%notify_inbox 不带参数", "%notify_inbox takes no argument"))
        if self._sandbox is None:
            raise UsageError(
                say("沙盒没有启动：先 %notify_sandbox", "no sandbox yet: %notify_sandbox first")
            )
        self._show()

    def _show(self, *, about: bool = False) -> None:
        """Show the inbox; below what the sandbox is, and what to do with it, if *about*."""
        from http.client import HTTPException

        from notebook_notify.boxes import box
        from notebook_notify.columns import pairs
        from notebook_notify.sandbox import page

        sandbox: Any = self._sandbox
        lang = language()
        try:
            messages = sandbox.inbox
            bundle = {
                "text/plain": page.plain(messages, lang),
                "text/html": page.inline(messages, sandbox.url, lang, sandbox.media_bytes),
            }
            if about:
                head, rows = _about(sandbox.url)
                bundle["text/html"] = box(head, rows) + bundle["text/html"]
                received = f"\n\n{bundle['text/plain']}" if messages else ""
                bundle["text/plain"] = pairs(head, rows) + received
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


def _about(url: str) -> tuple[str, list[tuple[str, str]]]:
    """What the sandbox at *url* is, and what to do next with it."""
    head = say(
        "沙盒：在本机像企业微信和钉钉那样应答，不发到任何手机；现在是默认目标",
        "The sandbox: it answers as WeCom and DingTalk do, on this machine, and reaches no phone; "
        "it is the default target now",
    )
    return head, [
        (say("发一条", "send"), say("%notify_wechat 你好", "%notify_wechat hello")),
        (
            say("看手机", "look"),
            say(f"%notify_inbox，或打开 {url}", f"%notify_inbox, or open {url}"),
        ),
        (say("真发送", "for real"), say("%notify_setup 名称", "%notify_setup NAME")),
    ]
