"""What ``%notify_setup`` asks for: a channel, and its fields one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_notify import sender
from notebook_notify.errors import TargetError
from notebook_notify.notebook.asking import ask, ask_unseen, filled, readable, tell, until, words
from notebook_notify.platforms import SPECS, channel_of
from notebook_notify.targets import Target
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.fields import Field, Spec


def _kinds() -> list[Spec]:
    """The channels, the quickest first: a robot needs one value, and no administrator."""
    return sorted(SPECS.values(), key=lambda spec: sum(one.required for one in spec.fields))


def choose() -> Spec:
    """The channel that the person picks from a menu; raises ``TargetError`` if none."""
    kinds = _kinds()
    for number, spec in enumerate(kinds, 1):
        needed = [one for one in spec.fields if one.required]
        app = say("需要管理员", "needs an administrator")
        where = say(*needed[0].where) if len(needed) == 1 else app
        tell(f"  {number}  {say(*spec.title)} ({spec.kind}) — {where}")
    numbers = {str(number): spec for number, spec in enumerate(kinds, 1)}
    choices = {**SPECS, **numbers}

    def check(answer: str) -> None:
        if answer not in choices:
            raise TargetError(say(f"没有第 {answer} 项", f"there is no choice {answer}"))

    return choices[until(lambda: ask(say("发到哪里？[1] ", "Where to? [1] ")) or "1", check)]


def asked(spec: Spec) -> list[Field]:
    """The fields that are asked for."""
    return [one for one in spec.fields if one.required or one.kind in ("names", "text")]


def fill_in(
    spec: Spec, one: Field, fields: dict[str, Any], *, empty: bool = False, old: Any = None
) -> None:
    """Ask for *one*, again while the answer cannot be used, and put it into *fields*.

    Args:
        spec: the channel.
        one: the field.
        fields: those that are known.
        empty: whether it may be left empty although it is required.
        old: what it was: kept if the answer is empty.

    Raises:
        TargetError: no answer could be used.
    """

    def check(answer: str | list[str]) -> None:
        if one.required and not empty:
            filled(answer)
        if not answer:
            return
        given = {**fields, **spec.parse({one.name: answer})}
        if one.secret:
            readable(str(answer))
            # Of a robot this is all there is, and its form can be told.
            if not spec.lacking(given):
                channel_of(Target(spec.kind, given))

    answer = until(lambda: _ask(one, empty=empty, old=old), check)
    if answer:
        fields[one.name] = spec.parse({one.name: answer})[one.name]


def _ask(one: Field, *, empty: bool, old: Any) -> str | list[str]:
    hint = ""
    if old is not None:
        hint = say("留空则不变", "leave empty to keep it")
    elif one.required and empty:
        hint = say("还没有群则留空，接着建群", "leave empty to make a group")
    elif not one.required:
        hint = say("没有则留空", "leave empty if none")
    if one.secret:
        return ask_unseen(one, hint)
    where = say(*one.where) + (say(f"；{hint}", f"; {hint}") if hint else "")
    shown = ", ".join(old) if isinstance(old, list) else str("" if old is None else old)
    answer = ask(f"{one.name} — {where}: ", shown)
    return words(answer) if one.kind == "names" and answer != "@all" else answer


def ask_again(spec: Spec, what: str, fields: dict[str, Any], group: str | None = None) -> None:
    """Ask for secrets (``s``) or for all else (``c``); who presses Enter keeps what is there."""
    for one in asked(spec):
        if one.secret == (what == "s") and one.name != group:
            fill_in(spec, one, fields, empty=True, old=fields.get(one.name, ""))


def without_stdin(channel: str | None) -> str:
    """What to do where nobody can be asked: one line a channel, or for *channel* alone."""
    rows = []
    for spec in [SPECS[channel]] if channel else _kinds():
        needed = [one for one in spec.fields if one.required or one.env_scope]
        if all(one.variable for one in needed):  # else the environment cannot make it whole
            names = [
                one.variable + ("" if one in needed else say("（可选）", " (optional)"))
                for one in spec.fields
                if one.variable
            ]
            rows.append(f"  {spec.kind}: {', '.join(names)}")
    path = sender.TARGETS.looked_in[0]
    ask_not = say("这里无法提问（没有输入）。", "this front end cannot ask. ")
    if not rows:
        return ask_not + say(f"请编辑 {path}", f"Edit {path}")
    return "\n".join(
        [
            ask_not
            + say("请设置其中一行的环境变量：", "Set the environment variables of one line:"),
            *rows,
            say(f"或编辑 {path}", f"or edit {path}"),
        ]
    )
