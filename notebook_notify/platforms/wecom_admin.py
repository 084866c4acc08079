"""WeCom's group chats of an application: made, read, changed.

The application must be self-built and its visible scope (可见范围) the root department (60011).
Only the application that made a chat can use it (86008). A group that people made in the client
has no chat id.

Pages: developer.work.weixin.qq.com/document/path/90245 (create), 98914 (get), 98913 (update).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import TargetError
from notebook_notify.platforms.calls import (
    Group,
    errcode_call,
    given,
    group_in,
    outside,
    people,
    text,
)
from notebook_notify.platforms.wecom_chat import WeComChat
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_notify.platforms.base import Call

#: Members of a chat (path/90245).
FEWEST, MOST = 2, 2000
#: Characters of its name; the server cuts what is longer, without an error.
MAX_NAME = 50
#: The code of a chat id that is there already.
TAKEN = 86215

_CHANNEL = WeComChat()


def group(name: str, owner: str, users: Iterable[str]) -> Group:
    """The group that is to be made.

    Raises:
        TargetError: there are not 2 to 2,000 members, or *owner* is none of them.
    """
    members = _distinct(people(users, "users"))
    if not FEWEST <= len(members) <= MOST:
        count = len(members)
        raise TargetError(
            say(
                f"企业微信群应有 {FEWEST} 到 {MOST} 名成员，给了 {count} 名",
                f"a WeCom group has {FEWEST} to {MOST:,} members, not {count}",
            )
        )
    head = given(owner, "owner")
    if head.casefold() not in map(str.casefold, members):
        raise outside(head)
    return Group(given(name, "name"), head, tuple(members))


def alike(one: Group, other: Group) -> bool:
    """Whether WeCom tells both the same: it cuts names, and takes no notice of ids' case."""

    def key(group: Group) -> tuple[object, ...]:
        users = frozenset(map(str.casefold, group.users))
        return group.name[:MAX_NAME], group.owner.casefold(), users

    return key(one) == key(other)


def create(wanted: Group, chat_id: str) -> Call:
    """``POST /cgi-bin/appchat/create``; in the answer is ``chat_id``.

    Args:
        wanted: what :func:`group` made.
        chat_id: the id that it gets, as :func:`checked_id` has it. A second call with the same
            makes no second chat, but is refused with ``TAKEN``.
    """
    payload = {
        "name": wanted.name,
        "owner": wanted.owner,
        "userlist": list(wanted.users),
        "chatid": chat_id,
    }

    def shape(found: Mapping[str, Any]) -> dict[str, Any]:
        return {"chat_id": text(found, "chatid")}

    return errcode_call(_CHANNEL, "/cgi-bin/appchat/create", shape, payload=payload, changes=True)


def get(chat_id: str) -> Call:
    """``GET /cgi-bin/appchat/get``; in the answer is ``group``."""

    def shape(found: Mapping[str, Any]) -> dict[str, Any]:
        return {"group": group_in(found["chat_info"], "userlist")}

    return errcode_call(_CHANNEL, "/cgi-bin/appchat/get", shape, query={"chatid": chat_id})


def update(
    chat_id: str,
    name: str | None,
    owner: str | None,
    add: Iterable[str],
    remove: Iterable[str],
) -> Call:
    """``POST /cgi-bin/appchat/update``, all or nothing; the answer is empty.

    Raises:
        TargetError: nothing is to be changed, or something cannot be.
    """
    changed: dict[str, Any] = {
        "name": None if name is None else given(name, "name"),
        "owner": None if owner is None else given(owner, "owner"),
        "add_user_list": _distinct(people(add, "add")),
        "del_user_list": _distinct(people(remove, "remove")),
    }
    changed = {key: value for key, value in changed.items() if value}
    if not changed:
        raise TargetError(
            say(
                "没有要改的内容：给出 name、owner、add 或 remove",
                "nothing to change: give name, owner, add or remove",
            )
        )
    come, go = (changed.get(key, ()) for key in ("add_user_list", "del_user_list"))
    both = set(map(str.casefold, come)) & set(map(str.casefold, go))
    if both:
        who = ", ".join(map(repr, sorted(both)))
        raise TargetError(
            say(f"{who} 同时在 add 和 remove 中", f"both in add and in remove: {who}")
        )
    payload = {"chatid": chat_id, **changed}
    return errcode_call(
        _CHANNEL, "/cgi-bin/appchat/update", lambda _: {}, payload=payload, changes=True
    )


def checked_id(chat_id: str) -> str:
    """*chat_id*, if it can be one; raises ``TargetError``."""
    chat_id = given(chat_id, "chat_id")
    if not re.fullmatch("[0-9a-zA-Z]{1,32}", chat_id):
        raise TargetError(
            say(
                "chat_id 应为 1 到 32 个数字或英文字母",
                "chat_id: expected 1 to 32 digits and Latin letters",
            )
        )
    return chat_id


def _distinct(ids: list[str]) -> list[str]:
    """*ids*, each once: WeCom takes no notice of their case."""
    return list({one.casefold(): one for one in reversed(ids)}.values())[::-1]
