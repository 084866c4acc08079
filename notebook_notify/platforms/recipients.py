"""Whom a message to people goes to: users, departments, tags, or everyone on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.errors import TargetError
from notebook_notify.platforms.checks import names
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_notify.targets import Target

#: All whom an application may reach: WeCom's own word (path/90236), and ours for DingTalk's
#: ``to_all_user``.
EVERYONE = "@all"


def recipients(target: Target, fields: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The ids in *fields* of *target*, by field; empty fields are left out."""
    return {field: ids for field in fields if (ids := names(target.get(field)))}


def check_recipients(
    target: Target, given: Mapping[str, tuple[str, ...]], most: Mapping[str, int]
) -> None:
    """See that *target* names people, no more than a call takes, and everyone alone.

    Args:
        target: the target.
        given: its recipients, by field.
        most: the most ids of one call, by field.

    Raises:
        TargetError: it does not.
    """
    if not given:
        *some, last = most
        raise TargetError(
            say(
                f"目标 {target.label} 没有收件人：请写 {'、'.join(some)} 或 {last}；"
                f'确要发给所有人时写 users = "{EVERYONE}"',
                f"target {target.label} names no one: give {', '.join(some)} or {last}, or write "
                f'users = "{EVERYONE}" on purpose for everyone in the app\'s scope',
            )
        )
    for field, ids in given.items():
        if len(ids) > most[field]:
            raise TargetError(
                say(
                    f"目标 {target.label} 的 {field} 有 {len(ids)} 个，最多 {most[field]} 个",
                    f"{field} of target {target.label} has {len(ids)} ids; "
                    f"the most is {most[field]}",
                )
            )
    if sum(map(len, given.values())) > 1 and any(EVERYONE in ids for ids in given.values()):
        raise TargetError(
            say(
                f'目标 {target.label}："{EVERYONE}" 已包括所有人，不能再写其他收件人',
                f'target {target.label}: "{EVERYONE}" means everyone and must stand alone',
            )
        )
