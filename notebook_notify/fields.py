"""What a channel asks for: its fields, and how their values are checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import TargetError
from notebook_notify.secret import Secret
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Fields whose values are wrapped in :class:`Secret`, whatever the channel.
SECRET_FIELDS = frozenset({"app_secret", "corp_secret", "secret", "webhook"})

_IDS = ("应为账号或编号的列表", "a list of ids")

#: The longest whole number, in digits: Python itself refuses to read very long ones.
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a channel.

    Attributes:
        name: as in the config file, e.g. ``corp_id``; ``--corp-id`` on a magic line.
        where: where in the admin console to find it, in Chinese and in English.
        required: whether a target of the channel cannot do without.
        env: the environment variable behind ``NOTEBOOK_NOTIFY_``, if there is one.
        kind: ``text``, ``integer``, ``names`` (ids), ``flag``, ``url`` (https), ``function``
            (``module:function``), ``asking`` (``ask`` or ``repeat``) or ``proxy``.
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
                short = text and text.isdecimal() and len(text) <= MOST_DIGITS
                parsed = int(text) if text and short else value
                fits, expected = type(parsed) is int, ("应为整数", "a whole number")
            case "flag":
                parsed = value  # not a text: "false" would pass for true
                fits, expected = isinstance(value, bool), ("应为 true 或 false", "true or false")
            case "names" if isinstance(value, list | tuple):
                # Ids of parties and tags are numbers, and are written so.
                parsed = [str(one).strip() for one in value]
                fits = all(isinstance(one, str) or type(one) is int for one in value)
                expected = _IDS
            case "url":
                parsed = (text or "").rstrip("/")
                fits = _is_safe_url(parsed)
                expected = (
                    "应为 https://主机，不含用户名和参数（本机回环地址可用 http）",
                    "https://host without user name or parameters (on loopback http will do)",
                )
            case "asking":
                parsed = text
                fits, expected = text in ("ask", "repeat"), ("应为 ask 或 repeat", "ask or repeat")
            case "function":
                parsed = text
                fits = bool(re.fullmatch(r"[\w.]+:[\w.]+", text or ""))
                expected = ("应写作 模块:函数", "module:function")
            case _:
                masks = self.secret or self.kind == "proxy"
                parsed = value if masks and isinstance(value, Secret) else text
                fits = parsed is not None
                expected = _IDS if self.kind == "names" else ("应为文字", "a text")
        if not fits:
            zh, en = expected
            raise TargetError(say(f"{self.name} {zh}", f"{self.name}: expected {en}"))
        return parsed


def ids_in(text: str) -> list[str]:
    """The ids in one text: between commas of either kind, or ``|``, as the platforms write them."""
    return [one.strip() for one in re.split("[|,，]", text) if one.strip()]


@lru_cache
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
    Field(
        "alert",
        ("出错时改发给哪个目标（名称）", "the name of the target that failures go to instead"),
        required=False,
    ),
    Field(
        "unknown",
        (
            "结果未知时：repeat 一分钟后标明“可能重复”重发一次（默认），ask 等人决定",
            "what may be lost: repeat it once, marked, a minute later (default), or ask",
        ),
        required=False,
        kind="asking",
    ),
    Field(
        "mention",
        (
            "单元出错时提醒谁：账号或手机号",
            "whom to mention if a cell failed: ids or mobile numbers",
        ),
        required=False,
        kind="names",
    ),
)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The near match of *word* as the end of a sentence, or an empty string."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1)
    return say(f"；是不是 {near[0]}？", f"; did you mean {near[0]}?") if near else ""


def no_target(name: str, known: Iterable[str], where: str) -> TargetError:
    """The mistake of naming a target that is not among *known*; *where* says what was looked in."""
    names = list(known)
    hint = did_you_mean(name, names)
    parts = [one for one in re.split("[,，、;；]", name) if one]
    if len(parts) > 1:
        several = " ".join(f"--to {one}" for one in parts)
        hint = say(f"；--to 每次写一个：{several}", f"; --to takes one name: {several}")
    elif not hint:
        hint = say(
            f"；%notify_setup {name} 新建，%notify_targets 查看已有",
            f"; make it with %notify_setup {name}, see what there is with %notify_targets",
        )
    return TargetError(
        say(
            f"没有目标 {name}{hint}（已有：{', '.join(names) or '无'}；{where}）",
            f"no target {name}{hint} (known: {', '.join(names) or 'none'}; {where})",
        )
    )


def other_magic(name: str, spec: Spec) -> TargetError:
    """The mistake of asking one magic for a target of another."""
    title = say(*spec.title)
    return TargetError(
        say(
            f"{name} 是{title}；请用 %%notify_{spec.magic} 或 %%notify",
            f"{name} is a {title}; use %%notify_{spec.magic} or %%notify",
        )
    )
