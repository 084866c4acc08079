"""DingTalk's departments, people and group chats, as an application finds and makes them.

People are found on the legacy host, whose calls for that are the current ones; a group is made on
the new host, or on the legacy one, which lets no new application do so since 2022-09-23.

Pages on open.dingtalk.com: user-management-acquires-the-list-departments (department/listsub),
queries-the-complete-information-of-a-department-user (user/list), query-users-by-phone-number,
create-common-group-new-version-v2 (im/group/create), obtain-a-group-session (chat/get),
obtain-group-openconversationid (convert), session-management-creates-groups (the legacy
chat/create).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from notebook_notify.errors import TargetError
from notebook_notify.platforms import dingtalk_v1
from notebook_notify.platforms.base import Call
from notebook_notify.platforms.calls import (
    Group,
    answer,
    entries,
    errcode_call,
    given,
    group_in,
    number,
    outside,
    people,
    text,
)
from notebook_notify.platforms.dingtalk import DISBANDED
from notebook_notify.platforms.dingtalk_app_robot import DingTalkAppRobot
from notebook_notify.platforms.dingtalk_chat import DingTalkChat
from notebook_notify.platforms.webhooks import mobile as national
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_notify.delivery.transport import Reply, Request
    from notebook_notify.platforms.base import Verdict
    from notebook_notify.platforms.calls import Shape
    from notebook_notify.targets import Target

#: The uppermost department.
ROOT = 1
#: Characters of a group's name.
MAX_NAME = 20
#: Members in one call of the legacy chat/create.
LEGACY_MOST = 40
#: People in one page of user/list.
_PAGE = 100

_LEGACY = DingTalkChat()
_V1 = DingTalkAppRobot()


@dataclass(frozen=True, slots=True)
class Department:
    """A department.

    Attributes:
        id: its number; that of the uppermost is 1.
        name: its name, as the platform has it.
        parent: the number of the one that it is right below.
    """

    id: int
    name: str
    parent: int


@dataclass(frozen=True, slots=True)
class Member:
    """One of the organisation's people.

    Attributes:
        id: the user id, which calls take.
        name: the name, as the platform has it.
    """

    id: str
    name: str


def departments(parent: int) -> Call:
    """``POST /topapi/v2/department/listsub``; ``departments`` in the answer: those right below."""

    def shape(found: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "departments": [
                Department(number(one, "dept_id"), text(one, "name"), number(one, "parent_id"))
                for one in entries(found, "result", dict)
            ]
        }

    payload = {"dept_id": _department(parent)}
    return errcode_call(_LEGACY, "/topapi/v2/department/listsub", shape, payload=payload)


def members(department: int, cursor: int) -> Call:
    """``POST /topapi/v2/user/list``, one page of those right in a department.

    In the answer are ``members``, and ``cursor``, where the next page begins, or ``None``.
    """

    def shape(found: Mapping[str, Any]) -> dict[str, Any]:
        page = found["result"]
        listed = [
            Member(text(one, "userid"), text(one, "name")) for one in entries(page, "list", dict)
        ]
        then = number(page, "next_cursor") if page["has_more"] else None
        if then is not None and then <= cursor:
            raise ValueError("next_cursor")  # it would never end
        return {"members": listed, "cursor": then}

    payload = {"dept_id": _department(department), "cursor": cursor, "size": _PAGE}
    return errcode_call(_LEGACY, "/topapi/v2/user/list", shape, payload=payload)


def user_id(mobile: str) -> Call:
    """``POST /topapi/v2/user/getbymobile``; ``id`` in the answer.

    Raises:
        TargetError: *mobile* is no text, or empty.
    """
    said = "".join(given(mobile, "mobile").split())
    payload = {"mobile": national(said) or said}

    def shape(found: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": text(found["result"], "userid")}

    return errcode_call(_LEGACY, "/topapi/v2/user/getbymobile", shape, payload=payload)


def group(name: str, owner: str, users: Iterable[str]) -> Group:
    """The group that is to be made.

    Raises:
        TargetError: the name is longer than 20 characters, or *owner* is not among *users*.
    """
    named, head, members = given(name, "name"), given(owner, "owner"), people(users, "users")
    if len(named) > MAX_NAME:
        raise TargetError(
            say(
                f"钉钉群名最多 {MAX_NAME} 个字，这个有 {len(named)} 个",
                f"a DingTalk group's name has {MAX_NAME} characters at most, not {len(named)}",
            )
        )
    if head not in members:
        raise outside(head)
    return Group(named, head, tuple(members))


def create(wanted: Group) -> Call:
    """``POST /v1.0/im/group/create``; in the answer: ``chat_id``, ``open_conversation_id``."""
    # An internal group, with an owner from within.
    payload = {**_payload(wanted), "ownerType": "emp", "conversationTag": 2}
    return _v1_call("/v1.0/im/group/create", payload, _ids, changes=True)


def create_legacy(wanted: Group) -> Call:
    """``POST /chat/create``; the answer as of :func:`create`.

    Raises:
        TargetError: there are more than 40 members.
    """
    count = len(wanted.users)
    if count > LEGACY_MOST:
        raise TargetError(
            say(
                f"旧接口 chat/create 一次最多 {LEGACY_MOST} 人，给了 {count} 人",
                f"the legacy chat/create takes {LEGACY_MOST} members at most, not {count}",
            )
        )
    return errcode_call(_LEGACY, "/chat/create", _ids, payload=_payload(wanted), changes=True)


def get(chat_id: str) -> Call:
    """``GET /chat/get``; in the answer: ``group``, ``disbanded``."""

    def shape(found: Mapping[str, Any]) -> dict[str, Any]:
        info = found["chat_info"]
        return {
            "group": group_in(info, "useridlist"),
            "disbanded": info.get("status") == DISBANDED,
        }

    return errcode_call(_LEGACY, "/chat/get", shape, query={"chatid": chat_id})


def convert(chat_id: str) -> Call:
    """``POST /v1.0/im/chat/{chatId}/convertToOpenConversationId``.

    In the answer is ``open_conversation_id``.
    """
    name = quote(chat_id, safe="")

    def shape(found: Mapping[str, Any]) -> dict[str, Any]:
        return {"open_conversation_id": text(found, "openConversationId")}

    return _v1_call(f"/v1.0/im/chat/{name}/convertToOpenConversationId", {}, shape)


def _v1_call(path: str, payload: dict[str, Any], shape: Shape, *, changes: bool = False) -> Call:
    def request(target: Target, token: str) -> Request:
        return _V1.post(target, path, token, payload)

    def read(reply: Reply) -> Verdict:
        return answer(reply, dingtalk_v1.read(reply), shape, changes=changes)

    return Call(request, read, changes)


def _ids(found: Mapping[str, Any]) -> dict[str, Any]:
    open_id = text(found, "openConversationId")
    return {"chat_id": text(found, "chatid"), "open_conversation_id": open_id}


def _payload(wanted: Group) -> dict[str, Any]:
    return {"name": wanted.name, "owner": wanted.owner, "useridlist": list(wanted.users)}


def _department(value: int) -> int:
    if type(value) is not int:
        raise TargetError(say("部门应为整数", "a department is a whole number"))
    return value
