"""``%notify_setup``'s questions and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from IPython.core.error import StdinNotImplementedError
from IPython.display import display

from notebook_notify import admin, checking, sender
from notebook_notify.errors import PlatformError, SendInterrupted, TargetError
from notebook_notify.notebook import setup_chats
from notebook_notify.notebook.asking import ask, tell, until, yes
from notebook_notify.notebook.cells import attended
from notebook_notify.notebook.setup_questions import (
    ask_again,
    asked,
    choose,
    fill_in,
    without_stdin,
)
from notebook_notify.platforms import SPECS
from notebook_notify.reports import SendReport
from notebook_notify.targets import Target, check_name
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_notify.fields import Spec


def set_up(name: str, channel: str | None, given: Mapping[str, str]) -> None:
    """Ask for a target's fields, save it as *name*, prove it, and offer a test message.

    A group that is not there yet is made, where its platform lets an application do so.

    Args:
        name: what to call it.
        channel: its kind; ``None`` asks.
        given: fields that are not asked for.

    Raises:
        TargetError: an answer cannot be used, the group was not made, there is nobody to ask, or
            the person interrupted it.
        ConfigError: the config file cannot be written.
    """
    if channel is not None and channel not in SPECS:
        kinds = ", ".join(SPECS)
        raise TargetError(
            say(f"没有通道 {channel}；可用：{kinds}", f"no channel {channel}; there are {kinds}")
        )
    check_name(name)  # now, not when a group has been made for it
    _with_someone(lambda: _ask_and_save(name, channel, given), name, channel)


def set_secret(name: str) -> None:
    """Ask for the secrets of the saved target *name*, save those that are given, and prove it.

    Raises:
        TargetError: there is no such target, there is nobody to ask, or the person interrupted it.
        ConfigError: the config file cannot be written.
    """
    old = sender.TARGETS.config.targets.get(name)
    if old is None:
        path = sender.TARGETS.looked_in[0]
        raise TargetError(say(f"{path} 中没有目标 {name}", f"there is no target {name} in {path}"))

    def job() -> None:
        if _mend(name, old, "s"):
            _finish(name, posts=False)

    _with_someone(job, name, old.channel)


def _with_someone(job: Callable[[], object], name: str, channel: str | None) -> None:
    """Run *job*; where nobody can be asked, or who is there interrupts it, say so in words."""
    before = sender.TARGETS.config.targets.get(name)
    try:
        _see_to_someone()
        job()
        return
    except (StdinNotImplementedError, EOFError):
        message = without_stdin(channel)
    except KeyboardInterrupt as stop:
        if isinstance(stop, SendInterrupted) and stop.report.outcome != "failed":
            display(stop.report.bundle(), raw=True)  # it may have arrived, or been made
        message = say("已中断；没有保存", "interrupted; nothing was saved")
        saved = sender.TARGETS.config.targets.get(name)
        if saved is not None and saved != before:
            message = say(
                f"已中断；{name} 已保存到 {saved.source}",
                f"interrupted; {name} is saved in {saved.source}",
            )
    raise TargetError(message)


def _see_to_someone() -> None:
    """Raise ``StdinNotImplementedError`` before anything is said, if the kernel cannot ask."""
    shell = get_ipython()
    if getattr(shell, "kernel", None) is not None and not attended(shell):
        raise StdinNotImplementedError


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
    spec = SPECS[channel] if channel else choose()
    maker = setup_chats.maker_of(spec.kind)
    fields: dict[str, Any] = spec.parse(given)
    for one in asked(spec):
        fill_in(spec, one, fields, empty=maker is not None and one.name == maker.field)
    if maker is not None and maker.needed(fields):
        _prove_credential(spec, maker.field, fields)
    else:
        _see_to_recipients(name, spec, fields)
    # Before a group is made: what is made is then saved without another question.
    default = spec.magic if _wants_default(name, spec) else None
    if maker is not None:
        _again(lambda: maker.fill(fields))
    target = Target(spec.kind, spec.parse(fields), name=name)
    sender.targets(target)  # raises before anything is saved
    _save(name, target, default)
    _finish(name, posts=True)


def _prove_credential(spec: Spec, group: str, fields: dict[str, Any]) -> None:
    """Prove it before questions about a group; what is wrong with it is asked for again.

    Raises:
        TargetError: it is left so.
    """
    while True:
        proof = sender.SENDER.check(admin.credential(spec.kind, group, fields))
        first = proof.steps[0]  # the others are about the group, which is not there yet
        if first.kind == "proved":
            tell(f"✓ {first.told}")
            return
        display(SendReport((proof,)).bundle(), raw=True)
        answer = _what_next(spec, say("凭证没有通过。", "The credential is not proved. "), group)
        if answer in ("s", "c"):
            ask_again(spec, answer, fields, group)
        elif answer != "r":
            raise TargetError(say("没有保存", "nothing was saved"))


def _see_to_recipients(name: str, spec: Spec, fields: dict[str, Any]) -> None:
    """Where an application writes to people, see that some are named; raises ``TargetError``."""
    people = [one for one in asked(spec) if one.kind == "names"]

    def check(known: dict[str, Any]) -> None:
        sender.targets(Target(spec.kind, known, name=name))

    def question() -> dict[str, Any]:
        for one in people:
            fill_in(spec, one, fields, empty=True)
        return fields

    try:
        check(fields)
        return
    except TargetError as error:
        if not people:
            raise
        tell(f"✗ {error}")
    until(question, check)


def _finish(name: str, *, posts: bool) -> None:
    """Prove what is saved, and offer a test message if *posts*; what fails can be mended."""
    spec = SPECS[sender.TARGETS.resolve(name).channel]
    wanted = False
    while True:
        saved = sender.TARGETS.resolve(name)
        report = SendReport((sender.SENDER.check(saved),))
        display(report.bundle(), raw=True)
        head = say("已保存，但没有通过。", "Saved, but not proved. ")
        if report.outcome != "failed":
            wanted = wanted or (
                posts and yes(say("现在发一条测试消息？[y/N] ", "Send a test message now? [y/N] "))
            )
            if not wanted:
                break
            report = sender.post([(saved, checking.trial())], queue=False)
            display(report.bundle(), raw=True)
            head = say("已保存，但测试消息没有发出。", "Saved, but the test message was not sent. ")
        if report.outcome != "failed":
            break
        answer = _what_next(spec, head)
        if answer in ("s", "c"):
            _mend(name, saved, answer)
        elif answer != "r":
            return
    magic = f"%%notify_{spec.magic}"
    use = f"{magic} --to {name}"
    tell(say(f"用法：单元第一行写 {use}", f"Use it: {use}, on a cell's first line"))
    if sender.TARGETS.config.defaults.get(spec.magic) == name:
        tell(
            say(
                f"它是 {magic} 的默认目标：可不写 --to",
                f"It is the default of {magic}: --to can be left out",
            )
        )


def _what_next(spec: Spec, head: str, group: str | None = None) -> str:
    """``r``, ``s``, ``c`` or nothing: what to do about what failed; asked again if it is none."""
    others = [one for one in asked(spec) if not one.secret and one.name != group]
    rest = say("c 重新输入其余各项；", "c: enter the rest again; ") if others else ""
    question = head + say(
        f"r 再试一次；s 重新输入密钥；{rest}回车 到此为止：",
        f"r: try again; s: enter the secret again; {rest}Enter: leave it so: ",
    )

    def check(answer: str) -> None:
        if answer not in ("", "r", "s", *(["c"] if others else [])):
            raise TargetError(
                say(
                    "请只输入上面的一个字母；密钥在 s 之后询问，不回显",
                    "type one of these letters; a secret is asked for after s, without echo",
                )
            )

    return until(lambda: ask(question).lower(), check)


def _mend(name: str, old: Target, what: str) -> bool:
    """Ask again for a saved target's secrets (``s``) or all else (``c``), and save it.

    Returns whether it was saved and lacks nothing.
    """
    spec = SPECS[old.channel]
    fields = dict(old.fields)
    ask_again(spec, what, fields)
    if fields == old.fields:
        tell(say("没有改动", "kept as it is"))
        return False
    lacking = spec.lacking(fields)
    maker = setup_chats.maker_of(spec.kind)
    try:
        if maker is not None and what == "c":
            maker.fill(fields)
        target = Target(spec.kind, spec.parse(fields), name=name)
        if not lacking:
            sender.targets(target)
    except (PlatformError, TargetError) as error:
        tell(f"✗ {error}")
        tell(say("没有改动", "kept as it is"))
        return False
    _save(name, target, None)
    if lacking:  # it was begun in the panel, or by hand
        names = ", ".join(one.name for one in lacking)
        tell(say(f"还缺 {names}", f"it still lacks {names}"))
    return not lacking


def _save(name: str, target: Target, default: str | None) -> None:
    path = sender.TARGETS.save(name, target, default)
    tell(say(f"已保存到 {path}（仅本人可读）", f"saved in {path} (only you can read it)"))


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
