"""What the Set-up tab does off the kernel's threads: check a target, prove it, save it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_notify import sender
from notebook_notify.errors import NotifyError, SecretError, TargetError
from notebook_notify.grouping import GROUP_FIELDS, dingtalk_app, outdated
from notebook_notify.platforms import SPECS, channel_of
from notebook_notify.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_notify.sending.proofs import Proof
    from notebook_notify.targets import Target


class FieldError(NotifyError):
    """What is wrong with one field.

    Attributes:
        field: its name.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def proved(target: Target) -> tuple[Target, Proof]:
    """Prove *target*; posts nothing.

    Returns:
        The target, an old chat id in it changed for a new one, and the proof.

    Raises:
        FieldError: something is wrong with a field.
        PlatformError: an old chat id cannot be changed.
    """
    target = _current(target)
    _check(target)
    return target, sender.SENDER.check(target)


def saved(name: str, target: Target, default: str | None) -> tuple[Target, Path, Proof]:
    """Save *target* as *name*, as the default of the magic *default* too, and prove it.

    Raises:
        ConfigError: the config file cannot be written.
        TargetError: the name cannot be used.
        FieldError: as above; nothing was saved.
        PlatformError: as above; nothing was saved.
    """
    target = _current(target)
    _check(target)
    path = sender.TARGETS.save(name, target, default)
    return target, path, sender.SENDER.check(target)


def _current(target: Target) -> Target:
    on = GROUP_FIELDS.get(target.channel, "")
    group = str(target.get(on, ""))
    if not outdated(target.channel, group):
        return target
    _reveal(target)
    new = dingtalk_app(target.fields).convert(group)
    return replace(target, fields={**target.fields, on: new})


def _check(target: Target) -> None:
    """See that *target* can work as it is written; raises ``FieldError``."""
    _reveal(target)
    # What can still be wrong: a webhook that is none, or for whom it is.
    about = "webhook" if SPECS[target.channel].field("webhook") else "users"
    try:
        channel_of(target)
    except TargetError as error:
        raise FieldError(about, str(error)) from None
    try:
        sender.alert_for(target)
    except TargetError as error:
        raise FieldError("alert", str(error)) from None
    try:
        sender.targets(target)
    except TargetError as error:  # the administrator forbids messages to all
        raise FieldError("users", str(error)) from None


def _reveal(target: Target) -> None:
    """See that all secrets are where *target* says; a keyring may take its time."""
    for name in target:
        if isinstance(target.get(name), Secret):
            try:
                target.reveal(name)
            except SecretError as error:
                raise FieldError(name, str(error)) from None
