"""DingTalk's departments and people, and the groups made of them, on the older host.

Documents: open.dingtalk.com/document/development/user-management-acquires-the-list-departments,
/obtain-the-list-of-sub-department-ids, /queries-the-complete-information-of-a-department-user,
/query-the-list-of-department-userids, /query-users-by-phone-number, /query-user-details,
/obtain-a-group-session; and of the past, still answered: /obtain-the-department-list,
/obtain-the-list-of-employee-ids-by-department-id, /session-management-creates-groups. The order of
the checks is not published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.sandbox.dingtalk_errors import RefusedError, read_json
from notebook_notify.sandbox.dingtalk_org import ROOT

if TYPE_CHECKING:
    from notebook_notify.sandbox.dingtalk_org import Organisation, User
    from notebook_notify.sandbox.wire import Call, Json

MAX_NAME = 20
"""Characters of a group's name."""
MAX_MEMBERS = 40
"""Members in one chat/create."""
MAX_PAGE = 100
"""People in one page of user/list."""


def list_sub(org: Organisation, call: Call) -> Json:
    """Return the departments right below one."""
    dept_id = _department(org, read_json(call), ROOT)
    below = org.under(dept_id, deep=False)
    return _result(
        [
            {
                "dept_id": one.dept_id,
                "name": one.name,
                "parent_id": one.parent,
                "create_dept_group": False,
                "auto_add_user": False,
            }
            for one in below
        ]
    )


def list_sub_id(org: Organisation, call: Call) -> Json:
    """Return the ids of the departments right below one, which must be named."""
    dept_id = _department(org, read_json(call), None)
    return _result({"dept_id_list": [one.dept_id for one in org.under(dept_id, deep=False)]})


def list_users(org: Organisation, call: Call) -> Json:
    """Return a page of those who are right in a department."""
    body = read_json(call)
    dept_id = _department(org, body, None)
    cursor, size = body.get("cursor"), body.get("size")
    if type(cursor) is not int or type(size) is not int:
        raise RefusedError(40035, errmsg="参数非法 cursor, size")
    if cursor < 0 or not 0 < size <= MAX_PAGE:
        raise RefusedError(40035, errmsg="参数非法 cursor, size")
    members = org.members(dept_id)
    end = cursor + size
    page: Json = {
        "has_more": end < len(members),
        "list": [_entry(user) for user in members[cursor:end]],
    }
    return _result(page | ({"next_cursor": end} if page["has_more"] else {}))


def list_user_ids(org: Organisation, call: Call) -> Json:
    """Return the ids of those who are right in a department."""
    dept_id = _department(org, read_json(call), None)
    return _result({"userid_list": [user.userid for user in org.members(dept_id)]})


def get_user(org: Organisation, call: Call) -> Json:
    """Return what there is to know of one of the people."""
    userid = read_json(call).get("userid")
    if not isinstance(userid, str) or not userid:
        raise RefusedError(400002, errmsg="无效的参数 userid")
    for user in org.users:
        if user.userid == userid:
            return _result(_entry(user))
    raise RefusedError(60121)


def get_by_mobile(org: Organisation, call: Call) -> Json:
    """Return the id of the one with this mobile number."""
    mobile = read_json(call).get("mobile")
    if not isinstance(mobile, str) or not mobile:
        raise RefusedError(400002, errmsg="无效的参数 mobile")
    if not mobile.removeprefix("+86-").isdecimal():
        raise RefusedError(40104)
    for user in org.users:
        if user.mobile == mobile.removeprefix("+86-"):
            return _result({"userid": user.userid})
    raise RefusedError(60121)


def old_departments(org: Organisation, call: Call) -> Json:
    """Return the departments below one, with fetch_child all of them (of the past)."""
    dept_id = _number(org, call.query.get("id") or str(ROOT))
    below = org.under(dept_id, deep=call.query.get("fetch_child", "").lower() == "true")
    entries = [
        {
            "id": one.dept_id,
            "name": one.name,
            "parentid": one.parent,
            "createDeptGroup": False,
            "autoAddUser": False,
        }
        for one in below
    ]
    return {"errcode": 0, "errmsg": "ok", "department": entries}


def old_members(org: Organisation, call: Call) -> Json:
    """Return the ids of those who are right in a department (of the past)."""
    if not call.query.get("deptId"):
        raise RefusedError(40035, errmsg="缺少参数 deptId")
    dept_id = _number(org, call.query["deptId"])
    user_ids = [user.userid for user in org.members(dept_id)]
    return {"errcode": 0, "errmsg": "ok", "userIds": user_ids}


def create_chat(org: Organisation, call: Call) -> Json:
    """Make a group (of the past, closed to new applications)."""
    body = read_json(call)
    name, owner, users = body.get("name"), body.get("owner"), body.get("useridlist")
    if not isinstance(name, str) or not name.strip():
        raise RefusedError(40035, errmsg="群名称不能为空")
    if len(name) > MAX_NAME:
        raise RefusedError(400002, errmsg="参数过长")
    if not isinstance(owner, str) or not owner:
        raise RefusedError(49013)
    if users in (None, []):
        raise RefusedError(49010)
    if not isinstance(users, list) or len(users) > MAX_MEMBERS:
        raise RefusedError(49011 if isinstance(users, list) else 40031)
    if not all(org.knows(user) for user in users):
        raise RefusedError(40031)
    if owner not in users:
        raise RefusedError(49006)
    chat = org.create_chat(name, owner, users)
    return {
        "errcode": 0,
        "errmsg": "ok",
        "chatid": chat.chat_id,
        "openConversationId": chat.open_id,
        "conversationTag": 2,
    }


def get_chat(org: Organisation, call: Call) -> Json:
    """Return what there is to know of a group, by its old id."""
    chat_id = call.query.get("chatid")
    if not chat_id:
        raise RefusedError(49000)
    chat = org.find_chat(chat_id)
    if chat is None or chat.chat_id != chat_id:
        raise RefusedError(40016)
    info = {
        "name": chat.name,
        "owner": chat.owner,
        "useridlist": list(chat.users),
        "conversationTag": 2,
        "status": 2 if chat.disbanded else 1,
    }
    return {"errcode": 0, "errmsg": "ok", "chat_info": info}


def _department(org: Organisation, body: Json, default: int | None) -> int:
    """Return the department that a body names."""
    dept_id = body.get("dept_id", default)
    if type(dept_id) is not int:
        raise RefusedError(400002, errmsg="无效的参数 dept_id")
    return _number(org, str(dept_id))


def _number(org: Organisation, text: str) -> int:
    """Return the id of a department that exists."""
    for one in org.departments:
        if str(one.dept_id) == text:
            return one.dept_id
    raise RefusedError(60003)


def _entry(user: User) -> Json:
    return {
        "userid": user.userid,
        "name": user.name,
        "mobile": user.mobile,
        "dept_id_list": list(user.departments),
        "active": True,
    }


def _result(result: object) -> Json:
    return {"errcode": 0, "errmsg": "ok", "result": result}
