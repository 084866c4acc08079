"""A DingTalk organisation: its application, people, departments and group chats.

Both hosts look here. What a test may switch stands in the open: `permissions`, `trusted_ips`,
`legacy_chat_open`, `robot_published`, and each chat's `robot` and `disbanded`.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

from notebook_notify.sandbox.wire import random_text

PERMISSIONS = (
    "qyapi_base",
    "qyapi_chat_manage",
    "qyapi_chat_read",
    "qyapi_get_department_list",
    "qyapi_get_department_member",
    "qyapi_get_member",
    "qyapi_get_member_by_mobile",
    "qyapi_robot_sendmsg",
)
"""What the calls here ask for; each document names its own."""

ROOT = 1
"""The id of the uppermost department."""

_HEX = string.hexdigits[:16]


@dataclass(frozen=True, slots=True)
class Department:
    """A department; `parent` is 0 for the uppermost one."""

    dept_id: int
    name: str
    parent: int


@dataclass(frozen=True, slots=True)
class User:
    """One of the organisation's people."""

    userid: str
    name: str
    mobile: str
    departments: tuple[int, ...]


@dataclass(slots=True)
class Chat:
    """A group chat, known by its old id and its new one."""

    name: str
    owner: str
    users: list[str]
    robot: bool = False
    """Whether the application's robot was added to it, which people do in the client."""
    disbanded: bool = False
    chat_id: str = field(default_factory=lambda: "chat" + random_text(32, _HEX))
    open_id: str = field(
        default_factory=lambda: (
            "cid" + random_text(22, string.ascii_letters + "0123456789+/") + "=="
        )
    )


class Organisation:
    """One organisation with one application, its robot and a group that the robot is in."""

    def __init__(self) -> None:
        lower = string.ascii_lowercase + string.digits
        self.app_key = "ding" + random_text(16, lower)
        self.app_secret = random_text(64)
        self.agent_id = 1_000_000_000 + secrets.randbelow(3_000_000_000)
        self.robot_code = self.app_key
        self.other_robot_code = "ding" + random_text(16, lower)
        """The robot of an application that is not ours."""
        self.departments = (
            Department(ROOT, "沙盒公司", 0),
            Department(2, "研究部", ROOT),
            Department(3, "数据组", 2),
            Department(4, "运维部", ROOT),
        )
        self.users = (
            User("zhangwei", "张伟", "13800000001", (2,)),
            User("lisi", "李四", "13800000002", (2, 3)),
            User("zhaomin", "赵敏", "13800000003", (3,)),
            User("wangwu", "王五", "13800000004", (4,)),
        )
        self.permissions = set(PERMISSIONS)
        """What the application was granted."""
        self.trusted_ips: list[str] | None = None
        """Callers' addresses that pass (服务器出口IP), `*` as a wildcard; None: all."""
        self.legacy_chat_open = True
        """Whether the application may still use chat/create and chat/send: no new one may."""
        self.robot_published = True
        """Whether the application was published with its robot."""
        self.chat = Chat("研究小组", "zhangwei", ["zhangwei", "lisi", "zhaomin"], robot=True)
        self.chats = [self.chat]

    @property
    def chat_id(self) -> str:
        """The old id of the group in the targets."""
        return self.chat.chat_id

    def find_chat(self, any_id: object) -> Chat | None:
        """Return a group by its old or its new id."""
        return next((one for one in self.chats if any_id in (one.chat_id, one.open_id)), None)

    def add_robot(self, any_id: str) -> None:
        """Add the robot to a group, as people do in the client; KeyError if there is no group."""
        chat = self.find_chat(any_id)
        if chat is None:
            raise KeyError(any_id)
        chat.robot = True

    def create_chat(self, name: str, owner: str, users: list[str]) -> Chat:
        """Make a group; no robot is in it yet."""
        chat = Chat(name, owner, users)
        self.chats.append(chat)
        return chat

    def knows(self, userid: object) -> bool:
        """Tell whether this is one of its people."""
        return any(user.userid == userid for user in self.users)

    def under(self, dept_id: int, *, deep: bool) -> list[Department]:
        """Return the departments right below one, or with `deep` all below it."""
        below = [one for one in self.departments if one.parent == dept_id]
        if deep:
            below += [far for one in list(below) for far in self.under(one.dept_id, deep=True)]
        return below

    def members(self, dept_id: int) -> list[User]:
        """Return those who are right in a department."""
        return [user for user in self.users if dept_id in user.departments]
