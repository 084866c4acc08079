"""WeCom's group chats, set up from Python: see :mod:`notebook_notify.admin`."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING

from notebook_notify.admin import Application, Chat, credential, credential_of, lost, masked
from notebook_notify.delivery import TIMEOUT
from notebook_notify.errors import PlatformError
from notebook_notify.platforms import wecom_admin
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_notify.platforms.calls import Group
    from notebook_notify.secret import Secret
    from notebook_notify.targets import Target

_KIND = "wecom_chat"


class WeComApp(Application):
    """A self-built WeCom (企业微信) application that makes and changes group chats.

    Its visible scope (可见范围) must be the root department. User ids are what the address book
    (通讯录) of the admin console calls 账号.

    Args:
        corp_id: the enterprise's id (我的企业 → 企业ID).
        corp_secret: the application's secret; also ``env:NAME`` or ``keyring:SERVICE/USER``.
        base_url: another API address than ``https://qyapi.weixin.qq.com``.
        proxy: the URL of a proxy for its calls.
        timeout: the longest that one method takes, in seconds.

    Raises:
        TargetError: a value is missing or not of its kind.
        SecretError: a reference is not written as one.
    """

    def __init__(
        self,
        corp_id: str,
        corp_secret: str | Secret,
        *,
        base_url: str | None = None,
        proxy: str | Secret | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        corp_secret = masked(corp_secret)
        fields = {"corp_id": corp_id, "corp_secret": corp_secret}
        extra = {"base_url": base_url, "proxy": proxy}
        super().__init__(credential(_KIND, "chat_id", {**fields, **extra}), timeout=timeout)

    @classmethod
    def of(cls, to: str | Target, *, timeout: float = TIMEOUT) -> WeComApp:
        """The application of a target of kind ``wecom_chat`` or ``wecom_app``, or of its name.

        Args:
            to: the target, or its name in the config file.
            timeout: the longest that one method takes, in seconds.

        Raises:
            TargetError: there is none of that name, or it is of another kind.
        """
        target = credential_of(to, "wecom_chat", "wecom_app")
        names = ("corp_id", "corp_secret", "base_url", "proxy")
        app = cls(**{key: target.get(key) for key in names}, timeout=timeout)
        app.sandbox = target.source == "sandbox"
        return app

    def create_chat(
        self, name: str, owner: str, users: Iterable[str], chat_id: str | None = None
    ) -> Chat:
        """Make a group chat (``appchat/create``), at most 1,000 a day in an enterprise.

        Sends no message, and WeCom shows a new group only after its first one.

        Args:
            name: of the group; WeCom keeps the first 50 characters.
            owner: a user id, one of *users*.
            users: 2 to 2,000 user ids.
            chat_id: at most 32 digits and Latin letters, of your own choice. If it is there
                already, nothing is changed and what is there is returned, so that it is safe to
                repeat. ``None`` makes one up.

        Raises:
            TargetError: one of these cannot be; nothing left.
            PlatformError: WeCom refused, or it is not known whether it made the chat
                (``error.result.outcome`` is ``failed`` or ``unknown``).

        See https://developer.work.weixin.qq.com/document/path/90245
        """
        until = self._until()
        wanted = wecom_admin.group(name, owner, users)
        # Of our own making if need be, so that after a lost answer one can ask for it.
        chat_id = wecom_admin.checked_id(token_hex(16) if chat_id is None else chat_id)
        try:
            made = self._ask(_KIND, wecom_admin.create(wanted, chat_id), until)
        except PlatformError as error:
            if error.result.code != wecom_admin.TAKEN:
                raise lost(
                    error,
                    f"群可能已建好；用同一个 chat_id={chat_id!r} 再运行一次是安全的",
                    "it may have been made; to run it again with the same "
                    f"chat_id={chat_id!r} is safe",
                ) from None
            return self._there(wanted, chat_id, until)
        notes = [
            say(
                "企业微信要在第一条消息之后才显示新群：发一条即可看到",
                "WeCom shows a new group only after its first message: send one to see it",
            )
        ]
        most = wecom_admin.MAX_NAME
        if len(wanted.name) > most:
            notes.append(
                say(f"群名只保留前 {most} 个字", f"of its name WeCom keeps {most} characters")
            )
        kept = replace(wanted, name=wanted.name[:most])
        return self._chat(kept, made["chat_id"], *notes)

    def get_chat(self, chat_id: str) -> Chat:
        """What WeCom says of a chat that this application made (``appchat/get``).

        Raises:
            TargetError: *chat_id* cannot be one.
            PlatformError: there is none (86003), another application made it (86008), …

        See https://developer.work.weixin.qq.com/document/path/98914
        """
        chat_id = wecom_admin.checked_id(chat_id)
        return self._chat(self._group(chat_id, self._until()), chat_id)

    def update_chat(
        self,
        chat_id: str,
        *,
        name: str | None = None,
        owner: str | None = None,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
    ) -> Chat:
        """Change a chat that this application made, all or nothing (``appchat/update``).

        Args:
            chat_id: which.
            name: its new name; WeCom keeps the first 50 characters.
            owner: the user id of its new owner, who is a member or added.
            add: user ids of new members.
            remove: user ids of members who go; two must stay, and the owner.

        Returns:
            The chat as WeCom says it is now.

        Raises:
            TargetError: nothing is to be changed, or something cannot be; nothing left.
            PlatformError: WeCom refused, or it is not known whether it changed anything.

        See https://developer.work.weixin.qq.com/document/path/98913
        """
        until = self._until()
        chat_id = wecom_admin.checked_id(chat_id)
        try:
            self._ask(_KIND, wecom_admin.update(chat_id, name, owner, add, remove), until)
        except PlatformError as error:
            raise lost(
                error,
                "可能已修改；先用 get_chat 看，再决定是否重做",
                "it may have been done; look with get_chat before you do it again",
            ) from None
        try:
            return self._chat(self._group(chat_id, until), chat_id)
        except PlatformError as error:
            done = say("已修改，但没能读回", "it was changed, but could not be read back")
            raise PlatformError(f"{done} · {error}", result=error.result) from None

    def _group(self, chat_id: str, until: float) -> Group:
        group: Group = self._ask(_KIND, wecom_admin.get(chat_id), until)["group"]
        return group

    def _chat(self, group: Group, chat_id: str, *notes: str) -> Chat:
        target = self._target(_KIND, chat_id=chat_id)
        return Chat.of(group, target, *notes, chat_id=chat_id)

    def _there(self, wanted: Group, chat_id: str, until: float) -> Chat:
        """The chat that has this id already, and whether it is as *wanted*."""
        try:
            found = self._group(chat_id, until)
        except PlatformError as error:
            taken = say(
                f"chat_id={chat_id!r} 已有群，但读不到：换一个 chat_id",
                f"a chat with chat_id={chat_id!r} is there, but cannot be read: choose another",
            )
            raise PlatformError(f"{taken} · {error}", result=error.result) from None
        notes = [say("这个群已存在，没有改动", "it was there already, and is as it was")]
        if not wecom_admin.alike(found, wanted):
            notes.append(
                say(
                    "群名、群主或成员与这次要的不同；用 update_chat 修改",
                    "its name, owner or members are not those asked for; update_chat changes them",
                )
            )
        return self._chat(found, chat_id, *notes)
