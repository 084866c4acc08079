"""DingTalk's people and group chats, set up from Python: see :mod:`notebook_notify.admin`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from notebook_notify.admin import Application, Chat, credential, credential_of, lost, masked
from notebook_notify.delivery import TIMEOUT
from notebook_notify.errors import PlatformError
from notebook_notify.platforms import dingtalk_admin
from notebook_notify.platforms.calls import given
from notebook_notify.platforms.dingtalk_admin import ROOT
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_notify.platforms.dingtalk_admin import Department, Member
    from notebook_notify.secret import Secret
    from notebook_notify.targets import Target

#: The new host's channel, and the legacy host's.
_NEW, _OLD = "dingtalk_app_robot", "dingtalk_chat"


class DingTalkApp(Application):
    """A DingTalk (钉钉) application that finds people and makes group chats.

    Each call needs a permission (the application's 权限管理 in the developer console), which a
    refusal names.

    Args:
        app_key: its AppKey, now shown as Client ID.
        app_secret: its AppSecret (Client Secret); also ``env:NAME`` or ``keyring:SERVICE/USER``.
        robot_code: of its robot, where that is not *app_key*.
        base_url: another API address than ``https://api.dingtalk.com``.
        media_url: another than ``https://oapi.dingtalk.com``, for people, uploads and the legacy
            calls; else *base_url*, if that is given.
        proxy: the URL of a proxy for its calls.
        timeout: the longest that one method takes, in seconds; a large tree wants more.

    Raises:
        TargetError: a value is missing or not of its kind.
        SecretError: a reference is not written as one.
    """

    def __init__(
        self,
        app_key: str,
        app_secret: str | Secret,
        *,
        robot_code: str | None = None,
        base_url: str | None = None,
        media_url: str | None = None,
        proxy: str | Secret | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        app_secret = masked(app_secret)
        fields = {"app_key": app_key, "app_secret": app_secret, "proxy": proxy}
        new = {**fields, "robot_code": robot_code, "base_url": base_url, "media_url": media_url}
        old = {**fields, "base_url": media_url or base_url}
        super().__init__(
            credential(_NEW, "open_conversation_id", new),
            credential(_OLD, "chat_id", old),
            timeout=timeout,
        )

    @classmethod
    def of(cls, to: str | Target, *, timeout: float = TIMEOUT) -> DingTalkApp:
        """The application of a target, or of its name: of any kind but the custom robot's.

        A ``base_url`` of its own is then the address of all calls.

        Args:
            to: the target, or its name in the config file.
            timeout: the longest that one method takes, in seconds.

        Raises:
            TargetError: there is none of that name, or it is of another kind.
        """
        target = credential_of(to, _NEW, "dingtalk_notice", _OLD)
        names = ("app_key", "app_secret", "robot_code", "base_url", "media_url", "proxy")
        app = cls(**{key: target.get(key) for key in names}, timeout=timeout)
        app.sandbox = target.source == "sandbox"
        return app

    # ── people ───────────────────────────────────────────────────────────────────────────────

    def departments(self, parent: int = ROOT, *, deep: bool = False) -> list[Department]:
        """The departments right below *parent*; with *deep* all below it, the nearer first.

        A call for each department that is looked into: permission qyapi_get_department_list.

        Raises:
            PlatformError: there is no such department, the permission is missing, …

        See https://open.dingtalk.com/document/development/user-management-acquires-the-list-departments
        """
        return self._below(parent, self._until(), deep=deep)

    def members(self, department: int = ROOT, *, deep: bool = False) -> list[Member]:
        """The people right in *department*; with *deep* also in all below it, each once.

        A call for each 100 people of a department: permission qyapi_get_department_member.

        Raises:
            PlatformError: there is no such department, the permission is missing, …

        See https://open.dingtalk.com/document/development/queries-the-complete-information-of-a-department-user
        """
        until = self._until()
        wanted = [department]
        if deep:
            wanted += [one.id for one in self._below(department, until, deep=True)]
        found: dict[str, Member] = {}
        for one in wanted:
            cursor: int | None = 0
            while cursor is not None:
                page = self._ask(_OLD, dingtalk_admin.members(one, cursor), until)
                found |= {member.id: member for member in page["members"]}
                cursor = page["cursor"]
        return list(found.values())

    def user_id(self, mobile: str) -> str:
        """The user id of the one with this mobile number: permission qyapi_get_member_by_mobile.

        Raises:
            PlatformError: nobody in the organisation has it (60121), it is none (40104), …

        See https://open.dingtalk.com/document/development/query-users-by-phone-number
        """
        found: str = self._ask(_OLD, dingtalk_admin.user_id(mobile), self._until())["id"]
        return found

    # ── groups ───────────────────────────────────────────────────────────────────────────────

    def create_chat(
        self, name: str, owner: str, users: Iterable[str], *, legacy: bool = False
    ) -> Chat:
        """Make an internal group: permission qyapi_chat_manage. Sends no message.

        A second call makes a second group: DingTalk takes no id of one's own.

        Args:
            name: of the group, 1 to 20 characters.
            owner: a user id, one of *users*, in the application's visible scope.
            users: user ids of the members.
            legacy: by the old ``chat/create``, at most 40 members, for an application that could
                use it before 2022-09-23 and goes on with ``chat/send``. It is never tried
                unasked: a refusal of the new call names the permission to ask for, and no new
                application is let in to the old one.

        Raises:
            TargetError: one of these cannot be; nothing left.
            PlatformError: DingTalk refused, or it is not known whether it made the group
                (``error.result.outcome`` is ``failed`` or ``unknown``).

        See https://open.dingtalk.com/document/development/create-common-group-new-version-v2
        """
        wanted = dingtalk_admin.group(name, owner, users)
        create = dingtalk_admin.create_legacy if legacy else dingtalk_admin.create
        try:
            made = self._ask(_OLD if legacy else _NEW, create(wanted), self._until())
        except PlatformError as error:
            raise lost(
                error,
                "群可能已建好；请群主先在钉钉里看看，重复执行会再建一个群",
                "it may have been made; let its owner look in DingTalk first: to run it again "
                "would make a second group",
            ) from None
        if legacy:
            return Chat.of(wanted, self._target(_OLD, chat_id=made["chat_id"]), **made)
        robot = say(
            "先在群里添加本应用的机器人（群设置 → 机器人），才能发消息",
            "before a message can arrive, add this application's robot to the group "
            "(群设置 → 机器人)",
        )
        return Chat.of(wanted, self._robot(made["open_conversation_id"]), robot, **made)

    def get_chat(self, chat_id: str, *, legacy: bool = False) -> Chat:
        """What DingTalk says of a group that a call has made, and its new id.

        Permission qyapi_chat_read. The application's robot must be in the group before a message
        can arrive there.

        Args:
            chat_id: the old id (``chat…``); of the new one DingTalk tells nothing.
            legacy: go on with the old id and ``chat/send``; the new one is not asked for.

        Raises:
            TargetError: *chat_id* is no text, or empty.
            PlatformError: there is no such group, the permission is missing, …

        See https://open.dingtalk.com/document/development/obtain-a-group-session
        """
        until = self._until()
        chat_id = given(chat_id, "chat_id")
        found = self._ask(_OLD, dingtalk_admin.get(chat_id), until)
        group = found["group"]
        gone = [say("这个群已解散", "the group was disbanded")] if found["disbanded"] else []
        if legacy:
            target = self._target(_OLD, chat_id=chat_id)
            return Chat.of(group, target, *gone, chat_id=chat_id)
        open_id = self._convert(chat_id, until)
        return Chat.of(
            group, self._robot(open_id), *gone, chat_id=chat_id, open_conversation_id=open_id
        )

    def convert(self, chat_id: str) -> str:
        """The open conversation id of the group with this old id: permission qyapi_chat_read.

        Raises:
            TargetError: *chat_id* is no text, or empty.
            PlatformError: there is no such group, the permission is missing, …

        See https://open.dingtalk.com/document/development/obtain-group-openconversationid
        """
        return self._convert(given(chat_id, "chat_id"), self._until())

    def _below(self, parent: int, until: float, *, deep: bool) -> list[Department]:
        found: dict[int, Department] = {}
        waiting = deque([parent])
        while waiting:
            answer = self._ask(_OLD, dingtalk_admin.departments(waiting.popleft()), until)
            # Each once, also if the platform were to name one below itself.
            new = [one for one in answer["departments"] if one.id not in found and one.id != parent]
            found |= {one.id: one for one in new}
            if deep:
                waiting.extend(one.id for one in new)
        return list(found.values())

    def _robot(self, open_id: str) -> Target:
        return self._target(_NEW, open_conversation_id=open_id)

    def _convert(self, chat_id: str, until: float) -> str:
        found: str = self._ask(_NEW, dingtalk_admin.convert(chat_id), until)["open_conversation_id"]
        return found
