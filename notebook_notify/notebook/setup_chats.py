"""How ``%notify_setup`` comes to a group: it is made, or an old id is changed for a new one."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

from notebook_notify.grouping import GROUP_FIELDS, dingtalk_app, outdated, user_ids, wecom_app
from notebook_notify.notebook.asking import ask, filled, tell, until, words
from notebook_notify.platforms import dingtalk_admin, wecom_admin
from notebook_notify.platforms.dingtalk_admin import ROOT
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.admin import Chat
    from notebook_notify.admin.dingtalk import DingTalkApp


class _Maker:
    """Fills in the group of a target; its answers are kept for another try."""

    #: the field that names the group.
    field: str

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def needed(self, fields: dict[str, Any]) -> bool:
        """Whether :meth:`fill` would ask the platform for something."""
        return not fields.get(self.field)

    def fill(self, fields: dict[str, Any]) -> None:
        """See that *fields* name a group: ask for what makes one, and make it.

        Raises:
            PlatformError: it could not be made.
            TargetError: an answer cannot be used.
        """
        if self.needed(fields):
            self._made(self.make(fields), fields)

    def make(self, fields: dict[str, Any]) -> Chat:
        """Ask, and make the group."""
        raise NotImplementedError

    def _made(self, chat: Chat, fields: dict[str, Any]) -> None:
        fields[self.field] = getattr(chat, self.field)
        count = len(chat.users)
        tell(say(f"✓ 群“{chat.name}”，{count} 人", f"✓ the group “{chat.name}”, {count} members"))
        for note in chat.notes:
            tell(f"· {note}")

    def _ask(self, key: str, zh: str, en: str, check: Callable[[str], object] = filled) -> str:
        self._said[key] = until(lambda: ask(say(zh, en), self._said.get(key, "")), check)
        return self._said[key]


class WeComMaker(_Maker):
    """A group of a WeCom application."""

    field = "chat_id"

    def make(self, fields: dict[str, Any]) -> Chat:
        """Ask for name, owner, members and an id."""
        app = wecom_app(fields)
        tell(
            say(
                "建群：成员账号见 管理后台 → 通讯录 → 成员 → 账号；至少 2 人，含群主",
                "A group is made. Accounts: admin console → Contacts (通讯录) → member → "
                "account (账号); two at least, the owner among them",
            )
        )
        name = self._ask("name", "群名称：", "name of the group: ")
        answer = self._ask(
            "users",
            "成员账号（逗号分隔）：",
            "members' accounts: ",
            lambda users: wecom_admin.group(name, words(_given(users))[0], words(users)),
        )
        users = words(answer)
        owner = self._ask(
            "owner",
            "群主账号（须在成员中）：",
            "owner's account, one of them: ",
            lambda owner: wecom_admin.group(name, _given(owner), users),
        )
        chat_id = self._ask(
            "chat_id",
            "群 ID（字母和数字，可留空）：",
            "id of the group (letters and digits; may be empty): ",
            lambda chat_id: chat_id and wecom_admin.checked_id(chat_id),
        )
        # Kept for another try: one that was made after all is then found, not made twice.
        self._said["chat_id"] = chat_id or token_hex(16)
        return app.create_chat(name, owner, users, self._said["chat_id"])


class DingTalkMaker(_Maker):
    """A group of a DingTalk application.

    Args:
        kind: the channel's.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self.field = GROUP_FIELDS[kind]

    def needed(self, fields: dict[str, Any]) -> bool:
        """As of all, or the id is an old one."""
        return super().needed(fields) or outdated(self._kind, str(fields[self.field]))

    def fill(self, fields: dict[str, Any]) -> None:
        """As of all; an old chat id is changed for an open conversation id."""
        given = str(fields.get(self.field) or "")
        if outdated(self._kind, given):
            new = dingtalk_app(fields).convert(given)
            fields[self.field] = new
            tell(say(f"✓ 旧 chatid 已换成 {new}", f"✓ the old chat id is now {new}"))
            return
        super().fill(fields)

    def make(self, fields: dict[str, Any]) -> Chat:
        """Show who is there, ask for name, members and owner."""
        app = dingtalk_app(fields)
        name = self._ask("name", "建群。群名称：", "A group is made. Its name: ", _named)
        people = self._people(app)
        self._said.setdefault("owner", people[0] if people else "")
        owner = self._ask(
            "owner",
            "群主的 UserID（须在成员中）：",
            "owner's user id, one of them: ",
            lambda owner: dingtalk_admin.group(name, _given(owner), people),
        )
        return app.create_chat(name, owner, people)

    def _people(self, app: DingTalkApp) -> list[str]:
        """User ids; whom a mobile number stands for is looked up."""
        zh = "成员的手机号或 UserID（逗号分隔）；输入 d 列出部门和成员："
        en = "members' mobile numbers or user ids; d lists departments and members: "
        answer = self._ask("users", zh, en)
        if answer.lower() == "d":
            del self._said["users"]
            _list(app)
            answer = self._ask("users", zh, en)
        return user_ids(app, words(answer))


def _given(answer: str) -> str:
    """*answer*; raises ``TargetError`` if it is empty."""
    filled(answer)
    return answer


def _named(name: str) -> None:
    """Raise ``TargetError`` if a DingTalk group cannot be called so."""
    dingtalk_admin.group(_given(name), "x", ["x"])


def _list(app: DingTalkApp) -> None:
    """Say what is in the departments that are asked for, from the top down."""
    department = str(ROOT)
    while department:
        if department.isdecimal():
            for one in app.departments(int(department)):
                tell(f"  {one.id:>20}  {one.name} ▸")
            for member in app.members(int(department)):
                tell(f"  {member.id:>20}  {member.name}")
        department = ask(
            say(
                "部门（▸）的 ID，列出其下；回车结束：",
                "id of a department (▸), to list it; Enter ends: ",
            )
        )


def maker_of(kind: str) -> _Maker | None:
    """What makes a group for a channel; ``None`` if nothing does."""
    if kind == "wecom_chat":
        return WeComMaker()
    return DingTalkMaker(kind) if kind in GROUP_FIELDS else None
