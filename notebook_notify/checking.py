"""What ``--check`` does: proves targets, and on request posts a line to each."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_notify import sender
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.budget import Budget
from notebook_notify.errors import ConfigError, TargetError
from notebook_notify.messages import Message
from notebook_notify.platforms import channel_of
from notebook_notify.sending.proofs import Proof
from notebook_notify.targets import MAGICS, Target
from notebook_notify.texts import local, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.reports import SendReport, SendResult


def check(
    names: Sequence[str], *, timeout: float = TIMEOUT, post: bool = False
) -> tuple[SendReport, SendReport | None]:
    """Prove targets step by step; posts nothing unless *post*.

    Args:
        names: which; none means the default of each magic.
        timeout: the longest wait, in seconds, for all of it.
        post: then post a line to each that did not fail. A default that stands for everyone is
            left out, since nobody named it.

    Returns:
        The proofs, and what became of the lines: ``None`` if none was to be posted.

    Raises:
        TargetError: no such target, or it cannot work as it is written.
    """
    budget = Budget.of(timeout)
    wanted = [sender.TARGETS.resolve(name) for name in dict.fromkeys(names)] or defaults()
    proofs = _forbidden(wanted, sender.SENDER.check_all(wanted, timeout=timeout))
    if not post:
        return proofs, None
    good = [to for to, one in zip(wanted, proofs.results, strict=True) if one.outcome != "failed"]
    spared = [one.label for one in good if not names and channel_of(one).everyone(one)]
    lines = [(one, trial()) for one in good if one.label not in spared]
    posts = sender.post(lines, budget=budget, queue=False)
    if spared:
        listed = ", ".join(spared)
        told = say(
            f"没有发给 {listed}：会发给所有人；确要发时保存为目标，并指明名称",
            f"nothing was posted to {listed}, which is everyone; if that is meant, name it, "
            "as a saved target",
        )
        posts = replace(posts, notes=(*posts.notes, told))
    arrived = {id(to): one for (to, _), one in zip(lines, posts.results, strict=True)}
    settled = tuple(
        one.after(arrived[id(to)]) if isinstance(one, Proof) and id(to) in arrived else one
        for to, one in zip(wanted, proofs.results, strict=True)
    )
    return replace(proofs, results=settled), posts


def _forbidden(wanted: Sequence[Target], proofs: SendReport) -> SendReport:
    """*proofs*, in which none is good of a target that the administrator forbids to send to."""
    results: list[SendResult] = []
    for target, one in zip(wanted, proofs.results, strict=True):
        results.append(one)
        try:
            sender.targets(target)
        except TargetError as error:
            if isinstance(one, Proof) and one.outcome != "failed":
                results[-1] = one.forbidden(str(error))
    return replace(proofs, results=tuple(results))


def defaults() -> list[Target]:
    """The default target of each magic that has one, the environment's among them, each once.

    Raises:
        TargetError: there is none, or one that the config file names lacks something.
    """
    found: list[Target] = []
    for magic in MAGICS:
        try:
            target = sender.TARGETS.resolve(magic=magic)
        except ConfigError:
            raise
        except TargetError:
            if magic in sender.TARGETS.config.defaults:
                raise
            continue
        if target not in found:
            found.append(target)
    return found or [sender.TARGETS.resolve()]


def trial() -> Message:
    """The line that is posted: it says what it is, and when."""
    now = f"{local(time.time()):%m-%d %H:%M:%S}"
    return Message(
        say(f"notebook_notify 测试消息 · {now}", f"notebook_notify test message · {now}")
    )
