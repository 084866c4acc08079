"""Work notices: who gets them, and what is swallowed with a success."""

import pytest

SEND = "/topapi/message/corpconversation/asyncsend_v2"
RESULT = "/topapi/message/corpconversation/getsendresult"


def _send(caller, content="hi", **fields):
    body = {
        "agent_id": caller.sandbox.dingtalk.agent_id,
        "userid_list": "zhangwei,lisi",
        "msg": {"msgtype": "text", "text": {"content": content}},
    }
    return caller.dingtalk(SEND, body | fields)


def _result(caller, reply):
    return caller.dingtalk(RESULT, {"task_id": reply["task_id"]})["send_result"]


def test_a_notice_reaches_people(caller, sandbox):
    """It arrives at those who are named, and its task says who has it."""
    reply = _send(caller, "完成")
    assert (reply["errcode"], type(reply["task_id"])) == (0, int)
    (message,) = sandbox.inbox
    assert (message["platform"], message["channel"]) == ("dingtalk", "dingtalk_notice")
    assert (message["to"], message["content"]) == ("zhangwei,lisi", "完成")
    assert _result(caller, reply)["unread_user_id_list"] == ["zhangwei", "lisi"]


def test_a_department_is_all_below_it(caller, sandbox):
    """Members of sub-departments are meant too, each person once; everyone is @all."""
    _send(caller, userid_list="lisi", dept_id_list="2")
    _send(caller, to_all_user=True, userid_list="")
    assert [message["to"] for message in sandbox.inbox] == ["lisi,zhangwei,zhaomin", "@all"]


def test_the_same_content_reaches_a_person_once_a_day(caller, clock, sandbox):
    """A repeat is answered with success; only its result names who did not get it, and why."""
    _send(caller, userid_list="zhangwei")
    clock.now += 24 * 3600 - 1
    reply = _send(caller)
    assert reply["errcode"] == 0
    assert [message["to"] for message in sandbox.inbox] == ["zhangwei", "lisi"]
    result = _result(caller, reply)
    assert result["forbidden_user_id_list"] == ["zhangwei"]
    assert result["forbidden_list"] == [{"code": "143106", "count": 1, "userid": "zhangwei"}]
    assert _send(caller, userid_list="zhangwei")["errcode"] == 0
    assert len(sandbox.inbox) == 2
    clock.now += 1
    _send(caller, userid_list="zhangwei")
    assert len(sandbox.inbox) == 3


def test_the_501st_notice_of_a_day_is_swallowed(caller, sandbox):
    """500 a day reach a person, the next one is answered with success and dropped."""
    token = caller.dingtalk_token()
    body = {"agent_id": sandbox.dingtalk.agent_id, "userid_list": "lisi"}
    for n in range(501):
        msg = {"msgtype": "text", "text": {"content": str(n)}}
        reply = caller.json("POST", SEND, body | {"msg": msg}, access_token=token)
    assert reply["errcode"] == 0
    assert len(sandbox.inbox) == 500
    assert _result(caller, reply)["forbidden_list"][0]["code"] == "143105"


def test_unknown_people_are_found_out_afterwards(caller, sandbox):
    """A wrong id is no error of the call; the result lists it."""
    reply = _send(caller, userid_list="nobody", dept_id_list="99")
    assert reply["errcode"] == 0
    assert sandbox.inbox == []
    result = _result(caller, reply)
    assert (result["invalid_user_id_list"], result["invalid_dept_id_list"]) == (["nobody"], [99])


def test_a_result_is_kept_for_a_day(caller, clock):
    """After 24 hours, and for an unknown task, there is none."""
    reply = _send(caller)
    clock.now += 24 * 3600 + 1
    assert caller.dingtalk(RESULT, {"task_id": reply["task_id"]})["errcode"] == 400002
    assert caller.dingtalk(RESULT, {"task_id": 1})["errcode"] == 400002


def test_uploads_and_markdown_are_shown(caller, sandbox):
    """A notice may be Markdown with a title, or an upload of the application's."""
    markdown = {"msgtype": "markdown", "markdown": {"title": "T", "text": "**x**"}}
    _send(caller, msg=markdown)
    media_id = caller.dingtalk_upload()["media_id"]
    _send(caller, msg={"msgtype": "image", "image": {"media_id": media_id}})
    first, second = sandbox.inbox
    assert (first["msgtype"], first["title"], first["content"]) == ("markdown", "T", "**x**")
    assert second["media"]["name"] == "plot.png"


def _text(content):
    return {"msgtype": "text", "text": {"content": content}}


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"agent_id": None}, 40035),
        ({"agent_id": 7}, 400002),
        ({"agent_id": "7"}, 400002),
        ({"userid_list": ""}, 1430000),
        ({"userid_list": ["zhangwei"]}, 400002),
        ({"userid_list": ",".join(f"u{n}" for n in range(101))}, 400002),
        ({"dept_id_list": ",".join(map(str, range(21)))}, 400002),
        ({"dept_id_list": "研究部"}, 400002),
        ({"to_all_user": "true"}, 400002),
        ({"msg": None}, 40035),
        ({"msg": _text(" ")}, 44004),
        ({"msg": {"msgtype": "hologram"}}, 34004),
        ({"msg": {"msgtype": "image", "image": {"media_id": "@unknown"}}}, 40007),
        ({"msg": _text("x" * 2010)}, 45002),
    ],
)
def test_a_notice_is_refused(caller, sandbox, fields, errcode):
    """Every mistake has a code, and nothing is delivered."""
    assert _send(caller, **fields)["errcode"] == errcode
    assert sandbox.inbox == []


def test_msg_as_a_whole_has_2048_bytes(caller, sandbox):
    """What stands around the content counts too."""
    around = len('{"msgtype":"text","text":{"content":""}}')
    assert _send(caller, "x" * (2048 - around))["errcode"] == 0
    assert _send(caller, "x" * (2049 - around))["errcode"] == 45002
    assert len(sandbox.inbox) == 1
