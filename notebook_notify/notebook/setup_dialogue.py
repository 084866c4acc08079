"""``%notify_setup``'s questions and answers."""

from __future__ import annotations

import getpass
import time
from typing import TYPE_CHECKING, Any

from IPython.core.error import StdinNotImplementedError
from IPython.display import display

from notebook_notify import sender
from notebook_notify.errors import TargetError
from notebook_notify.platforms import SPECS, channel_of
from notebook_notify.reports import SendReport
from notebook_notify.targets import Target
from notebook_notify.texts import local, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_notify.fields import Field, Spec


def set_up(name: str, channel: str | None, given: Mapping[str, str]) -> None:
    """Ask for a target's fields, save it as *name*, check it, and offer a test message.

    Args:
        name: what to call it.
        channel: its kind; ``None`` asks.
        given: fields that are not asked for.

    Raises:
        TargetError: an answer cannot be used, or there is nobody to ask.
        ConfigError: the config file cannot be written.
    """
    if channel is not None and channel not in SPECS:
        kinds = ", ".join(SPECS)
        raise TargetError(
            say(f"没有通道 {channel}；可用：{kinds}", f"no channel {channel}; there are {kinds}")
        )
    try:
        _ask_and_save(name, channel, given)
        return
    except (StdinNotImplementedError, EOFError):
        message = _without_stdin(channel)
    raise TargetError(message)


def _ask_and_save(name: str, channel: str | None, given: Mapping[str, str]) -> None:
    old = sender.TARGETS.config.targets.get(name)
    if old is not None and not _yes(
        say(
            f"{name}（{old.channel}）已存在，替换它？[y/N] ",
            f"{name} ({old.channel}) exists. Replace it? [y/N] ",
        )
    ):
        print(say("没有改动", "kept as it is"))  # noqa: T201 - a dialogue
        return
    spec = SPECS[channel] if channel else _choose()
    fields: dict[str, Any] = {**given}
    for one in spec.fields:
        if one.required or one.kind in ("names", "text"):
            answer = _ask(one)
            if answer:
                fields[one.name] = answer
    target = Target(spec.kind, spec.parse(fields), name=name)
    channel_of(target)  # raises before anything is saved
    default = spec.magic if _wants_default(name, spec) else None
    path = sender.TARGETS.save(name, target, default)
    print(say(f"已保存到 {path}（仅本人可读）", f"saved in {path} (only you can read it)"))  # noqa: T201 - a dialogue
    saved = sender.TARGETS.resolve(name)
    result = sender.SENDER.check(saved)
    if result.outcome == "failed":
        display(SendReport((result,)).bundle(), raw=True)
        return
    good = say(
        "凭证有效。群或接收人是否正确，要发一条消息才知道。",
        "The credential is good. Whether chat and people are right, only a message shows.",
    )
    robot = say(
        "机器人的地址对不对，要发一条消息才知道。",
        "Whether the robot is right, only a message shows.",
    )
    print(good if result.outcome == "sent" else robot)  # noqa: T201
    if _yes(say("现在发一条测试消息？[y/N] ", "Send a test message now? [y/N] ")):
        now = f"{local(time.time()):%m-%d %H:%M:%S}"
        text = say(f"notebook_notify 测试消息 · {now}", f"notebook_notify test message · {now}")
        display(sender.send(text, saved).bundle(), raw=True)


def _choose() -> Spec:
    # The quickest first: a robot needs one value, and no administrator.
    kinds = sorted(SPECS.values(), key=lambda spec: sum(one.required for one in spec.fields))
    for number, spec in enumerate(kinds, 1):
        needed = [one for one in spec.fields if one.required]
        where = f" — {say(*needed[0].where)}" if len(needed) == 1 else ""
        print(f"  {number}  {say(*spec.title)} ({spec.kind}){where}")  # noqa: T201
    answer = input(say("发到哪里？[1] ", "Where to? [1] ")).strip() or "1"
    if answer in SPECS:
        return SPECS[answer]
    if answer.isdigit() and 0 < int(answer) <= len(kinds):
        return kinds[int(answer) - 1]
    raise TargetError(say(f"没有第 {answer} 项", f"there is no choice {answer}"))


def _ask(one: Field) -> str | list[str]:
    where = say(*one.where)
    if not one.required:
        where += say("；没有则留空", "; leave empty if none")
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
