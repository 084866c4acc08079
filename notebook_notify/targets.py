"""Where a message goes: :class:`Target`, and the fields a channel asks for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import TargetError
from notebook_notify.secret import MASK, Secret, scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Fields whose values are wrapped in :class:`Secret`, whatever the channel.
SECRET_FIELDS = frozenset({"app_secret", "corp_secret", "secret", "webhook"})
#: The magics that channels answer to, without ``%%notify_``.
MAGICS = ("wechat", "wechat_app", "dingtalk")
#: The ``source`` of a target that environment variables describe.
ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a channel.

    Attributes:
        name: as in the config file, e.g. ``corp_id``; ``--corp-id`` on a magic line.
        where: where in the admin console to find it, in Chinese and in English.
        required: whether a target of the channel cannot do without.
        env: the environment variable behind ``NOTEBOOK_NOTIFY_``, if there is one.
        kind: ``text``, ``integer``, ``names`` (ids), ``flag``, ``url`` (https) or ``proxy``.
        env_scope: its value, if unset, in the environment's target; needed but by its own magic.
    """

    name: str
    where: tuple[str, str]
    required: bool = True
    env: str | None = None
    kind: str = "text"
    env_scope: str | None = None

    @property
    def secret(self) -> bool:
        """Whether its value must not be shown."""
        return self.name in SECRET_FIELDS

    @property
    def option(self) -> str:
        """The option of the magic line that sets it, e.g. ``--corp-id``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str | None:
        """The whole name of its environment variable, if there is one."""
        return f"NOTEBOOK_NOTIFY_{self.env}" if self.env else None

    def parse(self, value: object) -> Any:
        """*value* as this field keeps it: an ``int``, ``bool``, ``list`` of ids, or ``str``.

        Raises:
            TargetError: it is of another kind; the message never repeats it.
        """
        text = value.strip() if isinstance(value, str) else None
        parsed: Any = None
        match self.kind:
            case "integer":
                parsed = int(text) if text and text.isdecimal() else value
                fits, expected = type(parsed) is int, ("应为整数", "a whole number")
            case "flag":
                parsed = value  # not a text: "false" would pass for true
                fits, expected = isinstance(value, bool), ("应为 true 或 false", "true or false")
            case "names" if isinstance(value, list | tuple):
                # Ids of parties and tags are numbers, and are written so.
                parsed = [str(one).strip() for one in value]
                fits = all(isinstance(one, str) or type(one) is int for one in value)
                expected = ("应为文字列表", "a list of texts")
            case "url":
                parsed = (text or "").rstrip("/")
                fits = _is_safe_url(parsed)
                expected = (
                    "应为 https://主机，不含用户名和参数（本机回环地址可用 http）",
                    "https://host without user name or parameters (on loopback http will do)",
                )
            case _:
                masks = self.secret or self.kind == "proxy"
                parsed = value if masks and isinstance(value, Secret) else text
                fits, expected = parsed is not None, ("应为文字", "a text")
        if not fits:
            zh, en = expected
            raise TargetError(say(f"{self.name} {zh}", f"{self.name}: expected {en}"))
        return parsed


def _is_safe_url(url: str) -> bool:
    """Whether tokens may go over *url*: https, or plain http that stays on this machine."""
    import ipaddress
    from urllib.parse import urlsplit

    # What two parsers might read differently is not taken.
    if any(mark in url for mark in "@?#\\ \t\r\n"):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # reading a port checks it
    except ValueError:
        return False
    if parts.scheme != "http" or host == "localhost":
        return bool(host) and parts.scheme in ("http", "https")
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Spec:
    """What targets need to know of a channel.

    Attributes:
        kind: the channel's name in the config file, e.g. ``wecom_chat``.
        platform: ``wecom`` or ``dingtalk``.
        magic: the magic it answers to: ``wechat``, ``wechat_app`` or ``dingtalk``.
        title: its name for people, in Chinese and in English.
        fields: its own fields, beside ``COMMON_FIELDS``.
    """

    kind: str
    platform: str
    magic: str
    title: tuple[str, str]
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of that name, or ``None``."""
        return next((one for one in self.all_fields if one.name == name), None)

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Its own fields and those of every channel."""
        return (*self.fields, *COMMON_FIELDS)

    def lacking(self, fields: Mapping[str, object], *, in_env: bool = False) -> list[Field]:
        """What *fields* lacks, or leaves empty, of what a target (the environment's) must have."""
        return [
            one
            for one in self.fields
            if (one.required or (in_env and one.env_scope))
            and not fields.get(one.name)
            and fields.get(one.name) != 0
        ]

    def parse(self, fields: Mapping[str, object]) -> dict[str, Any]:
        """*fields* as a target keeps them.

        Raises:
            TargetError: a field is unknown (names the near match) or of another kind.
        """
        parsed = {}
        for name, value in fields.items():
            known = self.field(name)
            if known is None:
                every = [one.name for one in self.all_fields]
                raise TargetError(
                    say(f"{self.kind} 没有字段 {name}", f"{self.kind} has no field {name}")
                    + did_you_mean(name, every)
                )
            parsed[name] = known.parse(value)
        return parsed


COMMON_FIELDS = (
    Field(
        "base_url",
        ("API 地址（测试或专属部署）", "API address (tests, regions)"),
        required=False,
        kind="url",
    ),
    Field(
        "proxy",
        ("代理，如 http://egress:3128", "proxy, e.g. http://egress:3128"),
        required=False,
        kind="proxy",
    ),
)


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
        return [word.strip() for word in re.split("[|,，]", text) if word.strip()]
    if not one.secret:
        return one.parse(text)
    # A reference to the variable, so that the target can be pickled.
    return Secret.of(text if text.startswith(("env:", "keyring:")) else f"env:{one.variable}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The near match of *word* as the end of a sentence, or an empty string."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1)
    return say(f"；是不是 {near[0]}？", f"; did you mean {near[0]}?") if near else ""
