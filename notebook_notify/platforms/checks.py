"""What can be said of a target before anything leaves: its fields are there and of their kind."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import TargetError
from notebook_notify.fields import COMMON_FIELDS, ids_in
from notebook_notify.secret import Secret
from notebook_notify.texts import language, say

if TYPE_CHECKING:
    from notebook_notify.fields import Field, Spec
    from notebook_notify.targets import Target


def check_fields(target: Target, spec: Spec) -> None:
    """Check that every field of *spec* is as it must be, and that ``base_url`` is safe.

    References to secrets are not followed: a keyring might ask the person in front of it.

    Raises:
        TargetError: a field is missing, or not of its kind; says where to find the right value.
    """
    for field in (*spec.fields, *COMMON_FIELDS):
        value = target.get(field.name)
        if value is None or (_blank(value) and field.kind != "url"):
            if field.required:
                raise TargetError(_lacks(target, field))
        else:
            _check_kind(target, field, value)


def host_of(target: Target, default: str) -> str:
    """Scheme and host of *target*'s platform, without a slash at the end."""
    return str(target.get("base_url") or default).rstrip("/")


def proxy_of(target: Target) -> str | None:
    """The URL of *target*'s own proxy; ``None`` means the environment's.

    Raises:
        SecretError: it is a reference that leads to nothing.
    """
    return (target.reveal("proxy").strip() or None) if target.get("proxy") else None


def names(value: Any) -> tuple[str, ...]:
    """The ids in a field of kind ``names``: a list, or one text."""
    many = ids_in(value) if isinstance(value, str) else value or ()
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


def _lacks(target: Target, field: Field) -> str:
    return say(
        f"目标 {target.label} 缺少 {field.name}：{field.where[0]}",
        f"target {target.label} lacks {field.name}: {field.where[1]}",
    )


def _check_kind(target: Target, field: Field, value: object) -> None:
    try:
        field.parse(value)
        return
    except TargetError as error:
        message = (
            f"{error}（{field.where[0]}）" if language() == "zh" else f"{error} ({field.where[1]})"
        )
    raise TargetError(say(f"目标 {target.label} 的 {message}", f"target {target.label}: {message}"))
