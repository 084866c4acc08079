"""WeCom's group chats as an application makes, reads and changes them.

Documents: developer.work.weixin.qq.com/document/path/90245 (appchat/create), 98914 (get), 98913
(update), 90313 (error codes). The order of the checks is not published, nor what an unknown member
is told apart from 40031.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from notebook_notify.sandbox.wecom_corp import MEMBERS, UNLICENSED, Chat, require_root
from notebook_notify.sandbox.wecom_errors import RefusedError
from notebook_notify.sandbox.wire import random_text

if TYPE_CHECKING:
    from notebook_notify.sandbox.wecom_corp import App, Chats
    from notebook_notify.sandbox.wire import Json

MAX_NAME = 50
"""Characters of a chat's name; the rest is cut."""
FEWEST, MOST = 2, 2000
"""Members of a chat."""
MAX_ID = 32
"""Characters of a chat id."""


def create(chats: Chats, app: App, body: Json) -> Json:
    """Make a chat and return its id."""
    require_root(app)
    if body.get("userlist") in (None, []):
        raise RefusedError(86204)
    users = _users(body, "userlist")
    _require_count(users)
    owner = _owner(body, users) or secrets.choice(users)
    chat = Chat(_new_id(body.get("chatid")), app.agent_id, _name(body), owner, users)
    chats.add(chat)
    return {"errcode": 0, "errmsg": "ok", "chatid": chat.chat_id}


def get(chats: Chats, app: App, chat_id: object) -> Json:
    """Return what there is to know of a chat."""
    return {"errcode": 0, "errmsg": "ok", "chat_info": chats.of(app, chat_id).entry()}


def update(chats: Chats, app: App, body: Json) -> Json:
    """Change a chat's name, owner and members, all or nothing."""
    chat = chats.of(app, body.get("chatid"))
    gone = _users(body, "del_user_list")
    users = [user for user in chat.users if user not in gone]
    users += [user for user in _users(body, "add_user_list") if user not in users]
    _require_count(users)
    owner = _owner(body, users) or chat.owner
    if owner not in users:
        raise RefusedError(86207)
    chat.name = _name(body) or chat.name
    chat.owner, chat.users = owner, users
    return {"errcode": 0, "errmsg": "ok"}


def _users(body: Json, name: str) -> list[str]:
    """Return the members of a list, each once, as the corp spells them."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RefusedError(40031)
    users = list(dict.fromkeys(one.lower() for one in value))
    # Beyond the count no name needs to be looked at
    if len(users) <= MOST and any(user not in MEMBERS + UNLICENSED for user in users):
        raise RefusedError(40031)
    return users


def _require_count(users: list[str]) -> None:
    if not FEWEST <= len(users) <= MOST:
        raise RefusedError(86006)


def _owner(body: Json, users: list[str]) -> str:
    """Return the owner that the caller names; "" if none is named."""
    owner = body.get("owner") or ""
    if not isinstance(owner, str):
        raise RefusedError(86005)
    if owner and owner.lower() not in users:
        raise RefusedError(86207)
    return owner.lower()


def _name(body: Json) -> str:
    name = body.get("name") or ""
    if not isinstance(name, str):
        raise RefusedError(86004)
    return name[:MAX_NAME]


def _new_id(value: object) -> str:
    """Return the id that the caller wishes for, or one that the platform makes."""
    if value in (None, ""):
        return "wr" + random_text(30)
    if not isinstance(value, str) or not re.fullmatch("[0-9a-zA-Z]+", value):
        raise RefusedError(86001)
    if len(value) > MAX_ID:
        raise RefusedError(86205)
    return value
