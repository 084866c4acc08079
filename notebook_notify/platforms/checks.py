"""What can be said of a target before anything leaves: its fields are there and of their kind."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import TargetError
from notebook_notify.secret import Secret
from notebook_notify.targets import COMMON_FIELDS, is_safe_url
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.targets import Field, Spec, Target


def check_fields(target: Target, spec: Spec) -> None:
    """Check that every field of *spec* is as it must be, and that ``base_url`` is safe.

    References to secrets are not followed: a keyring might ask the person in front of it.

    Raises:
        TargetError: a field is missing, or not of its kind; says where to find the right value.
    """
    for field in (*spec.fields, *COMMON_FIELDS):
        value = target.get(field.name)
        if value is None or _blank(value):
            if field.required:
                raise TargetError(_lacks(target, field))
        elif not _fits(value, field.kind):
            raise TargetError(_misfit(target, field))


def host_of(target: Target, default: str) -> str:
    """Scheme and host of *target*'s platform, without a slash at the end."""
    return str(target.get("base_url") or default).rstrip("/")


def names(value: Any) -> tuple[str, ...]:
    """The ids in a field of kind ``names``: a list, or one string (``|`` between several)."""
    many = value.split("|") if isinstance(value, str) else value
    if many is None:
        return ()
    if isinstance(many, int):
        many = (many,)
    return tuple(name for name in (str(one).strip() for one in many) if name)


def token_key(platform: str, host: str, app: str, secret: str) -> str:
    """A name for the token of one application, from which its secret cannot be read.

    The id alone would mix up the applications of one enterprise: each secret has its own token.
    """
    text = json.dumps([platform, host, app, secret])
    return hashlib.sha256(text.encode()).hexdigest()


def _blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, (Secret, list, tuple)) and not value


def _fits(value: object, kind: str) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, str) and value.strip().isdecimal())
    if kind == "url":
        return isinstance(value, str) and is_safe_url(value)
    if kind == "names":
        if isinstance(value, (list, tuple)):
            return all(_fits(one, "text") and not _blank(one) for one in value)
        return isinstance(value, (str, int))
    return isinstance(value, (str, int, Secret))


def _lacks(target: Target, field: Field) -> str:
    return say(
        f"目标 {target.label} 缺少 {field.name}：{field.where[0]}",
        f"target {target.label} lacks {field.name}: {field.where[1]}",
    )


def _misfit(target: Target, field: Field) -> str:
    zh, en = {
        "url": (
            "必须以 https:// 开头，不含用户名和参数（本机地址可用 http://）",
            "must begin with https://, without user name or parameters "
            "(http:// only for this machine's own address)",
        ),
        "integer": ("应为整数", "must be a whole number"),
        "flag": ("应为 true 或 false", "must be true or false"),
        "names": ("应为 id 列表", "must be a list of ids"),
    }.get(field.kind, ("应为文本", "must be a text"))
    return say(
        f"目标 {target.label} 的 {field.name} {zh}：{field.where[0]}",
        f"{field.name} of target {target.label} {en}: {field.where[1]}",
    )
