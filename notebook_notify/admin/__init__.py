"""What setting up from Python shares: a :class:`Chat`, and an application's credential.

What a tutorial has one do by hand with the platforms' HTTP calls::

    from notebook_notify import WeComApp, send

    app = WeComApp("ww0123456789", "env:WECOM_SECRET")
    chat = app.create_chat("research", "zhangwei", ["zhangwei", "lisi"], chat_id="research1")
    chat.save("research")
    send("hello", to="research")

No method of an application sends a message. Each raises ``TargetError`` before anything leaves if
what it was given cannot be, and ``PlatformError`` if the platform refused or did not answer; its
text says what to do. Names of groups and people are the platform's own text: whoever prints them
escapes them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from notebook_notify import sender
from notebook_notify.errors import NOT_CONNECTED, OVER_BUDGET, PlatformError, TargetError
from notebook_notify.platforms import SPECS, channel_of
from notebook_notify.secret import Secret
from notebook_notify.targets import Target
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from notebook_notify.platforms.base import Call
    from notebook_notify.platforms.calls import Group

#: In the place of a group, in a target that stands for a credential alone; no call here names it.
_NO_GROUP = "none"


@dataclass(frozen=True, slots=True)
class Chat:
    """A group chat.

    Attributes:
        name: what it is called; as the platform says it, where it was asked.
        owner: the user id of its owner.
        users: the user ids of its members, the owner's among them.
        target: where messages to it go; holds the credential, masked.
        chat_id: its id; at DingTalk the old one.
        open_conversation_id: its new id at DingTalk; empty at WeCom, and where it was not asked.
        notes: what its maker should know, one sentence each.
    """

    name: str
    owner: str
    users: tuple[str, ...]
    target: Target
    chat_id: str = ""
    open_conversation_id: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, group: Group, target: Target, *notes: str, **ids: str) -> Self:
        """The chat that is *group*, reached by *target*."""
        return cls(group.name, group.owner, group.users, target, notes=notes, **ids)

    def save(self, name: str, *, default: bool = False) -> Path:
        """Save :attr:`target` as *name* in the user's config file, which only the user can read.

        A secret that was given as ``env:…`` or ``keyring:…`` is saved as that reference.

        Args:
            name: what ``--to`` and ``send(…, to=…)`` call it.
            default: whether the channel's magic uses it when no target is named.

        Returns:
            The file's path.

        Raises:
            ConfigError: the file cannot be read or written.
            TargetError: the name cannot be used.
        """
        magic = SPECS[self.target.channel].magic if default else None
        return sender.TARGETS.save(name, self.target, magic)


class Application:
    """An application's credential, and how long one method may take.

    Attributes:
        timeout: the longest that one method takes, in seconds.
        sandbox: whether it is the sandbox's, so that nothing reaches a phone.

    Args:
        targets: the credential as each channel has it, without a group.
        timeout: as above.
    """

    sandbox = False

    def __init__(self, *targets: Target, timeout: float) -> None:
        self._targets = {target.channel: target for target in targets}
        self.timeout = timeout

    def __repr__(self) -> str:
        fields = next(iter(self._targets.values())).fields
        shown = ", ".join(f"{key}={one!r}" for key, one in fields.items() if one != _NO_GROUP)
        return f"{type(self).__name__}({shown})"

    def _until(self) -> float:
        return time.monotonic() + self.timeout

    def _ask(self, channel: str, call: Call, until: float) -> dict[str, Any]:
        left = max(0.0, until - time.monotonic())
        try:
            return sender.SENDER.ask(self._targets[channel], call, timeout=left)
        except PlatformError as error:
            late = error.result.code == NOT_CONNECTED and time.monotonic() >= until
            if error.result.code != OVER_BUDGET and not late:
                raise
            result = error.result
        raise PlatformError(
            say(
                f"{self.timeout:g} 秒内没有完成；可加大 timeout 再试",
                f"not done within {self.timeout:g} s; try again with a larger timeout",
            ),
            result=result,
        )

    def _target(self, channel: str, **ids: str) -> Target:
        """The target of the group that has these ids."""
        target = self._targets[channel]
        source = "sandbox" if self.sandbox else target.source
        return replace(target, fields={**target.fields, **ids}, source=source)


def credential(channel: str, group: str, fields: Mapping[str, Any]) -> Target:
    """A target of *channel* that stands for its credential; raises ``TargetError``.

    Args:
        channel: its kind.
        group: the field that names the group.
        fields: the others; those of ``None`` are not given.
    """
    given = {key: value for key, value in fields.items() if value is not None}
    target = Target(channel, SPECS[channel].parse({**given, group: _NO_GROUP}))
    channel_of(target)  # raises if a field is missing
    return target


def credential_of(to: str | Target, *kinds: str) -> Target:
    """The saved target *to*, whose channel must be one of *kinds*; raises ``TargetError``."""
    (target,) = sender.targets(to)
    if target.channel not in kinds:
        title = SPECS[target.channel].title
        able = ", ".join(kinds)
        raise TargetError(
            say(
                f"{target.label} 是{title[0]}，没有这里要用的应用凭证；可用：{able}",
                f"{target.label} is a {title[1]}, which lacks the application's credential that "
                f"this takes; usable: {able}",
            )
        )
    return target


def masked(value: str | Secret) -> Secret:
    """*value* as a secret, so that no traceback of what follows shows it.

    Raises:
        SecretError: it is no text, or begins like a reference and is none.
    """
    if isinstance(value, Secret):
        return value
    return Secret.of(value) if isinstance(value, str) else Secret(value)


def lost(error: PlatformError, zh: str, en: str) -> PlatformError:
    """*error*; if it is not known whether the platform did what was asked, with what to do."""
    if error.result.outcome != "unknown":
        return error
    told = say(
        f"请求已发出，没有收到可读的回应 · {zh}",
        f"the request left, and no answer came that can be read · {en}",
    )
    return PlatformError(told, result=error.result)
