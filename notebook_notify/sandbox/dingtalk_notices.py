"""DingTalk's work notices: from an application to people, without a group.

Documents: open.dingtalk.com/document/development/
asynchronous-sending-of-enterprise-session-messages and
/gets-the-result-of-sending-messages-asynchronously-to-the-enterprise. What exceeds a bound is
answered with success and not delivered; only the result tells. Not published, and so chosen here:
that "a day" is any 24 hours, that `msg` is measured as compact JSON, and the code for a long one.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_notify.sandbox.dingtalk_errors import RefusedError, read_json
from notebook_notify.sandbox.dingtalk_messages import read_msg

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.dingtalk_org import Organisation
    from notebook_notify.sandbox.inbox import Inbox
    from notebook_notify.sandbox.media import MediaStore
    from notebook_notify.sandbox.wire import Call, Json

DAY = 24 * 3600
"""Seconds in which one person gets a content once, and for which a result is kept."""
PER_DAY = 500
"""Notices to one person in a day."""
MAX_USERS, MAX_DEPARTMENTS = 100, 20
"""In one call."""
MAX_MSG = 2048
"""Bytes of UTF-8 in msg."""
TOO_MANY, REPEATED = "143105", "143106"
"""Why a person did not get a notice."""


@dataclass(slots=True)
class _Task:
    """What became of one call."""

    time: float
    invalid_users: list[str] = field(default_factory=list)
    invalid_departments: list[int] = field(default_factory=list)
    forbidden: dict[str, str] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)


class Notices:
    """The notices of the organisation's application; safe to use from several threads."""

    def __init__(
        self, org: Organisation, inbox: Inbox, media: MediaStore, clock: Callable[[], float]
    ) -> None:
        """Deliver into `inbox`; `clock` tells seconds, for what a day allows."""
        self._org = org
        self._inbox = inbox
        self._media = media
        self._clock = clock
        self._tasks: dict[int, _Task] = {}
        self._repeats: dict[tuple[str, str], float] = {}
        self._got: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def send(self, call: Call) -> Json:
        """Take a notice; whom it reached stands in the result only."""
        body = read_json(call)
        agent_id = body.get("agent_id")
        if agent_id is None:
            raise RefusedError(40035, errmsg="缺少参数 agent_id")
        if type(agent_id) is not int or agent_id != self._org.agent_id:
            raise RefusedError(400002, errmsg="agentId不合法")
        task = _Task(self._clock())
        to_all = body.get("to_all_user", False)
        if type(to_all) is not bool:
            raise RefusedError(400002, errmsg="参数错误 to_all_user")
        users = self._everyone() if to_all else self._receivers(body, task)
        msg = body.get("msg")
        if msg is None:
            raise RefusedError(40035, errmsg="缺少参数 msg")
        compact = json.dumps(msg, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        if len(compact.encode()) > MAX_MSG:
            raise RefusedError(45002)
        read = read_msg(msg, self._media, self._org.app_key)
        with self._lock:
            for user in users:
                reason = self._barred(user, compact, task.time)
                if reason:
                    task.forbidden[user] = reason
                else:
                    task.delivered.append(user)
            task_id = 100_000_000_000 + secrets.randbelow(900_000_000_000)
            self._tasks[task_id] = task
        if task.delivered:
            to = "@all" if to_all else ",".join(task.delivered)
            self._inbox.add(
                "dingtalk",
                "dingtalk_notice",
                to,
                read.msgtype,
                read.content,
                read.media,
                title=read.title,
            )
        return {"errcode": 0, "errmsg": "ok", "task_id": task_id}

    def result(self, call: Call) -> Json:
        """Return whom a notice of the last 24 hours reached, and whom not."""
        task_id = read_json(call).get("task_id")
        task = self._tasks.get(task_id) if type(task_id) is int else None
        if task is None or self._clock() - task.time > DAY:
            raise RefusedError(400002, errmsg="参数错误 task_id")
        result = {
            "invalid_user_id_list": task.invalid_users,
            "forbidden_user_id_list": list(task.forbidden),
            "failed_user_id_list": [],
            "read_user_id_list": [],
            "unread_user_id_list": task.delivered,
            "invalid_dept_id_list": task.invalid_departments,
            "forbidden_list": [
                {"code": code, "count": PER_DAY if code == TOO_MANY else 1, "userid": user}
                for user, code in task.forbidden.items()
            ],
        }
        return {"errcode": 0, "errmsg": "ok", "send_result": result}

    def _everyone(self) -> list[str]:
        return [user.userid for user in self._org.users]

    def _receivers(self, body: Json, task: _Task) -> list[str]:
        """Return the people that a call names, each once; note those that are none."""
        named = _split(body, "userid_list", MAX_USERS)
        departments = _split(body, "dept_id_list", MAX_DEPARTMENTS)
        if not named and not departments:
            raise RefusedError(1430000)
        users = [user for user in named if self._org.knows(user)]
        task.invalid_users = [user for user in named if not self._org.knows(user)]
        known = {str(one.dept_id): one.dept_id for one in self._org.departments}
        for text in departments:
            if text not in known:
                if not text.isdecimal():
                    raise RefusedError(400002, errmsg="参数错误 dept_id_list")
                task.invalid_departments.append(int(text))
                continue
            whole = [known[text], *(d.dept_id for d in self._org.under(known[text], deep=True))]
            users += [user.userid for one in whole for user in self._org.members(one)]
        return list(dict.fromkeys(users))

    def _barred(self, user: str, compact: str, now: float) -> str:
        """Return the code of what keeps a notice from a person; "" if it is delivered."""
        if now - self._repeats.get((user, compact), float("-inf")) < DAY:
            return REPEATED
        got = self._got.setdefault(user, deque())
        while got and now - got[0] >= DAY:
            got.popleft()
        if len(got) >= PER_DAY:
            return TOO_MANY
        got.append(now)
        self._repeats[user, compact] = now
        return ""


def _split(body: Json, name: str, most: int) -> list[str]:
    """Return the ids of a list that is joined by commas."""
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise RefusedError(400002, errmsg=f"参数错误 {name}")
    ids = list(dict.fromkeys(one.strip() for one in value.split(",") if one.strip()))
    if len(ids) > most:
        raise RefusedError(400002, errmsg=f"参数过长 {name}")
    return ids
