"""Where a message goes: :class:`Target`, and what the environment says of targets."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import TargetError
from notebook_notify.fields import SECRET_FIELDS, ids_in
from notebook_notify.secret import MASK, Secret, scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from notebook_notify.fields import Field, Spec

#: The magics that channels answer to, without ``%%notify_``.
MAGICS = ("wechat", "wechat_app", "dingtalk")
#: The ``source`` of a target that environment variables describe.
ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """One place that messages go to.

    >>> Target("wecom_chat", {"corp_id": "ww1", "corp_secret": "…", "chat_id": "c"})

    Pickles as its parts, and so only if its secrets are references.

    Attributes:
        channel: the channel's kind, e.g. ``wecom_chat``.
        fields: the channel's fields; strings in secret fields, and a proxy's URL with a password,
            become :class:`Secret`.
        name: its name in the config file, or ``None`` for one made on the spot.
        source: where it came from, for people: a path, ``environment``, ``explicit``, ``sandbox``.
    """

    channel: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    source: str = "explicit"

    def __post_init__(self) -> None:
        wrapped = {
            key: Secret.of(value) if isinstance(value, str) and _is_secret(key, value) else value
            for key, value in self.fields.items()
        }
        object.__setattr__(self, "fields", wrapped)

    def __repr__(self) -> str:
        # Scrubbed, since a secret may have been written where none belongs.
        return scrub(
            f"Target({self.channel!r}, {self.fields!r}, name={self.name!r}, source={self.source!r})"
        )

    def get(self, key: str, default: Any = None) -> Any:
        """The field *key*, or *default*."""
        return self.fields.get(key, default)

    def reveal(self, key: str, environ: Mapping[str, str] = os.environ) -> str:
        """The value of a secret field.

        Raises:
            SecretError: the reference leads to nothing.
            TargetError: the target has no such field.
        """
        value = self.fields.get(key)
        if value is None:
            raise TargetError(say(f"{self.label} 缺少 {key}", f"{self.label} has no {key}"))
        return value.reveal(environ) if isinstance(value, Secret) else str(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    @property
    def label(self) -> str:
        """How people call it: its name, else its channel."""
        return self.name or self.channel


@dataclass(frozen=True, slots=True)
class Known:
    """One known target, for people; holds no secret.

    Attributes:
        name: its name, or ``None`` for what the environment says.
        channel: the channel's kind.
        source: a path, ``environment`` or ``sandbox``.
        default_for: the magics that use it when no ``--to`` is given.
        fields: its fields as text; a secret is its reference, or ``••••``.
        missing: what it lacks, one phrase each; a keyring is not asked.
    """

    name: str | None
    channel: str
    source: str
    default_for: tuple[str, ...]
    fields: Mapping[str, str]
    missing: tuple[str, ...]


def check_name(name: str) -> None:
    """Raise ``TargetError`` if no target can be called *name*: ``--to NAME`` could not say it."""
    if not name or name.startswith("-") or any(mark.isspace() for mark in name):
        raise TargetError(
            say(
                "名称不能为空、含空格或以 - 开头",
                "a name is not empty, holds no space and does not begin with -",
            )
        )


def _is_secret(key: str, value: str) -> bool:
    if key == "proxy":
        return "@" in value or value.strip().startswith(("env:", "keyring:"))
    return key in SECRET_FIELDS


def masked(target: Target) -> dict[str, str]:
    """The fields of *target* as text; a secret is its reference, or ``••••``."""
    return {key: _shown(key, value) for key, value in target.fields.items()}


def _shown(key: str, value: object) -> str:
    if not isinstance(value, Secret):
        return scrub(", ".join(value) if isinstance(value, list) else str(value))
    if key == "proxy" and value.reference is None:
        scheme, _, rest = value.reveal().partition("://")
        _, at, host = rest.rpartition("@")
        return f"{scheme}://{MASK}@{host}" if at else MASK
    return value.reference or MASK


def missing(target: Target, spec: Spec, environ: Mapping[str, str]) -> list[str]:
    """What *target* lacks, one phrase each: fields, and variables that are not set.

    A keyring is not asked, since it might ask the person in front of it.
    """
    phrases = []
    in_env = target.source == ENVIRONMENT
    for one in spec.lacking(target.fields, in_env=in_env):
        # Of the environment's target, the variable is what the reader can set.
        name = one.variable if in_env and one.variable else one.name
        phrases.append(f"{name} ({say(*one.where)})")
    for value in target.fields.values():
        scheme, _, name = (getattr(value, "reference", None) or "").partition(":")
        if scheme == "env" and not environ.get(name, "").strip():
            phrases.append(say(f"环境变量 {name}（没有设置）", f"variable {name} (not set)"))
    return phrases


def from_environment(
    specs: Iterable[Spec], environ: Mapping[str, str], *, own: bool = False
) -> tuple[list[Target], list[Target]]:
    """The targets that the environment describes: whole ones, and ones that lack a variable.

    One that lacks something is left out if all that is set of it belongs to a whole one. *own*:
    asked for by its own magic.

    Raises:
        TargetError: a variable's value is of a wrong kind.
    """
    whole, part = [], []
    used: set[str | None] = set()
    for spec in specs:
        given = [one for one in spec.fields if one.variable and environ.get(one.variable)]
        scope = {one.name: one.env_scope for one in spec.fields if own and one.env_scope}
        values = scope | {one.name: _from_variable(one, environ) for one in given}
        target = Target(spec.kind, values, source=ENVIRONMENT)
        if given and not spec.lacking(values, in_env=True):
            whole.append(target)
            used |= {one.variable for one in given}
        elif given:
            part.append((target, {one.variable for one in given}))
    return whole, [target for target, variables in part if not variables <= used]


def _from_variable(one: Field, environ: Mapping[str, str]) -> Any:
    text = environ[str(one.variable)]
    if one.kind == "names":
        return ids_in(text)
    if not one.secret:
        return one.parse(text)
    # A reference to the variable, so that the target can be pickled.
    return Secret.of(text if text.startswith(("env:", "keyring:")) else f"env:{one.variable}")
