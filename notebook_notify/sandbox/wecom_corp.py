"""Who is in the corp, its applications, and the group chats that these have made."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_notify.sandbox.wecom_errors import RefusedError
from notebook_notify.sandbox.wire import random_text

if TYPE_CHECKING:
    from notebook_notify.sandbox.wire import Json

MEMBERS = ("zhangwei", "lisi", "zhaomin")
UNLICENSED = ("wangwu",)
PARTIES = ("1", "2")
TAGS = ("1",)

MAX_USERS, MAX_PARTIES, MAX_TAGS = 1000, 100, 100
"""Recipients in one message/send (path/90236)."""


@dataclass(slots=True)
class App:
    """A self-built application and the chat that it made when the sandbox began."""

    agent_id: int
    corp_secret: str = field(default_factory=lambda: random_text(43))
    chat_id: str = field(default_factory=lambda: "wr" + random_text(30))
    root_visible: bool = True
    """Whether its visible scope is the root department, which its chats need (path/90245)."""
    name: str = "沙盒应用"
    enabled: bool = True
    """Whether it is switched on in the admin console."""

    def entry(self) -> Json:
        """Return what agent/get shows (path/90227)."""
        users = [] if self.root_visible else [{"userid": MEMBERS[0]}]
        return {
            "agentid": self.agent_id,
            "name": self.name,
            "square_logo_url": "",
            "description": "",
            "allow_userinfos": {"user": users},
            "allow_partys": {"partyid": [1] if self.root_visible else []},
            "allow_tags": {"tagid": []},
            "close": int(not self.enabled),
            "redirect_domain": "",
            "report_location_flag": 0,
            "isreportenter": 0,
            "home_url": "",
        }


@dataclass(slots=True)
class Chat:
    """A group chat; only the application that made it may use it."""

    chat_id: str
    agent_id: int
    name: str
    owner: str
    users: list[str]

    def entry(self) -> Json:
        """Return what appchat/get shows."""
        return {
            "chatid": self.chat_id,
            "name": self.name,
            "owner": self.owner,
            "userlist": list(self.users),
            "chat_type": 0,
        }


class Chats:
    """Every group chat of the corp; safe to use from several threads."""

    def __init__(self, apps: tuple[App, ...]) -> None:
        """Begin with one chat for each application."""
        self._lock = threading.Lock()
        self._chats: dict[str, Chat] = {}
        for app in apps:
            self.add(Chat(app.chat_id, app.agent_id, "研究小组", MEMBERS[0], list(MEMBERS)))

    def add(self, chat: Chat) -> None:
        """Enter a chat; 86215 if its id is taken, whichever application has it."""
        with self._lock:
            if chat.chat_id in self._chats:
                raise RefusedError(86215)
            self._chats[chat.chat_id] = chat

    def of(self, app: App, chat_id: object) -> Chat:
        """Return a chat of this application by the id that a caller gives."""
        require_root(app)
        if chat_id is None:
            raise RefusedError(86201)
        if not isinstance(chat_id, str) or not re.fullmatch("[0-9a-zA-Z]{1,32}", chat_id):
            raise RefusedError(86001)
        with self._lock:
            chat = self._chats.get(chat_id)
        if chat is None:
            raise RefusedError(86003)
        if chat.agent_id != app.agent_id:
            raise RefusedError(86008)
        return chat


def require_root(app: App) -> None:
    """Refuse an application whose visible scope is not the root department."""
    if not app.root_visible:
        raise RefusedError(60011)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets a message (joined by a vertical bar), and who cannot, by reply field."""

    valid: str
    refused: Json

    @classmethod
    def read(cls, body: Json) -> Recipients:
        """Read touser, toparty and totag of message/send."""
        users = _names(body, "touser", MAX_USERS, 40032)
        parties = _names(body, "toparty", MAX_PARTIES, 82002)
        tags = _names(body, "totag", MAX_TAGS, 82003)
        if not users and not parties and not tags:
            raise RefusedError(82001)
        if users == ["@all"]:
            return cls("@all", {})
        lower = [user.lower() for user in users]
        valid = [user for user in lower if user in MEMBERS]
        valid += [f"party:{party}" for party in parties if party in PARTIES]
        valid += [f"tag:{tag}" for tag in tags if tag in TAGS]
        refused = {
            "invaliduser": "|".join(u for u in lower if u not in MEMBERS + UNLICENSED),
            "unlicenseduser": "|".join(u for u in lower if u in UNLICENSED),
            "invalidparty": "|".join(p for p in parties if p not in PARTIES),
            "invalidtag": "|".join(t for t in tags if t not in TAGS),
        }
        return cls("|".join(valid), {name: ids for name, ids in refused.items() if ids})


def _names(body: Json, field_name: str, most: int, too_many: int) -> list[str]:
    """Return the ids of a recipient field, which are joined by vertical bars."""
    value = body.get(field_name, "")
    if not isinstance(value, str):
        raise RefusedError(40031 if field_name == "touser" else 40035)
    names = [name for name in value.split("|") if name]
    if len(names) > most:
        raise RefusedError(too_many)
    return names
