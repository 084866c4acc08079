"""The targets that are known, as they are shown to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from notebook_notify import sender
from notebook_notify.boxes import box
from notebook_notify.columns import pairs
from notebook_notify.platforms import SPECS
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_notify.targets import Known


def show() -> None:
    """Show the targets; raises ``ConfigError`` if a config file cannot be used."""
    known = sender.TARGETS.known()
    notes = [scrub(warning) for warning in sender.TARGETS.config.warnings]
    blocks = [(_head(one), list(_lines(one))) for one in known] or [_none()]
    plain = [pairs(head, lines) for head, lines in blocks]
    html = [box(head, lines) for head, lines in blocks]
    html += [box(note, mark="·") for note in notes]
    display(
        {"text/plain": "\n".join([*plain, *(f"· {n}" for n in notes)]), "text/html": "".join(html)},
        raw=True,
    )


def check(names: Sequence[str], *, post: bool) -> None:
    """Prove these targets, or the defaults, and show what came of it.

    Args:
        names: which; none means the default of each magic.
        post: also post a line to each that did not fail.

    Raises:
        TargetError: no such target, or it cannot work as it is written.
    """
    from notebook_notify import checking

    proofs, posts = checking.check(names, post=post)
    display(proofs.bundle(), raw=True)
    if posts is not None:
        display(posts.bundle(), raw=True)


def _none() -> tuple[str, list[tuple[str, str]]]:
    """What is told where there is no target."""
    return say("还没有目标", "no target yet"), [
        (say("新建", "make one"), say("%notify_setup 名称", "%notify_setup NAME")),
        (
            say("先试", "try"),
            say("%notify_sandbox，不用账号", "%notify_sandbox, without an account"),
        ),
        (say("找过", "looked in"), ", ".join(map(str, sender.TARGETS.looked_in))),
    ]


def _head(one: Known) -> str:
    title = say(*SPECS[one.channel].title)
    name = one.name or say("（环境变量）", "(environment)")
    default = ", ".join(f"%%notify_{magic}" for magic in one.default_for)
    default = say(f" · {default} 的默认目标", f" · default of {default}") if default else ""
    return f"{name} · {title}{default}"


def _lines(one: Known) -> Iterator[tuple[str, str]]:
    if one.missing:
        yield say("缺少", "lacks"), "; ".join(one.missing)
    yield say("通道", "channel"), one.channel
    yield from one.fields.items()
    yield say("来源", "from"), one.source
