"""``%notify_targets`` and ``%notify_setup``: what is known, and how to make more known."""

from __future__ import annotations

import getpass
from html import escape
from typing import TYPE_CHECKING, Any

from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments
from IPython.display import display

from notebook_notify import sender
from notebook_notify.errors import NotifyError
from notebook_notify.platforms import SPECS
from notebook_notify.reports import SendReport
from notebook_notify.secret import Secret, scrub
from notebook_notify.targets import Target
from notebook_notify.texts import local, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_notify.book import Known
    from notebook_notify.targets import Field, Spec


@magics_class
class TargetMagics(Magics):
    """Shows targets and sets them up."""

    @line_magic
    @no_var_expand
    def notify_targets(self, line: str) -> None:
        """Show which targets are known, where each comes from, and what it lacks.

        Secrets are masked; a reference (``env:NAME``, ``keyring:SERVICE/USER``) is shown as it is.
        """
        if line.strip():
            raise UsageError(say("%notify_targets 不带参数", "%notify_targets takes no argument"))
        try:
            known = sender.TARGETS.known()
            warnings = sender.TARGETS.config.warnings
        except NotifyError as error:
            message = str(error)
        else:
            _show_known(known, warnings)
            return
        raise UsageError(message)

    @line_magic
    @no_var_expand
    @magic_arguments()
    @argument("name", help="what to call the target, e.g. ops")
    @argument("--channel", choices=sorted(SPECS), help="skip the question for the channel")
    def notify_setup(self, line: str) -> None:
        """Ask step by step for a target, save it, check it, and offer a test message.

        Secrets are asked for without echo, and saved in a file that only you can read; a
        reference (``env:NAME`` or ``keyring:SERVICE/USER``) is kept as a reference.
        """
        arguments = self.notify_setup.parser.parse_argstring(line)
        try:
            _set_up(arguments.name, arguments.channel)
            return
        except (StdinNotImplementedError, EOFError):
            message = _without_stdin(arguments.channel)
        except NotifyError as error:
            message = str(error)
        raise UsageError(message)


def _set_up(name: str, channel: str | None) -> None:
    spec = SPECS[channel] if channel else _choose()
    fields: dict[str, Any] = {}
    for one in spec.fields:
        if one.required or one.kind == "names":
            answer = _ask(one, spec)
            if answer:
                fields[one.name] = answer
    target = Target(spec.kind, spec.parse(fields), name=name)
    sender.channel_of(target)  # raises before anything is saved
    default = spec.magic if _wants_default(name, spec) else None
    path = sender.TARGETS.save(name, target, default)
    print(say(f"已保存到 {path}（仅本人可读）", f"saved in {path} (only you can read it)"))  # noqa: T201 - a dialogue
    saved = sender.TARGETS.resolve(name)
    result = sender.SENDER.check(saved)
    if result.outcome != "sent":
        display(SendReport((result,)).bundle(), raw=True)
        return
    print(  # noqa: T201
        say(
            "凭证有效。群或接收人是否正确，要发一条消息才知道。",
            "The credential is good. Whether the chat or the people are right, only a message shows.",
        )
    )
    if _yes(say("现在发一条测试消息？[y/N] ", "Send a test message now? [y/N] ")):
        now = f"{local(__import__('time').time()):%m-%d %H:%M:%S}"
        text = say(f"notebook_notify 测试消息 · {now}", f"notebook_notify test message · {now}")
        display(sender.send(text, saved).bundle(), raw=True)


def _choose() -> Spec:
    kinds = list(SPECS.values())
    for number, spec in enumerate(kinds, 1):
        print(f"  {number}  {say(*spec.title)} ({spec.kind})")  # noqa: T201
    answer = input(say("发到哪里？[1] ", "Where to? [1] ")).strip() or "1"
    if answer in SPECS:
        return SPECS[answer]
    if answer.isdigit() and 0 < int(answer) <= len(kinds):
        return kinds[int(answer) - 1]
    raise UsageError(say(f"没有第 {answer} 项", f"there is no choice {answer}"))


def _ask(one: Field, spec: Spec) -> str | list[str]:
    where = say(*one.where)
    if one.secret:
        hint = say("不回显；也可填 env:变量名", "not echoed; env:NAME works too")
        return getpass.getpass(f"{one.name} — {where} ({hint}): ").strip()
    answer = input(f"{one.name} — {where}: ").strip()
    if one.kind == "names" and answer != "@all":
        return [word for word in answer.replace("，", ",").replace(",", " ").split() if word]
    return answer


def _wants_default(name: str, spec: Spec) -> bool:
    defaults = sender.TARGETS.config.defaults
    current = defaults.get(spec.magic)
    if current in (None, name):
        return True
    return _yes(
        say(
            f"让它取代 {current} 成为 %%notify_{spec.magic} 的默认目标？[y/N] ",
            f"Make it the default of %%notify_{spec.magic} instead of {current}? [y/N] ",
        )
    )


def _yes(question: str) -> bool:
    return input(question).strip().lower() in ("y", "yes", "是")


def _without_stdin(channel: str | None) -> str:
    specs = [SPECS[channel]] if channel else list(SPECS.values())
    variables = "; ".join(
        f"{spec.kind}: " + ", ".join(one.variable for one in spec.fields if one.variable)
        for spec in specs
    )
    path = sender.TARGETS.looked_in[0]
    return say(
        f"这里无法提问（没有输入）。请设置环境变量 {variables}；或编辑 {path}",
        f"this front end cannot ask. Set the environment variables {variables}; or edit {path}",
    )


def _show_known(known: Sequence[Known], warnings: Sequence[str]) -> None:
    looked = ", ".join(map(str, sender.TARGETS.looked_in))
    if not known:
        hint = say(
            f"还没有目标（找过 {looked}）。%notify_setup 名称 新建一个；%notify_sandbox 不用账号先试",
            f"no target yet (looked in {looked}). Make one with %notify_setup NAME, "
            "or try without an account: %notify_sandbox",
        )
        display({"text/plain": hint}, raw=True)
        return
    rows = [_row(one) for one in known]
    heads = (say("名称", "name"), say("通道", "channel"), say("默认用于", "default of"),
             say("字段", "fields"), say("来源", "from"), say("缺少", "lacks"))
    notes = [scrub(warning) for warning in warnings]
    display({"text/plain": _plain(heads, rows, notes), "text/html": _html(heads, rows, notes)}, raw=True)


def _row(one: Known) -> tuple[str, ...]:
    defaults = ", ".join(f"%%notify_{magic}" for magic in one.default_for)
    fields = ", ".join(f"{key} = {value}" for key, value in one.fields.items())
    title = say(*SPECS[one.channel].title)
    name = one.name or say("（环境变量）", "(environment)")
    return (name, f"{title} {one.channel}", defaults, fields, one.source, "; ".join(one.missing))


def _plain(heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> str:
    lines = []
    for row in rows:
        name, *rest = row
        lines.append(name)
        lines += [f"    {head}: {text}" for head, text in zip(heads[1:], rest, strict=True) if text]
    return "\n".join([*lines, *(f"· {note}" for note in notes)])


def _html(heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> str:
    style = 'style="text-align:left;vertical-align:top;padding:.25em .75em;overflow-wrap:anywhere"'
    cells: Callable[[str, Sequence[str]], str] = lambda tag, row: "".join(  # noqa: E731
        f"<{tag} {style}>{escape(text)}</{tag}>" for text in row
    )
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    noted = "".join(f"<div>· {escape(note)}</div>" for note in notes)
    return f"<table><thead><tr>{cells('th', heads)}</tr></thead><tbody>{body}</tbody></table>{noted}"
