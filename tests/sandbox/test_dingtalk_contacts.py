"""DingTalk's set-up calls on the older host: departments, people, groups, permissions."""

import pytest


def test_departments_are_walked_down(caller):
    """A level is shown with names by listsub, with ids by listsubid; an empty level is an empty list."""
    top = caller.dingtalk("/topapi/v2/department/listsub", {})["result"]
    assert [(one["dept_id"], one["name"], one["parent_id"]) for one in top] == [
        (2, "研究部", 1),
        (4, "运维部", 1),
    ]
    assert caller.dingtalk("/topapi/v2/department/listsub", {"dept_id": 3})["result"] == []
    ids = caller.dingtalk("/topapi/v2/department/listsubid", {"dept_id": 2})["result"]
    assert ids == {"dept_id_list": [3]}


def test_people_come_in_pages(caller):
    """user/list has those right in a department, page by page; listid has their ids at once."""
    query = {"dept_id": 2, "cursor": 0, "size": 1}
    first = caller.dingtalk("/topapi/v2/user/list", query)["result"]
    assert (first["has_more"], first["next_cursor"]) == (True, 1)
    assert first["list"][0] == {
        "userid": "zhangwei",
        "name": "张伟",
        "mobile": "13800000001",
        "dept_id_list": [2],
        "active": True,
    }
    last = caller.dingtalk("/topapi/v2/user/list", query | {"cursor": 1})["result"]
    assert (last["has_more"], [one["userid"] for one in last["list"]]) == (False, ["lisi"])
    assert "next_cursor" not in last
    ids = caller.dingtalk("/topapi/user/listid", {"dept_id": 3})["result"]
    assert ids == {"userid_list": ["lisi", "zhaomin"]}


def test_a_mobile_number_leads_to_a_person(caller):
    """A look-up knows the organisation's numbers, with the country's code or without."""
    path = "/topapi/v2/user/getbymobile"
    for mobile in ("13800000002", "+86-13800000002"):
        assert caller.dingtalk(path, {"mobile": mobile})["result"] == {"userid": "lisi"}


def test_the_calls_of_the_past_still_answer(caller):
    """department/list with fetch_child and getDeptMember have their own forms."""
    below = caller.dingtalk("/department/list")["department"]
    assert [one["id"] for one in below] == [2, 4]
    for yes in ("true", "True"):
        every = caller.dingtalk("/department/list", fetch_child=yes, id="1")["department"]
        assert sorted((one["id"], one["parentid"]) for one in every) == [(2, 1), (3, 2), (4, 1)]
    assert caller.dingtalk("/user/getDeptMember", deptId="2")["userIds"] == ["zhangwei", "lisi"]
    assert caller.dingtalk("/user/getDeptMember")["errcode"] == 40035


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("/topapi/v2/department/listsub", {"dept_id": 99}, 60003),
        ("/topapi/v2/department/listsub", {"dept_id": "2"}, 400002),
        ("/topapi/v2/department/listsubid", {}, 400002),
        ("/topapi/v2/user/list", {"dept_id": 2}, 40035),
        ("/topapi/v2/user/list", {"dept_id": 2, "cursor": 0, "size": 101}, 40035),
        ("/topapi/v2/user/list", {"cursor": 0, "size": 10}, 400002),
        ("/topapi/user/listid", {"dept_id": True}, 400002),
        ("/topapi/v2/user/getbymobile", {}, 400002),
        ("/topapi/v2/user/getbymobile", {"mobile": 13800000001}, 400002),
        ("/topapi/v2/user/getbymobile", {"mobile": "zhangwei"}, 40104),
        ("/topapi/v2/user/getbymobile", {"mobile": "13900000000"}, 60121),
    ],
)
def test_look_ups_refuse(caller, path, body, errcode):
    """Every mistake in a look-up has the code of its document."""
    assert caller.dingtalk(path, body)["errcode"] == errcode


NEW = {"name": "组", "owner": "lisi", "useridlist": ["zhangwei", "lisi"]}


