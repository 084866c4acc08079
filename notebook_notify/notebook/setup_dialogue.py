"""``%notify_setup``'s questions and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import StdinNotImplementedError
from IPython.display import display

from notebook_notify import checking, sender
from notebook_notify.errors import NotifyError, PlatformError, TargetError
from notebook_notify.notebook import setup_chats
from notebook_notify.notebook.asking import ask, ask_unseen, tell, words, yes
from notebook_notify.platforms import SPECS
from notebook_notify.reports import SendReport
from notebook_notify.targets import Target
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_notify.fields import Field, Spec


def set_up(name: str, channel: str | None, given: Mapping[str, str]) -> None:
    """Ask for a target's fields, save it as *name*, prove it, and offer a test message.

    A group that is not there yet is made, where its platform lets an application do so.

    Args:
        name: what to call it.
        channel: its kind; ``None`` asks.
        given: fields that are not asked for.

    Raises:
        TargetError: an answer cannot be used, the group was not made, or there is nobody to ask.
        ConfigError: the config file cannot be written.
    """
    if channel is not None and channel not in SPECS:
        kinds = ", ".join(SPECS)
        raise TargetError(
            say(f"没有通道 {channel}；可用：{kinds}", f"no channel {channel}; there are {kinds}")
        )
    _with_someone(lambda: _ask_and_save(name, channel, given), channel)


def set_secret(name: str) -> None:
    """Ask for the secrets of the saved target *name*, save those that are given, and prove it.

    Raises:
        TargetError: there is no such target, or there is nobody to ask.
        ConfigError: the config file cannot be written.
    """
    old = sender.TARGETS.config.targets.get(name)
    if old is None:
        path = sender.TARGETS.looked_in[0]
        raise TargetError(say(f"{path} 中没有目标 {name}", f"there is no target {name} in {path}"))
    _with_someone(lambda: _replace_secret(name, old), old.channel)


def _with_someone(job: Callable[[], object], channel: str | None) -> None:
    """Run *job*; where nobody can be asked, say what to do instead."""
    try:
        job()
        return
    except (StdinNotImplementedError, EOFError):
        message = _without_stdin(channel)
    raise TargetError(message)


def _ask_and_save(name: str, channel: str | None, given: Mapping[str, str]) -> None:
    old = sender.TARGETS.config.targets.get(name)
    if old is not None and not yes(
        say(
            f"{name}（{old.channel}）已存在，替换它？[y/N] ",
            f"{name} ({old.channel}) exists. Replace it? [y/N] ",
        )
    ):
        tell(say("没有改动", "kept as it is"))
        return
    spec = SPECS[channel] if channel else _choose()
    maker = setup_chats.maker_of(spec.kind)
    fields: dict[str, Any] = {**given}
    for one in spec.fields:
        if one.required or one.kind in ("names", "text"):
            answer = _answer(spec, one, made=maker is not None and one.name == maker.field)
            if answer:
                fields[one.name] = answer
    if maker is not None:
        _again(lambda: maker.fill(fields))
    target = Target(spec.kind, spec.parse(fields), name=name)
    sender.targets(target)  # raises before anything is saved
    default = spec.magic if _wants_default(name, spec) else None
    _save(name, target, default)
    if not _prove(name):
        return
    if yes(say("现在发一条测试消息？[y/N] ", "Send a test message now? [y/N] ")):
        saved = sender.TARGETS.resolve(name)
        display(sender.post([(saved, checking.trial())], queue=False).bundle(), raw=True)


def _replace_secret(name: str, old: Target) -> bool:
    """Ask for it, save it, and tell whether the target did not fail with it."""
    spec = SPECS[old.channel]
    given = {}
    for one in spec.fields:
        if one.secret and (one.required or old.get(one.name) is not None):
            answer = ask_unseen(one, say("留空则不变", "leave empty to keep it"))
            if answer:
                given[one.name] = answer
    if not given:
        tell(say("没有改动", "kept as it is"))
        return False
    target = Target(spec.kind, {**old.fields, **spec.parse(given)}, name=name)
    lacking = spec.lacking(target.fields)
    if not lacking:
        sender.targets(target)
    _save(name, target, None)
    if lacking:  # it was begun in the panel, or by hand
        names = ", ".join(one.name for one in lacking)
        tell(say(f"还缺 {names}", f"it still lacks {names}"))
        return False
    return _prove(name)


def _save(name: str, target: Target, default: str | None) -> None:
    path = sender.TARGETS.save(name, target, default)
    tell(say(f"已保存到 {path}（仅本人可读）", f"saved in {path} (only you can read it)"))


def _prove(name: str) -> bool:
    """Show the proof; ``False`` if it failed and is left so."""
    while True:
        saved = sender.TARGETS.resolve(name)
        proof = sender.SENDER.check(saved)
        display(SendReport((proof,)).bundle(), raw=True)
        if proof.outcome != "failed":
            return True
        answer = ask(
            say(
                "已保存，但没有通过。r 再验证一次；s 重新输入密钥；回车 保留现状：",
                "Saved, but not proved. r: prove it again; s: type the secret again; "
                "Enter: leave it so: ",
            )
        ).lower()
        if answer == "s":
            return _replace_secret(name, saved)
        if answer != "r":
            return False


def _again(job: Callable[[], None]) -> None:
    """Run *job*, and again while it fails and is wanted; its answers are kept in between."""
    while True:
        try:
            job()
            return
        except (PlatformError, TargetError) as error:
            tell(f"✗ {error}")
        if not yes(say("再试这一步？[y/N] ", "Try this step again? [y/N] ")):
            raise TargetError(say("没有保存", "nothing was saved"))


def _choose() -> Spec:
    # The quickest first: a robot needs one value, and no administrator.
    kinds = sorted(SPECS.values(), key=lambda spec: sum(one.required for one in spec.fields))
    for number, spec in enumerate(kinds, 1):
        needed = [one for one in spec.fields if one.required]
        where = f" — {say(*needed[0].where)}" if len(needed) == 1 else ""
        tell(f"  {number}  {say(*spec.title)} ({spec.kind}){where}")
    answer = ask(say("发到哪里？[1] ", "Where to? [1] ")) or "1"
    if answer in SPECS:
        return SPECS[answer]
    if answer.isdigit() and 0 < int(answer) <= len(kinds):
        return kinds[int(answer) - 1]
    raise TargetError(say(f"没有第 {answer} 项", f"there is no choice {answer}"))


def _answer(spec: Spec, one: Field, *, made: bool) -> str | list[str]:
    """The answer to *one*, asked again while it cannot be used; empty if there is none."""
    while True:
        answer = _ask(one, made=made)
        try:
            if answer:
                spec.parse({one.name: answer})
            return answer
        except NotifyError as error:
            tell(f"✗ {error}")


def _ask(one: Field, *, made: bool) -> str | list[str]:
    where = say(*one.where)
    if made:
        where += say("；还没有群则留空，接着建群", "; leave empty to make a group")
    elif not one.required:
        where += say("；没有则留空", "; leave empty if none")
    if one.secret:
        return ask_unseen(one, "" if one.required else say("没有则留空", "leave empty if none"))
    answer = ask(f"{one.name} — {where}: ")
    return words(answer) if one.kind == "names" and answer != "@all" else answer


def _wants_default(name: str, spec: Spec) -> bool:
    defaults = sender.TARGETS.config.defaults
    current = defaults.get(spec.magic)
    if current in (None, name):
        return True
    return yes(
        say(
            f"让它取代 {current} 成为 %%notify_{spec.magic} 的默认目标？[y/N] ",
            f"Make it the default of %%notify_{spec.magic} instead of {current}? [y/N] ",
        )
    )


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