def test_an_old_application_makes_a_group(caller, sandbox):
    """chat/create answers with both ids, chat/get shows the group, chat/send reaches it."""
    made = caller.dingtalk("/chat/create", NEW)
    assert (made["errcode"], made["conversationTag"]) == (0, 2)
    info = caller.dingtalk("/chat/get", chatid=made["chatid"])["chat_info"]
    assert info == NEW | {"conversationTag": 2, "status": 1}
    assert caller.chat_send(chatid=made["chatid"])["errcode"] == 0
    assert sandbox.inbox[0]["to"] == made["chatid"]


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"name": " "}, 40035),
        ({"name": "长" * 21}, 400002),
        ({"owner": ""}, 49013),
        ({"useridlist": []}, 49010),
        ({"useridlist": "zhangwei"}, 40031),
        ({"useridlist": ["lisi", "nobody"]}, 40031),
        ({"useridlist": ["zhangwei"]}, 49006),
        ({"useridlist": [f"u{n}" for n in range(41)]}, 49011),
    ],
)
def test_a_new_group_is_refused(caller, sandbox, fields, errcode):
    """Every mistake in a new group has the code of its document, and there is no group then."""
    assert caller.dingtalk("/chat/create", NEW | fields)["errcode"] == errcode
    assert len(sandbox.dingtalk.chats) == 1


def test_a_group_is_known_by_its_old_id_only(caller, sandbox):
    """chat/get wants the chatid: none is 49000, the new id or an unknown one 40016."""
    assert caller.dingtalk("/chat/get")["errcode"] == 49000
    for unknown in ("chat0000", sandbox.dingtalk.chat.open_id):
        assert caller.dingtalk("/chat/get", chatid=unknown)["errcode"] == 40016


def test_a_new_application_is_not_let_in_to_the_old_chats(caller, sandbox):
    """chat/create and chat/send are 48002 for it; chat/get is not closed."""
    sandbox.dingtalk.legacy_chat_open = False
    assert caller.dingtalk("/chat/create", NEW)["errcode"] == 48002
    assert caller.chat_send()["errcode"] == 48002
    assert caller.dingtalk("/chat/get", chatid=sandbox.dingtalk.chat_id)["errcode"] == 0


def test_a_disbanded_group_takes_no_message(caller, sandbox):
    """chat/get says so by its status, and chat/send by 34013."""
    sandbox.dingtalk.chat.disbanded = True
    chat_id = sandbox.dingtalk.chat_id
    assert caller.dingtalk("/chat/get", chatid=chat_id)["chat_info"]["status"] == 2
    assert caller.chat_send()["errcode"] == 34013


@pytest.mark.parametrize(
    ("path", "body", "permission"),
    [
        ("/topapi/v2/department/listsub", {}, "qyapi_get_department_list"),
        ("/topapi/v2/user/list", {}, "qyapi_get_department_member"),
        ("/topapi/user/listid", {}, "qyapi_get_member"),
        ("/topapi/v2/user/getbymobile", {}, "qyapi_get_member_by_mobile"),
        ("/chat/get", None, "qyapi_chat_read"),
    ],
)
def test_a_missing_permission_is_named(caller, sandbox, path, body, permission):
    """Without the permission it is 88 around 60011, told before the parameters."""
    sandbox.dingtalk.permissions.remove(permission)
    reply = caller.dingtalk(path, body)
    assert (reply["errcode"], reply["sub_code"]) == (88, "60011")
    assert f"[{permission}]" in reply["errmsg"]


def test_an_address_that_is_not_listed_is_told(caller, sandbox):
    """It is 88 around 60020 with the caller's address; a star in the list stands for the rest."""
    sandbox.dingtalk.trusted_ips = ["203.0.113.*"]
    reply = caller.chat_send()
    assert (reply["errcode"], reply["sub_code"]) == (88, "60020")
    assert "request ip=127.0.0.1 " in reply["errmsg"]
    sandbox.dingtalk.trusted_ips = ["127.0.0.*"]
    assert caller.chat_send()["errcode"] == 0


def test_a_person_is_shown(caller, sandbox):
    """user/get tells who somebody is; nobody of that id, no id, and no permission are told apart."""
    path = "/topapi/v2/user/get"
    assert caller.dingtalk(path, {"userid": "lisi"})["result"]["name"] == "李四"
    assert caller.dingtalk(path, {"userid": "nobody"})["errcode"] == 60121
    assert caller.dingtalk(path, {})["errcode"] == 400002
    sandbox.dingtalk.permissions.discard("qyapi_get_member")
    refused = caller.dingtalk(path, {"userid": "lisi"})
    assert (refused["errcode"], refused["sub_code"]) == (88, "60011")
